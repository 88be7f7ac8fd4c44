/** What the file says of checks: their parameters, and everything else that names one. */
import type { Check, Parameter } from '../domain/check.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Settings } from '../domain/settings.ts'
import { durationMs, ms } from '../domain/time.ts'
import { didYouMean } from '../lib/nearest.ts'
import type { Given } from './schema.ts'
import type { Path, Written } from './written.ts'

export function readChecks(given: Given, known: readonly Check[], file: Written): Settings['checks'] {
  const settings: Record<string, Settings['checks'][string]> = {}
  const ids = known.map(({ id }) => id)
  const find = (name: string): Check | undefined => known.find((check) => check.id === name || check.ref === name)
  const mustExist = (name: string, path: Path, words = ids, whose = ''): void => {
    if (find(name) === undefined) file.complain(path, `${whose}there is no check "${name}"; ${didYouMean(name, words)}`)
  }
  for (const [name, entry] of Object.entries(given.checks)) {
    const check = find(name)
    if (check === undefined) mustExist(name, ['checks', name])
    else if (settings[check.id] !== undefined)
      file.complain(['checks', name], `check ${check.id} (${check.ref}) is set twice`)
    else {
      checkParameters(check, entry.params, ['checks', name, 'params'], file)
      settings[check.id] = {
        enabled: entry.enabled,
        because: entry.because ?? null,
        params: entry.params as Record<string, JsonValue>,
      }
    }
  }
  const words = known.flatMap((one) => [one.id, one.ref])
  for (const [index, { id, checks }] of given.controls.entries())
    for (const [place, name] of checks.entries())
      mustExist(name, ['controls', index, 'checks', place], words, `control ${id}: `)
  for (const list of ['waivers', 'attestations'] as const)
    for (const [index, { check }] of given[list].entries()) mustExist(check, [list, index, 'check'])
  return settings
}

function checkParameters(check: Check, given: Readonly<Record<string, unknown>>, path: Path, file: Written): void {
  for (const [name, value] of Object.entries(given)) {
    const at = [...path, name]
    const definition = check.parameters[name]
    if (definition === undefined) {
      const known = Object.keys(check.parameters)
      file.complain(at, `check ${check.id} has no parameter "${name}"; ${didYouMean(name, known)}`)
      continue
    }
    const wrong = wrongValue(definition, value)
    if (wrong !== null) file.complain(at, `parameter ${name} of ${check.id} ${wrong}`)
  }
}

/** What is wrong with a parameter's value, in words; null when nothing is. */
function wrongValue(parameter: Parameter, value: unknown): string | null {
  switch (parameter.type) {
    case 'duration': {
      const length = typeof value === 'string' ? durationMs(value) : null
      if (length === null) return 'is no duration: write 15m, 24h or 90d'
      if (parameter.min !== undefined && length < ms(parameter.min)) return `must be at least ${parameter.min}`
      if (parameter.max !== undefined && length > ms(parameter.max)) return `must be at most ${parameter.max}`
      return null
    }
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value)) return `must be a number of ${parameter.unit}`
      return value < parameter.min || value > parameter.max
        ? `must lie between ${parameter.min} and ${parameter.max} ${parameter.unit}`
        : null
    case 'text':
      return typeof value === 'string' ? null : 'must be a text'
    case 'flag':
      return typeof value === 'boolean' ? null : 'must be true or false'
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? null : 'must be a list of texts'
    case 'approved':
      return Array.isArray(value) &&
        value.every(
          (item) => typeof item?.subject === 'string' && typeof item?.because === 'string' && item.because !== '',
        )
        ? null
        : 'must be a list of { subject, because }'
    case 'map':
      return value !== null &&
        typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.values(value).every((item) => typeof item === 'string')
        ? null
        : 'must map ids to e-mail addresses'
  }
}
