/** The check or control that somebody means, by its name: for a command, and for a report that a server is asked for. */
import type { Check } from './domain/check.ts'
import { ownControlsOf } from './domain/control-view.ts'
import { AppError } from './domain/error.ts'
import { type Focus, isAbout, type NamedFocus } from './domain/focus.ts'
import type { Report } from './domain/report.ts'
import type { Settings } from './domain/settings.ts'
import { didYouMean, nearest } from './lib/nearest.ts'

/** Finds a check by id or ref, case of the ref ignored. */
export function checkNamed(name: string, checks: readonly Check[]): Check {
  const found = checks.find((check) => check.id === name || check.ref.toLowerCase() === name.toLowerCase())
  if (found === undefined) {
    const near = checks.filter(
      (check) => check.id.includes(name) || check.ref.toLowerCase().startsWith(name.toLowerCase()),
    )
    const similar = nearest(name, [...checks.map(({ ref }) => ref), ...checks.map(({ id }) => id)])
    const hint =
      near.length > 0
        ? `did you mean ${near
            .slice(0, 5)
            .map((check) => `${check.ref} ${check.id}`)
            .join(', ')}?`
        : similar !== null
          ? `did you mean "${similar}"?`
          : '"exhibit check" lists them'
    throw new AppError('usage', `there is no check "${name}"; ${hint}`)
  }
  return found
}

/** What there is beside what the run of the report had. */
export interface FocusParts {
  readonly checks: readonly Check[]
  readonly settings: Pick<Settings, 'controls'>
}

/** Throws AppError `usage` where the run of the report has nothing of that name. */
export function focusOf(asked: NamedFocus, report: Report, parts: FocusParts): Focus {
  switch (asked.on) {
    case 'framework':
      return { on: 'framework', framework: asked.name }
    case 'check':
      return checkFocus(asked.name, report, parts)
    case 'control':
      return controlFocus(asked.name, report, parts)
  }
}

function checkFocus(name: string, report: Report, parts: FocusParts): Focus {
  const judged = [...report.results, ...report.disabled].map((one) => one.check)
  // As it judged the run, where it did: in the version of then.
  const known = new Map([...parts.checks, ...judged].map((one) => [one.id, one]))
  const focus: Focus = { on: 'check', check: checkNamed(name, [...known.values()]) }
  if (!judged.some((check) => isAbout(focus, check))) {
    const { ref, id } = focus.check
    const run = report.run === null ? 'before the first run' : `in the run ${report.run.id}`
    throw new AppError(
      'usage',
      `report: ${ref} ${id} was not asked ${run}; a later run, or --as-of a later moment, has it`,
    )
  }
  return focus
}

/** By the list under which the run was sealed: a control that was written since is in the next run. */
function controlFocus(id: string, report: Report, { settings }: FocusParts): Focus {
  const declared = report.run === null ? (settings.controls ?? []) : ownControlsOf(report)
  const control = declared.find((one) => one.id === id) ?? declared.find((one) => sameLetters(one.id, id))
  if (control !== undefined) return { on: 'control', control }
  if (declared.length === 0) {
    throw new AppError(
      'usage',
      `report: there is no control "${id}"; no control of the organisation stood in the configuration of this run. List them under "controls:" in exhibit.yaml; the next run has them`,
    )
  }
  const ids = declared.map((one) => one.id)
  throw new AppError(
    'usage',
    `report: there is no control "${id}" in the configuration of this run; ${didYouMean(id, ids)}`,
  )
}

function sameLetters(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
