/** What does not verify, in the words of one line: what, where, what was expected and found, and what that means. */
import type { BrokenThing } from '../domain/verification.ts'
import { quoted } from '../lib/unzip.ts'

export class Broken extends Error {
  override readonly name = 'Broken'
  readonly thing: BrokenThing
  constructor(thing: BrokenThing) {
    super(lineOf(thing))
    this.thing = thing
  }
}

export function lineOf({ what, where, expected, found, means }: BrokenThing): string {
  const values = [
    ...(expected === null ? [] : [`expected ${shown(expected)}`]),
    ...(found === null ? [] : [`found ${shown(found)}`]),
  ]
  return `${where}: ${what}${values.length === 0 ? '' : ` (${values.join(', ')})`}: ${means}`
}

/** A stranger's text stays on our line. */
function shown(text: string): string {
  return /^[\w.:/@+-]{1,120}$/.test(text) ? text : quoted(text)
}

export const ALTERED = 'the packet was changed after it was signed'
export const NOT_AS_SEALED = 'the packet does not say what was sealed in the ledger'
export const REWRITTEN = 'the ledger in the packet is not the one that its checkpoints speak of'

export function broken(where: string, what: string, means: string, expected?: unknown, found?: unknown): never {
  throw new Broken({ where, what, means, expected: textOf(expected), found: textOf(found) })
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
