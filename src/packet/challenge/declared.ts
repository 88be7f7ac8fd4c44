/** Per check, by its row in the definition: which change of which field must turn it. */
import { DEVICES } from './device-table.ts'
import { NETWORK } from './network-table.ts'
import { PEOPLE } from './people-table.ts'
import type { Recipe } from './recipe.ts'

const TABLE: Readonly<Record<string, readonly Recipe[]>> = { ...PEOPLE, ...DEVICES, ...NETWORK }

/** Rows of the definition. */
export const DECLARED: readonly string[] = Object.keys(TABLE)

/** The most telling first; none for a check that no table knows yet. */
export function declared(ref: string): readonly Recipe[] {
  return TABLE[ref] ?? []
}
