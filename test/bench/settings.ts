/** The configuration that a generated fleet is measured with. */
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { InstallationParts } from '../../src/installation.ts'
import { YAML } from './fleet-yaml.ts'

export { YAML }

export function settings(folder: string, values: Readonly<Record<string, string>>): Config {
  const config = parseConfig(YAML, join(folder, 'exhibit.yaml'), { connectors, checks, env: { ...values } })
  // What a vendor is spared is waiting, not work.
  return { ...config, sources: config.sources.map((source) => ({ ...source, requestsPerSecond: null })) }
}

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
