/** Entries of the policy beside its rules: who stands in a list, and where that is written. */
import type { Place } from './hujson.ts'
import type { PolicyModel } from './policy.ts'
import { selectorOf } from './policy-selector.ts'

export interface Entry {
  /** "tagOwners.tag:kiosk" */
  readonly path: string
  /** The selector that decided. */
  readonly selector: string
  readonly place: Place | null
}

/** True for whatever admits every member: `*`, autogroup:member, the older spelling, everybody outside too. */
export function isEverybody(selector: string, model: PolicyModel): boolean {
  const { kind, ...rest } = selectorOf(selector, model)
  if (kind === 'all') return true
  return kind === 'people' && 'who' in rest && rest.who.of === 'everyone' && selector !== 'autogroup:self'
}

/** Every entry of these lists whose selector is chosen, in the order of the file. */
export function entriesWhere(
  lists: ReadonlyMap<string, readonly string[]>,
  section: string,
  model: PolicyModel,
  chosen: (selector: string) => boolean,
): Entry[] {
  return [...lists].flatMap(([name, selectors]) =>
    selectors.filter(chosen).map((selector): Entry => {
      const path = `${section}.${name}`
      return { path, selector, place: model.places.get(path) ?? null }
    }),
  )
}

export function entryText({ path, selector }: Entry): string {
  return `${path}: ${selector}`
}

/** Parts of a section that could not be read, so that nothing may be concluded from it. */
export function unreadIn(model: PolicyModel, section: string): string | null {
  const paths = model.unread
    .map(({ path }) => path)
    .filter((path) => path === section || path.startsWith(`${section}.`))
  return paths.length === 0 ? null : paths.join(', ')
}
