/** Who would mend a failure, and what they are told: the same grouping for the overview and the fix list. */

import type { Subject } from '../domain/finding.ts'
import { foldLogin, ownerOfLogin } from '../domain/match.ts'
import type { Account, Device, Key } from '../domain/record.ts'
import { between, DAY, type Instant } from '../domain/time.ts'
import { momentText } from '../domain/words.ts'
import { eachInSteps, type Steps } from '../lib/steps.ts'
import { type Entry, lengthy, subjectKey, type View } from './view.ts'

export interface Owner {
  /** E-mail, login or the system itself: what the list is sorted and linked by. */
  readonly id: string
  readonly name: string
  /** The person's page; null where nobody is known. */
  readonly person: { readonly source: string; readonly key: string } | null
}

export interface FixSubject {
  readonly subject: Subject
  readonly entries: readonly Entry[]
  readonly dueAt: Instant | null
  readonly overdue: boolean
}

export interface FixGroup {
  readonly owner: Owner
  readonly subjects: readonly FixSubject[]
  readonly failures: number
  readonly overdue: number
  readonly dueSoon: number
  readonly dueAt: Instant | null
}

/** The login that stands behind a subject; null for what belongs to the system as a whole. */
function loginOf({ kind, source, key }: Subject, view: View): string | null {
  const snapshot = view.report.snapshot
  if (snapshot === null) return null
  if (kind === 'account') return snapshot.one('account', source, key)?.login ?? null
  if (kind === 'person') return snapshot.one('person', source, key)?.email ?? null
  if (kind === 'device') {
    const device: Device | null = snapshot.one('device', source, key)
    return device === null || device.tags.length > 0 ? null : device.user
  }
  if (kind === 'key') {
    const found: Key | null = snapshot.one('key', source, key)
    const account: Account | null = found?.userId == null ? null : snapshot.one('account', source, found.userId)
    return account?.login ?? null
  }
  return null
}

export function ownerOfSubject(subject: Subject, view: View): Owner {
  const snapshot = view.report.snapshot
  const login = loginOf(subject, view)
  if (snapshot === null || login === null) {
    const device = subject.kind === 'device' ? snapshot?.one('device', subject.source, subject.key) : null
    const tags = device?.tags ?? []
    return tags.length > 0
      ? { id: tags.join(' '), name: `Devices tagged ${tags.join(', ')}`, person: null }
      : { id: subject.source, name: `Administrators of ${subject.source}`, person: null }
  }
  const { person } = ownerOfLogin(snapshot, login)
  return person === null
    ? { id: foldLogin(login), name: login, person: null }
    : { id: person.email, name: person.name ?? person.email, person }
}

export function isOverdue(entry: Entry): boolean {
  return entry.finding.sla === 'breached'
}

/** Failures that nobody has accepted, by owner: most overdue first, then the one that is due next. */
export const fixList = lengthy(function* (view): Steps<readonly FixGroup[]> {
  const owners = new Map<string, { owner: Owner; subjects: Map<string, Entry[]> }>()
  for (const [place, entry] of view.open.entries()) {
    if (place % ENTRIES_A_STEP === ENTRIES_A_STEP - 1) yield
    if (entry.finding.status !== 'fail' || entry.finding.waiver !== null) continue
    const owner = ownerOfSubject(entry.finding.subject, view)
    let group = owners.get(owner.id)
    if (group === undefined) {
      group = { owner, subjects: new Map() }
      owners.set(owner.id, group)
    }
    const key = subjectKey(entry.finding.subject)
    const list = group.subjects.get(key)
    if (list === undefined) group.subjects.set(key, [entry])
    else list.push(entry)
  }
  const { evaluatedAt } = view.report
  const groups = yield* eachInSteps([...owners.values()], (group) => fixGroup(group, evaluatedAt))
  return groups.sort(mostPressing)
})

const ENTRIES_A_STEP = 5_000

function fixGroup({ owner, subjects }: { owner: Owner; subjects: Map<string, Entry[]> }, now: Instant): FixGroup {
  const list = [...subjects.values()].map(
    (entries): FixSubject => ({
      subject: entries[0]!.finding.subject,
      entries,
      dueAt: earliest(entries.map(({ finding }) => finding.dueAt)),
      overdue: entries.some(isOverdue),
    }),
  )
  const all = list.flatMap(({ entries }) => entries)
  return {
    owner,
    subjects: list.sort((a, b) => Number(b.overdue) - Number(a.overdue) || byDue(a, b)),
    failures: all.length,
    overdue: all.filter(isOverdue).length,
    dueSoon: all.filter((entry) => dueWithinAWeek(entry, now)).length,
    dueAt: earliest(all.map(({ finding }) => finding.dueAt)),
  }
}

export function dueWithinAWeek({ finding }: Entry, now: Instant): boolean {
  return finding.sla === 'within' && finding.dueAt !== null && between(now, finding.dueAt) <= 7 * DAY
}

function earliest(moments: readonly (Instant | null)[]): Instant | null {
  return moments.reduce<Instant | null>((best, at) => (at !== null && (best === null || at < best) ? at : best), null)
}

function byDue(a: { dueAt: Instant | null }, b: { dueAt: Instant | null }): number {
  return (a.dueAt ?? '~') < (b.dueAt ?? '~') ? -1 : (a.dueAt ?? '~') > (b.dueAt ?? '~') ? 1 : 0
}

function mostPressing(a: FixGroup, b: FixGroup): number {
  return b.overdue - a.overdue || byDue(a, b) || (a.owner.name < b.owner.name ? -1 : 1)
}

/** Text to paste into a ticket or a mail. */
export function fixText(group: FixGroup, organization: string, max = 40): string {
  const lines = [`To: ${group.owner.name}`, `${organization}: ${group.failures} to mend`, '']
  for (const { subject, entries } of group.subjects.slice(0, max)) {
    lines.push(subject.label.slice(0, 200))
    for (const { finding, result } of entries) {
      const due = isOverdue({ finding, result })
        ? 'overdue'
        : finding.dueAt === null
          ? 'no date'
          : `by ${momentText(finding.dueAt)}`
      lines.push(`- [${result.check.ref}, ${result.check.severity}, ${due}] ${finding.message.slice(0, 400)}`)
      lines.push(`  How: ${result.check.remediation}`)
    }
    lines.push('')
  }
  if (group.subjects.length > max) lines.push(`… and ${group.subjects.length - max} more`)
  return lines.join('\n').trimEnd()
}
