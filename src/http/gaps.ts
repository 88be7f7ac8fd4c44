/** What is not evaluated, grouped by its cause, each with the one step that cures it. */
import type { Check } from '../domain/check.ts'
import type { UnknownReason } from '../domain/finding.ts'
import { counted, REASON_STEP, REASON_WORD } from '../domain/words.ts'
import type { View } from './view.ts'

export interface Gap {
  readonly title: string
  readonly step: string
  /** "12 checks", "3 devices in 5 checks" */
  readonly extent: string
  /** The source to open; null where none is named. */
  readonly source: string | null
  readonly checks: readonly Pick<Check, 'id' | 'ref' | 'title'>[]
}

interface Group {
  reason: UnknownReason
  /** Whole checks: the engine's sentence. */
  message: string | null
  source: string | null
  checks: Set<Check>
  subjects: Set<string>
}

export function gaps(view: View): readonly Gap[] {
  const groups = new Map<string, Group>()
  const group = (reason: UnknownReason, message: string | null, source: string | null): Group => {
    const id = `${reason}\0${source ?? message ?? ''}`
    let found = groups.get(id)
    if (found === undefined) {
      found = { reason, message, source, checks: new Set(), subjects: new Set() }
      groups.set(id, found)
    }
    return found
  }
  for (const result of view.report.results) {
    if (result.status !== 'unknown' || result.message === null || result.unknownReason === null) continue
    const source = view.report.sources.find(({ id }) => result.message!.startsWith(`${id}: `))?.id ?? null
    group(result.unknownReason, result.message, source).checks.add(result.check)
  }
  for (const { result, finding } of view.open) {
    if (finding.unknownReason === null) continue
    const found = group(finding.unknownReason, null, null)
    found.checks.add(result.check)
    found.subjects.add(`${finding.subject.source}/${finding.subject.kind}/${finding.subject.key}`)
  }
  return [...groups.values()].sort(mostFirst).map(gapOf)
}

/** Whole checks before single subjects: they hide the most. */
function mostFirst(a: Group, b: Group): number {
  return Number(b.message !== null) - Number(a.message !== null) || b.checks.size - a.checks.size
}

function gapOf({ reason, message, source, checks, subjects }: Group): Gap {
  const list = [...checks].sort((a, b) => (a.ref < b.ref ? -1 : 1))
  return {
    title: source === null ? REASON_WORD[reason] : `${source}: ${REASON_WORD[reason].toLowerCase()}`,
    step: message === null ? REASON_STEP[reason] : `${message} ${REASON_STEP[reason]}`,
    extent:
      message === null
        ? `${counted(subjects.size, 'subject')} in ${counted(list.length, 'check')}`
        : `${counted(list.length, 'whole check')}`,
    source,
    checks: list,
  }
}
