/** What is wrong with an input, as problems name it: by parameter or by JSON Pointer (RFC 6901). */
import type { z } from '@hono/zod-openapi'
import type { Mistake } from '../problems.ts'

type Issue = z.core.$ZodIssue

export function mistakesOf(issue: Issue, inBody: boolean, before: readonly PropertyKey[] = []): Mistake[] {
  const path = [...before, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => at([...path, key], inBody, 'is not known here, or does not go with the rest'))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return ofUnion(issue.errors, inBody, path)
  return [at(path, inBody, issue.message.replace(/^Invalid input: /, ''))]
}

/** Of the alternative that was meant. One whose constant is another was not, unless none has the constant that was sent. */
function ofUnion(
  alternatives: readonly (readonly Issue[])[],
  inBody: boolean,
  path: readonly PropertyKey[],
): Mistake[] {
  const meant = alternatives.filter((issues) => constantsIn(issues).length === 0)
  if (meant.length === 0) {
    const [place] = constantsIn(alternatives[0]!)
    const values = new Set(alternatives.flatMap((issues) => constantsIn(issues).flatMap(({ values: own }) => own)))
    const known = [...values].map((value) => JSON.stringify(value)).join(', ')
    return [at([...path, ...place!.path], inBody, `expected one of ${known}`)]
  }
  // The one with the least amiss; of two, the one that lacks something rather than the one that knows less.
  const [nearest] = meant
    .map((issues) => ({
      mistakes: issues.flatMap((inner) => mistakesOf(inner, inBody, path)),
      knowsLess: issues.some(({ code }) => code === 'unrecognized_keys'),
    }))
    .sort((a, b) => a.mistakes.length - b.mistakes.length || Number(a.knowsLess) - Number(b.knowsLess))
  return nearest!.mistakes
}

type Constant = Extract<Issue, { code: 'invalid_value' }>
function constantsIn(issues: readonly Issue[]): Constant[] {
  return issues.filter((issue): issue is Constant => issue.code === 'invalid_value' && issue.values.length === 1)
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
