/** The installation over a database that a run has left, as a command or a server opens it. */
import { join } from 'node:path'
import type { InstallationCore } from '../../src/installation.ts'
import { collectEagerly } from '../../src/lib/heap.ts'
import { testLedger } from '../helpers/ledger.ts'
import { settings } from './settings.ts'
import { surroundings } from './surroundings.ts'

export interface Opened {
  /** With people.csv and the database of a run. */
  readonly folder: string
  readonly values: Readonly<Record<string, string>>
}

/**
 * A module of the build. Pages are JSX, which Node does not read, and what they are handed must come from the same build:
 * a snapshot knows its own kind only.
 */
export function built<Module>(path: string): Promise<Module> {
  return import(new URL(`../../dist/${path}`, import.meta.url).href) as Promise<Module>
}

export async function opened({ folder, values }: Opened): Promise<InstallationCore> {
  // As the product does at its start.
  collectEagerly()
  const [{ installation }, { checks }, { openSqliteStore }] = await Promise.all([
    built<typeof import('../../src/installation.ts')>('src/installation.js'),
    built<typeof import('../../checks/index.ts')>('checks/index.js'),
    built<typeof import('../../src/store/sqlite.ts')>('src/store/sqlite.js'),
  ])
  return installation({
    config: settings(folder, values),
    checks,
    store: await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger() }),
    ...surroundings(),
  })
}
