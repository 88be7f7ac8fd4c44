/**
 * Inputs that no digest of the leaf covers by themselves are believed only for what they are: what a run carried is
 * carried, what it found of its house is of the house, a source brings what its connector withholds and nothing else.
 */
import { type AnyRecord, HOUSE_KINDS, isOurs, type Kind, refOf } from '../domain/record.ts'
import type { Difference, RunInputs, SourceInputs } from '../domain/reperform.ts'
import type { Reader } from './derived-records.ts'

const CARRIED: readonly Kind[] = ['carried']
const HOUSE: readonly Kind[] = [...HOUSE_KINDS]

export function inputFaults(inputs: RunInputs, connectors: readonly Reader[]): Difference[] {
  return [
    ...rowOfSources(inputs),
    ...ofKinds([...(inputs.carriedBefore ?? []), ...inputs.carried], CARRIED),
    ...ofKinds(inputs.house, HOUSE),
    ...inputs.pulls.flatMap((source) => [...fromSource(source, connectors), ...ofOnePull(source)]),
  ]
}

/** One pull a source, in the order of the states, which the leaf names. */
function rowOfSources({ sources, pulls }: RunInputs): Difference[] {
  const named = (list: readonly (readonly [string, string])[]): string => list.map((one) => one.join(' ')).join(', ')
  const sealed = named(sources.map(({ id, kind }) => [id, kind]))
  const derived = named(pulls.map(({ source, kind }) => [source, kind]))
  const twice = new Set(pulls.map(({ source }) => source)).size !== pulls.length
  if (sealed === derived && !twice) return []
  return [{ at: 'source', subject: 'the pulls that the run rests on', field: null, sealed, derived }]
}

function ofKinds(records: readonly AnyRecord[], kinds: readonly Kind[]): Difference[] {
  return records.flatMap((record) => (kinds.includes(record.kind) ? [] : [misplaced(record, kinds.join(' or '))]))
}

function fromSource({ source, kind, withheld, records }: SourceInputs, connectors: readonly Reader[]): Difference[] {
  const reader = connectors.find(({ id }) => id === kind)
  // Without the connector nobody knows what it withholds; its records are taken whole or not at all.
  const hidden = reader === undefined ? null : (reader.withheld ?? [])
  const faults: Difference[] = []
  for (const record of withheld) {
    if (record.source !== source) faults.push(fromElsewhere(record, source))
    else if (hidden !== null && !hidden.includes(record.kind)) faults.push(misplaced(record, 'a kind that is withheld'))
  }
  for (const record of records ?? []) {
    if (record.source !== source) faults.push(fromElsewhere(record, source))
    else if (isOurs(record.kind)) faults.push(misplaced(record, 'a kind that a source has'))
  }
  return faults
}

/** Verdicts rest on accepted pulls only, and a pull's pages are its own source's. */
function ofOnePull({ source, pull, pages, earlier }: SourceInputs): Difference[] {
  const other = [...pages, ...earlier].find((page) => page.source !== source)
  return [
    ...(pull === null || pull.outcome === 'complete'
      ? []
      : [{ at: 'source' as const, subject: source, field: 'outcome', sealed: 'complete', derived: pull.outcome }]),
    ...(other === undefined
      ? []
      : [{ at: 'page' as const, subject: other.place, field: 'source', sealed: source, derived: other.source }]),
  ]
}

function misplaced(record: AnyRecord, expected: string): Difference {
  return { at: 'record', subject: refOf(record), field: 'kind', sealed: expected, derived: record.kind }
}

function fromElsewhere(record: AnyRecord, source: string): Difference {
  return { at: 'record', subject: refOf(record), field: 'source', sealed: source, derived: record.source }
}
