/** Leavers who still have access, one entry a person, from the findings of the checks that hold the deadline. */
import type { ReportFinding } from '../domain/report.ts'
import { type Instant, instant } from '../domain/time.ts'
import type { Entry, View } from './view.ts'

/** Accounts, devices, credentials, contracts (checks.md section 1, rule 5). */
const REFS: ReadonlySet<string> = new Set(['ID-02', 'ID-03', 'ID-04', 'ID-18'])

export interface Leaver {
  readonly name: string
  readonly person: { readonly source: string; readonly key: string } | null
  readonly leftAt: string | null
  readonly dueAt: Instant | null
  readonly late: boolean
  readonly access: readonly Entry[]
}

/** Fails, is open for want of a date, or is not due yet: in each case something is still there. */
function stillThere({ status, facts }: ReportFinding): boolean {
  return status === 'fail' || (status !== 'pass' && typeof facts['dueAt'] === 'string')
}

/** The person that a finding rests on, by the records it read: "roster/person/bob@example.com". */
function personOf({ subject, records }: ReportFinding, view: View): { source: string; key: string } | null {
  if (subject.kind === 'person') return subject
  const ref = records.find((each) => each.split('/')[1] === 'person')
  if (ref === undefined) return null
  const [source = ''] = ref.split('/')
  const key = ref.slice(`${source}/person/`.length)
  return view.report.snapshot?.one('person', source, key) ?? null
}

export function leavers(view: View): readonly Leaver[] {
  const groups = new Map<string, Entry[]>()
  for (const result of view.report.results) {
    if (!REFS.has(result.check.ref)) continue
    for (const finding of view.findingsOf(result)) {
      if (!stillThere(finding)) continue
      const person = personOf(finding, view)
      // Orphans: the account is gone, so nobody is named; the login that it had is what there is.
      const owner = finding.facts['owner']
      const id =
        person === null
          ? `\0${typeof owner === 'string' ? owner : finding.subject.label}`
          : `${person.source}\0${person.key}`
      const list = groups.get(id)
      if (list === undefined) groups.set(id, [{ result, finding }])
      else list.push({ result, finding })
    }
  }
  return [...groups.values()].map((entries) => leaver(entries, view)).sort(mostPressing)
}

function leaver(access: readonly Entry[], view: View): Leaver {
  const person = access.map(({ finding }) => personOf(finding, view)).find((each) => each !== null) ?? null
  const record = person === null ? null : view.report.snapshot!.one('person', person.source, person.key)
  const moments = access
    .map(({ finding }) => instant(finding.facts['dueAt']))
    .filter((at) => at !== null)
    .sort()
  const owner = access[0]!.finding.facts['owner']
  return {
    name: record?.name ?? record?.email ?? (typeof owner === 'string' ? owner : 'Somebody whose account is gone'),
    person,
    leftAt: record?.endDate ?? null,
    dueAt: moments[0] ?? null,
    late: access.some(({ finding }) => finding.status === 'fail'),
    access,
  }
}

function mostPressing(a: Leaver, b: Leaver): number {
  return Number(b.late) - Number(a.late) || ((a.dueAt ?? '~') < (b.dueAt ?? '~') ? -1 : 1)
}
