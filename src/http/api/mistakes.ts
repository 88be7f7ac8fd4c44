/** What is wrong with an input, as problems name it: by parameter or by JSON Pointer (RFC 6901). */
import type { z } from '@hono/zod-openapi'
import type { Mistake } from '../problems.ts'

type Issue = z.core.$ZodIssue

export function mistakesOf(issue: Issue, inBody: boolean, before: readonly PropertyKey[] = []): Mistake[] {
  const path = [...before, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => at([...path, key], inBody, 'is not known here'))
  }
  if (issue.code === 'invalid_union') {
    // The alternative that was meant is the one with the least amiss.
    const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
    if (nearest.length > 0) return nearest.flatMap((inner) => mistakesOf(inner, inBody, path))
  }
  return [at(path, inBody, issue.message.replace(/^Invalid input: /, ''))]
}

export function sentence({ pointer, parameter, detail }: Mistake): string {
  const name = parameter ?? pointer ?? ''
  return name === '' ? detail : `${name}: ${detail}`
}

function at(path: readonly PropertyKey[], inBody: boolean, detail: string): Mistake {
  return inBody ? { pointer: pointerOf(path), detail } : { parameter: path.join('.'), detail }
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
