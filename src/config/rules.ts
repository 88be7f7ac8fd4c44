/** What no schema can say: one part of the file names another, and the name must mean something. */
import { isProblem, parseCondition } from '../domain/posture.ts'
import { PRESETS } from '../domain/presets.ts'
import { didYouMean } from '../lib/nearest.ts'
import type { Given } from './schema.ts'
import type { Written } from './written.ts'

export function complainOfNames(given: Given, file: Written): void {
  checkCriticalSystems(given, file)
  refuseSameIds(given, file)
  checkRequiredPostures(given, file)
  checkConditions(given, file)
}

/** An id stands for one thing, for ever. */
function refuseSameIds(given: Given, file: Written): void {
  for (const list of ['criticalSystems', 'waivers', 'attestations', 'webhooks', 'controls'] as const) {
    const seen = new Set<string>()
    for (const [index, { id }] of given[list].entries()) {
      if (seen.has(id)) file.complain([list, index, 'id'], `two ${NAMES[list]} are called "${id}"`)
      seen.add(id)
    }
  }
}

const NAMES = {
  criticalSystems: 'critical systems',
  waivers: 'waivers',
  attestations: 'attestations',
  webhooks: 'webhooks',
  controls: 'controls',
} as const

/** A condition that nobody can read is never met: every device would be untrusted for a slip of the pen. */
function checkConditions({ deviceTrust }: Given, file: Written): void {
  for (const [name, conditions] of Object.entries(deviceTrust.postures)) {
    for (const [index, text] of conditions.entries()) {
      const read = parseCondition(text)
      if (!isProblem(read)) continue
      file.complain(['deviceTrust', 'postures', name, index], `the condition "${text}" cannot be read: ${read.problem}`)
    }
  }
}

/** A name that nothing bears would make every device untrusted, or unknown, for a slip of the pen. */
function checkRequiredPostures({ deviceTrust }: Given, file: Written): void {
  const own = Object.keys(deviceTrust.postures)
  for (const list of ['allOf', 'anyOf'] as const) {
    for (const [index, name] of (deviceTrust.require?.[list] ?? []).entries()) {
      // Those of the tailnet's policy file are known only once it was read.
      if (own.includes(name) || PRESETS.has(name) || name.startsWith('posture:')) continue
      file.complain(
        ['deviceTrust', 'require', list, index],
        `deviceTrust.require.${list}.${index} "${name}" is no posture; ${didYouMean(name, [...own, ...PRESETS.keys()])}`,
      )
    }
  }
}

function checkCriticalSystems(given: Given, file: Written): void {
  const taken = new Set<string>()
  for (const [index, { source }] of given.criticalSystems.entries()) {
    const path = ['criticalSystems', index, 'source']
    const named = `${path.join('.')} "${source}"`
    const target = given.sources.find(({ id }) => id === source)
    if (target === undefined) {
      const known = given.sources.map(({ id }) => id)
      file.complain(path, `${named} is no source; ${didYouMean(source, known)}`)
    } else if (target.kind !== 'tailscale') file.complain(path, `${named} is no tailnet`)
    if (taken.has(source)) file.complain(path, `two critical systems speak of source "${source}"`)
    taken.add(source)
  }
}
