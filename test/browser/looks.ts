/** What axe-core says of pages: how they are looked at, and which of them are built alike. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const
const [WIDE, NARROW] = SIZES

interface Look {
  readonly size: (typeof SIZES)[number]
  readonly colorScheme: 'light' | 'dark'
  /** The one rule asked; all of them where it is undefined. */
  readonly only: string | undefined
}

/** Colours differ between light and dark, all else between the two windows: a page is read once of each. */
const LOOKS: readonly Look[] = [
  { size: WIDE, colorScheme: 'light', only: undefined },
  { size: WIDE, colorScheme: 'dark', only: 'color-contrast' },
  { size: NARROW, colorScheme: 'dark', only: undefined },
  { size: NARROW, colorScheme: 'light', only: 'color-contrast' },
]

/** All looks at a page, or in turn the light one in the one window and the dark one in the other. */
export function looksAt(nth: number, all: boolean): readonly Look[] {
  return all ? LOOKS : [nth % 2 === 0 ? LOOKS[0]! : LOOKS[2]!]
}

/** Puts axe into every page that opens in this one. */
export const withAxe = (on: Page): Promise<unknown> => on.addInitScript(AXE)

/** The rules of axe-core that the page breaks, or whether it breaks the one given. */
export function violations(on: Page, only?: string): Promise<string[]> {
  return on.evaluate(async (rule) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
      }
    }
    const options = { resultTypes: ['violations'], ...(rule === undefined ? {} : { runOnly: [rule] }) }
    const found = (await axe.run(options)).violations
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  }, only)
}

/** Takes rows and list items out of a page that are built of what came before; axe reads each element anew. */
export function thinned(on: Page): Promise<void> {
  return on.evaluate(`{
    const built = ({ localName, className, attributes }) =>
      [localName, className.baseVal ?? className, ...[...attributes].map(({ name }) => name)].join(' ')
    const seen = new Set()
    for (const item of document.querySelectorAll('tbody > tr, li')) {
      const parts = [item, ...item.querySelectorAll('*')].map((part) => built(part.parentElement) + ' > ' + built(part))
      const nothingNew = parts.every((part) => seen.has(part))
      if (nothingNew && item.parentElement.children.length > 1) item.remove()
      for (const part of parts) seen.add(part)
    }
  }`)
}

/** What a page is built of: each element with its class and, in full, the one that begins before it. */
export function building(html: string, full: boolean): Set<string> {
  const parts = new Set<string>()
  let before = ''
  for (const [, tag, kind = ''] of html.matchAll(/<(\w+)(?: class="([^"]*)")?/g)) {
    parts.add(full ? `${before} ${tag}.${kind}` : `${tag}.${kind}`)
    before = `${tag}.${kind}`
  }
  return parts
}

/** As few pages as are built of all that any of them is built of. */
export function fewest(pages: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Set([...pages.values()].flatMap((parts) => [...parts]))
  const chosen: string[] = []
  while (left.size > 0) {
    const news = ([, parts]: [string, ReadonlySet<string>]): number =>
      [...parts].filter((part) => left.has(part)).length
    const [path, parts] = [...pages].reduce((best, each) => (news(each) > news(best) ? each : best))
    for (const part of parts) left.delete(part)
    chosen.push(path)
  }
  return chosen
}

/** Pixels by which the page, or a table on it, is wider than its place. */
export function sideways(on: Page): Promise<number> {
  return on.evaluate(
    'Math.max(...[document.documentElement, ...document.querySelectorAll(".stacks")].map((box) => box.scrollWidth - box.clientWidth))',
  )
}
