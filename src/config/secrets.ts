/** Every credential that a configuration holds, as its files have it now: so that no log line holds one. */
import type { Endpoint } from '../domain/outbox.ts'
import { type ConfiguredSource, SECRETS } from './sources.ts'

/** Shorter values would tear ordinary words out of a line. */
const SHORTEST = 6

export function secretsIn(config: {
  readonly sources: readonly Pick<ConfiguredSource, 'current' | 'config'>[]
  readonly webhooks: readonly Pick<Endpoint, 'secrets'>[]
}): readonly string[] {
  const found = new Set<string>()
  for (const { current, config: atStart } of config.sources) {
    const section = held(current, atStart) as Readonly<Record<string, unknown>>
    for (const key of SECRETS) gather(section[key], found)
  }
  for (const endpoint of config.webhooks) gather(held(endpoint.secrets, []), found)
  return [...found].filter((text) => text.length >= SHORTEST).sort((a, b) => b.length - a.length)
}

/** A file that is gone holds no credential any more; that it is gone is told by who needs it. */
function held<T>(current: () => T, otherwise: T): T {
  try {
    return current()
  } catch {
    return otherwise
  }
}

function gather(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') found.add(value)
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) gather(part, found)
}
