/** The configuration that a generated fleet is measured with. */
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import { YAML } from './fleet-yaml.ts'

export { YAML }

export function settings(folder: string, values: Readonly<Record<string, string>>): Config {
  const config = parseConfig(YAML, join(folder, 'exhibit.yaml'), { connectors, checks, env: { ...values } })
  // What a vendor is spared is waiting, not work.
  return { ...config, sources: config.sources.map((source) => ({ ...source, requestsPerSecond: null })) }
}
