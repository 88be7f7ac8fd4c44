/** Mistakes in words: where they stand and which valid word is nearest. */
import type { z } from 'zod'
import { didYouMean } from '../lib/nearest.ts'
import type { Path, Written } from './written.ts'

export type JsonSchema = {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
  additionalProperties?: unknown
}

/** Property names that the schema knows at a path. */
function keysAt(schema: JsonSchema, path: Path): string[] {
  let candidates: JsonSchema[] = [schema]
  for (const step of path) {
    candidates = candidates
      .flatMap((candidate) => [candidate, ...(candidate.anyOf ?? [])])
      .flatMap((candidate) => {
        const under =
          typeof step === 'number'
            ? candidate.items
            : (candidate.properties?.[String(step)] ?? candidate.additionalProperties)
        return under !== undefined && typeof under === 'object' ? [under as JsonSchema] : []
      })
  }
  return candidates
    .flatMap((candidate) => [candidate, ...(candidate.anyOf ?? [])])
    .flatMap((candidate) => Object.keys(candidate.properties ?? {}))
}

/** A line for each issue: its place, what is wrong, and for an unknown key the nearest that the schema knows. */
export function describe(
  issues: readonly z.core.$ZodIssue[],
  prefix: Path,
  file: Written,
  schema: JsonSchema,
): string[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as Path)]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(
        (key) =>
          `${file.at([...path, key])}: unknown key "${key}"${under(path)}; ${didYouMean(key, keysAt(schema, issue.path as Path))}`,
      )
    }
    if (issue.code === 'invalid_union') {
      const inner = issue.errors.toSorted((a, b) => a.length - b.length)[0]
      if (inner !== undefined && inner.length > 0) return describe(inner, path, file, schema)
    }
    const missing =
      issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message)
    return [
      `${file.at(path)}: ${path.join('.') || 'the file'} ${missing ? 'is missing' : issue.message.replace(/^Invalid input: /, 'is wrong: ')}`,
    ]
  })
}

function under(path: Path): string {
  return path.length === 0 ? '' : ` under ${path.join('.')}`
}
