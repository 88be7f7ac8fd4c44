/** The demo organisation with its own configuration, in an installation of the tests: its clock and network are theirs. */
import { parse } from 'yaml'
import { checks } from '../../checks/index.ts'
import { DEMO_SCOPES, demoConfig, loadWorld } from '../../src/simulators/world.ts'
import { type TestInstallation, type TestInstallationOptions, testClock, testInstallation } from './installation.ts'

/** What the test's own configuration file says already. */
const OURS = ['organization', 'data', 'server', 'schedule', 'freshness', 'limits', 'retention', 'sources', 'network']

export async function demoInstallation(options: Partial<TestInstallationOptions> = {}): Promise<TestInstallation> {
  const clock = options.clock ?? testClock()
  const now = new Date(clock.wall())
  const sections = Object.entries(parse(demoConfig(now, {})) as Record<string, unknown>)
  const yaml = sections
    .filter(([name]) => !OURS.includes(name))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join('\n')
  return testInstallation({ checks, clock, world: loadWorld(now), yaml, tailscaleGrants: DEMO_SCOPES, ...options })
}
