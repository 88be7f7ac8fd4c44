/** What an audit period tells of people, systems and seeds whose every name somebody chose to do harm (promise P28). */
import type { ApiKey } from '../../src/domain/api-key.ts'
import type { ReviewState } from '../../src/domain/follow-up.ts'
import type { LeaverClock, PeriodResult } from '../../src/domain/period.ts'
import type { DrawLeaf, FrameLeaf } from '../../src/domain/sample.ts'
import type { PeriodEvidence } from '../../src/domain/sealing.ts'
import type { Leaf } from '../../src/domain/store.ts'
import { NOW } from '../helpers/build.ts'
import { HOSTILE } from './hostile-names.ts'

const FROM = '2026-08-01T00:00:00.000Z'

function leaverOf(name: string, index: number): LeaverClock {
  const clocks = ['within', 'breached', 'not_determinable', 'open', 'no_access'] as const
  return {
    system: name,
    person: `${index}${name}`,
    name,
    type: 'employee',
    endDate: name,
    endsAt: NOW,
    rosterSaidAt: NOW,
    dueAt: NOW,
    accounts: [name],
    removal: { after: FROM, before: NOW, runAfter: 1, runBefore: 2 },
    witness: { at: NOW, actor: name, actorType: name, event: name },
    clock: clocks[index % clocks.length]!,
    lateMs: 1000,
    why: name,
    returned: { rosterAt: NOW, accessAt: null },
  }
}

function resultOf(name: string, index: number): PeriodResult {
  return {
    what: index % 2 === 0 ? 'control' : 'check',
    ref: name,
    id: name,
    system: name,
    population: 3,
    tested: 2,
    met: 1,
    deviated: 1,
    notDeterminable: 1,
    waived: 0,
    longestGapMs: 1000,
    longestGapCause: name,
    counts: name,
    gapLimitMs: 3_600_000,
    covered: 0.5,
    says: name,
    checks: { met: 1, mapped: 2 },
  }
}

export const hostileEvidence: PeriodEvidence = {
  from: FROM,
  to: NOW,
  until: NOW,
  of: HOSTILE.map((name) => ({
    what: 'source',
    id: name,
    system: null,
    share: 0.5,
    gaps: [{ from: FROM, to: NOW, cause: name }],
  })),
  failures: [],
  results: HOSTILE.map(resultOf),
  leavers: HOSTILE.map(leaverOf),
}

export const hostileReviews: readonly ReviewState[] = HOSTILE.map((name, index) => {
  const frozen = {
    type: 'review',
    act: 'frozen',
    id: `R-${index + 1}`,
    system: name,
    run: 'run',
    frozenAt: NOW,
    accounts: 2,
    digest: '0'.repeat(64),
    at: NOW,
    by: name,
  } as const
  const followUp = {
    review: frozen.id,
    system: name,
    account: name,
    login: name,
    decision: 'change role',
    newRole: name,
    reason: name,
    decidedAt: NOW,
  } as const
  return {
    frozen,
    signed: { ...frozen, act: 'signed', decisions: [{ ...followUp, reviewer: name }] },
    leaf: index,
    followUps: [
      { ...followUp, doneAt: null, how: null },
      { ...followUp, doneAt: NOW, how: 'role' },
    ],
  }
})

/** Frames, a draw from each, and falls that were accepted. */
export function hostileLeaves(kind: string): readonly Leaf[] {
  return HOSTILE.flatMap((name, index): Leaf[] => {
    const id = `F-${index + 1}`
    const span = { asOf: NOW }
    const frame: FrameLeaf = {
      ...{ type: 'frame', id, kind: 'account', span, rows: 1 },
      ...{ digest: '0'.repeat(64), at: NOW, by: name },
    }
    const draw: DrawLeaf = {
      ...{ type: 'draw', id: `D-${index + 1}`, frame: id, frameLeaf: index, seed: name },
      ...{ seedFrom: 'auditor', size: 9, keys: [name], at: NOW, by: name },
    }
    const fall = { type: 'acceptance', source: name, because: name, at: NOW, by: name }
    const body = kind === 'frame' ? frame : kind === 'draw' ? draw : kind === 'acceptance' ? fall : null
    return body === null ? [] : [{ index, kind, body: JSON.stringify(body), hash: '' }]
  })
}

/** Keys of machines that somebody named so. */
export const hostileKeys: readonly ApiKey[] = HOSTILE.map((name, index) => ({
  id: `key${index}`,
  name,
  role: 'viewer',
  createdAt: NOW,
  createdBy: name,
  expiresAt: NOW,
  lastUsedAt: null,
  revokedAt: index % 2 === 0 ? NOW : null,
}))
