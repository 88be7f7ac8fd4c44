/** A period made by hand: what the outputs are told, without a year of runs. */
import type { Check } from '../../src/domain/check.ts'
import type { LeaverClock, PeriodResult } from '../../src/domain/period.ts'
import type { Report } from '../../src/domain/report.ts'
import type { Coverage, PeriodEvidence } from '../../src/domain/sealing.ts'
import { DAY, HOUR, type Instant, plus } from '../../src/domain/time.ts'

export function periodResult(check: Pick<Check, 'ref' | 'id'>, over: Partial<PeriodResult> = {}): PeriodResult {
  const { deviated = 0, notDeterminable = 0, met = 0 } = over
  const [tested, population] = [met + deviated, met + deviated + notDeterminable]
  return {
    what: 'check',
    ref: check.ref,
    id: check.id,
    system: 'tailnet',
    population,
    tested,
    met,
    deviated,
    notDeterminable,
    waived: 0,
    longestGapMs: 0,
    longestGapCause: null,
    gapLimitMs: null,
    covered: 1,
    says: `${population} subjects: ${met} met, ${deviated} deviated, ${notDeterminable} not determinable`,
    counts: null,
    checks: null,
    ...over,
  }
}

export function leaver(over: Partial<LeaverClock> = {}): LeaverClock {
  return {
    system: 'tailnet',
    person: 'bob@acme.example',
    name: 'Bob Stone',
    type: 'employee',
    endDate: '2026-09-30',
    endsAt: '2026-10-01T00:00:00.000Z',
    rosterSaidAt: '2026-09-28T08:00:00.000Z',
    dueAt: '2026-10-02T00:00:00.000Z',
    accounts: ['bob@acme.example'],
    removal: {
      after: '2026-10-01T09:00:00.000Z',
      before: '2026-10-01T09:15:00.000Z',
      runAfter: 10,
      runBefore: 11,
    },
    witness: null,
    clock: 'within',
    lateMs: null,
    why: null,
    returned: null,
    ...over,
  }
}

export function covered(over: Partial<Coverage> = {}): Coverage {
  return { what: 'check', id: 'offboarded-access-removed', system: 'tailnet', share: 1, gaps: [], ...over }
}

/** Ninety days up to the report's state, with every kind of outcome over its own checks. */
export function periodOver(report: Report, over: Partial<PeriodEvidence> = {}): PeriodEvidence {
  const to = report.snapshotAt ?? report.evaluatedAt
  const from = plus(to, -90 * DAY)
  const gap = (after: number, hours: number, cause: string) => ({
    from: plus(from, after),
    to: plus(from, after + hours * HOUR),
    cause,
  })
  const results = report.results.map((result, index) => resultOf(result, index))
  const controls = (report.snapshot?.settings.controls ?? []).map((control) => controlOf(control, results))
  return {
    from,
    to,
    until: to,
    of: [
      ...report.sources.map(({ id }, index) =>
        covered({
          what: 'source',
          id,
          system: null,
          share: index === 0 ? 0.97 : 1,
          gaps: index === 0 ? [gap(0, 48, 'before the first run'), gap(40 * DAY, 17, 'failed: server_error')] : [],
          ...(index === 0 ? { confirmed: { pulls: 8611, of: 8640 } } : {}),
        }),
      ),
      ...report.results.map(({ check, system }) =>
        covered({ id: check.id, system, share: 0.978, gaps: [gap(0, 48, 'before the first run')] }),
      ),
    ],
    failures: report.results
      .filter(({ status }) => status === 'fail')
      .map(({ check, system, counts }) => ({
        ref: check.ref,
        check: check.id,
        system,
        subjects: counts.fail + 2,
        began: 2,
        open: counts.fail,
        longestMs: 9 * DAY,
      })),
    ages: [
      { critical: 1, high: 3, medium: 0, low: 0 },
      { critical: 0, high: 12, medium: 4, low: 1 },
      { critical: 0, high: 2, medium: 9, low: 0 },
      { critical: 0, high: 0, medium: 31, low: 14 },
      { critical: 0, high: 0, medium: 0, low: 5 },
    ],
    results: [...controls, ...criteriaOf(report), ...results],
    runs: {
      count: 190,
      first: plus(from, 2 * DAY),
      last: to,
      everyMs: 8 * HOUR,
      longest: { from: plus(from, 30 * DAY), to: plus(from, 32 * DAY) },
      failed: report.sources.map(({ id }, index) => ({ source: id, runs: index === 0 ? 18 : 0 })),
      settingsBy: [{ by: 'eve@laptop', at: plus(from, 2 * DAY) }],
      stamped: null,
    },
    populations: [
      { kind: 'person', all: 60, atEnd: 59 },
      { kind: 'account', all: 61, atEnd: 52 },
    ],
    leavers: [
      leaver(),
      leaver({
        person: 'ada@acme.example',
        name: 'Ada Byron',
        clock: 'breached',
        lateMs: 7 * HOUR,
        accounts: ['ada@acme.example', 'ada@github'],
        witness: witness('2026-10-02T07:00:12.000Z'),
      }),
      leaver({
        person: 'zoe@acme.example',
        name: null,
        endDate: null,
        endsAt: null,
        dueAt: null,
        accounts: [],
        clock: 'not_determinable',
        why: 'the last reading with access is before the deadline, the first without it after',
      }),
    ],
    ...over,
  }
}

function witness(at: Instant) {
  return { at, actor: 'eve@acme.example', actorType: 'USER', event: 'tailnet/audit/1' }
}

/** In turn: all met, one deviated, one not determinable, nothing to test. */
function resultOf({ check, system, counts }: Report['results'][number], index: number): PeriodResult {
  const all = counts.pass + counts.fail + counts.unknown + 3
  const shapes: readonly Partial<PeriodResult>[] = [
    { met: all },
    { met: all - 1, deviated: 1 },
    {
      met: all - 2,
      notDeterminable: 2,
      covered: 0.978,
      longestGapMs: 48 * HOUR,
      longestGapCause: 'before the first run',
    },
    {},
  ]
  return periodResult(check, { system, ...shapes[index % 4] })
}

/** A framework's, over the checks of the report. */
function criteriaOf(report: Report): PeriodResult[] {
  const names = report.results.flatMap(({ check }) =>
    check.controls.flatMap(({ framework, id, indirect }) => (indirect === true ? [] : [`${framework} ${id}`])),
  )
  return [...new Set(names)].map((name) => {
    const mapped = names.filter((each) => each === name).length
    const [, ref = ''] = name.split(' ')
    return periodResult({ ref, id: name }, { what: 'criterion', system: null, met: mapped, checks: { met: 0, mapped } })
  })
}

function controlOf(
  control: NonNullable<NonNullable<Report['snapshot']>['settings']['controls']>[number],
  results: readonly PeriodResult[],
): PeriodResult {
  const mapped = results.filter(({ id, ref }) => control.checks.some((name) => name === id || name === ref))
  const met = mapped.filter(({ deviated, notDeterminable }) => deviated + notDeterminable === 0).length
  return periodResult(
    { ref: control.id, id: control.id },
    { what: 'control', system: null, met, checks: { met, mapped: mapped.length }, says: `${mapped.length} checks` },
  )
}
