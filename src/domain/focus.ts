/** A report about a part of what was asked: one check, one of the organisation's controls, one framework. */
import type { Check, Framework } from './check.ts'
import type { Report } from './report.ts'
import type { PeriodEvidence } from './sealing.ts'
import type { OwnControl } from './settings.ts'

export type Focus =
  | { readonly on: 'check'; readonly check: Check }
  | { readonly on: 'control'; readonly control: OwnControl }
  | { readonly on: 'framework'; readonly framework: Framework }

/** The part as somebody names it: a check by id or ref, a control by its id. */
export type NamedFocus =
  | { readonly on: 'check' | 'control'; readonly name: string }
  | { readonly on: 'framework'; readonly name: Framework }

/** Checks that it is about: those named, and those mapped to the framework, as a test of a control or in support of one. */
export function isAbout(focus: Focus, check: Check): boolean {
  switch (focus.on) {
    case 'check':
      return check.id === focus.check.id
    case 'control':
      return focus.control.checks.some((name) => name === check.id || name === check.ref)
    case 'framework':
      return check.controls.some(({ framework }) => framework === focus.framework)
  }
}

export function ownControlsIn(focus: Focus, controls: readonly OwnControl[]): readonly OwnControl[] {
  switch (focus.on) {
    case 'check':
      return controls.filter(({ checks }) => checks.some((name) => name === focus.check.id || name === focus.check.ref))
    case 'control':
      return [focus.control]
    case 'framework':
      return controls.filter(({ criteria }) => (criteria[focus.framework] ?? []).length > 0)
  }
}

/** The same run, its other checks left out; every source stays, as any may be why something could not be evaluated. */
export function narrowedTo(focus: Focus, report: Report): Report {
  return {
    ...report,
    results: report.results.filter(({ check }) => isAbout(focus, check)),
    disabled: report.disabled.filter(({ check }) => isAbout(focus, check)),
  }
}

/** Checks that hold a leaver's deadline in their question. */
const LEAVER_CHECKS: readonly string[] = ['ID-02', 'ID-03', 'ID-04', 'ID-18']

/** @param report narrowed already */
export function periodNarrowedTo(focus: Focus, report: Report, period: PeriodEvidence): PeriodEvidence {
  const ids = new Set([...report.results, ...report.disabled].map(({ check }) => check.id))
  const controls = new Set(ownControlsIn(focus, report.snapshot?.settings.controls ?? []).map(({ id }) => id))
  const leaving = report.results.some(({ check }) => LEAVER_CHECKS.includes(check.ref))
  return {
    ...period,
    of: period.of.filter(({ what, id }) => what === 'source' || ids.has(id)),
    failures: period.failures.filter(({ check }) => ids.has(check)),
    // Of all checks; it cannot be told apart again.
    ages: null,
    results:
      period.results?.filter(({ what, id }) => {
        if (what === 'check') return ids.has(id)
        if (what === 'control') return controls.has(id)
        return focus.on === 'framework' && id.startsWith(`${focus.framework} `)
      }) ?? null,
    leavers: leaving ? (period.leavers ?? null) : null,
  }
}
