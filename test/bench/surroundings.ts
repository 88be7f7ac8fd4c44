/** Clock, ids and names of a measured installation; nothing of the program is loaded for them. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { InstallationParts } from '../../src/installation.ts'

/** What every measured installation has beside configuration, checks and store. */
export function surroundings(): Omit<InstallationParts, 'config' | 'checks' | 'store'> {
  return {
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: randomUUID,
    newToken: () => randomBytes(24).toString('base64url'),
    random: Math.random,
    software: '0',
    build: '0',
    actor: 'bench',
    signal: new AbortController().signal,
    report: (error, where) => process.stderr.write(`${where}: ${error instanceof Error ? error.stack : error}\n`),
  }
}
