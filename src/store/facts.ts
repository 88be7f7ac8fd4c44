/**
 * What a finding says, packed: the names of its facts stand once in a shape, the values in their order in each row; the
 * rest follows only where there is any. Nearly always a finding rests on its own subject's record and says no more.
 */
import type { Finding, Subject } from '../domain/finding.ts'
import type { JsonValue } from '../domain/json.ts'
import { set } from './encode.ts'

type Said = Pick<Finding, 'notice' | 'facts' | 'records' | 'sla'>
type Body = readonly [
  values: readonly JsonValue[],
  notice?: Finding['notice'],
  records?: Finding['records'] | null,
  sla?: Finding['sla'],
]

export function packSaid({ notice, facts, records, sla, subject }: Finding): { names: string; body: string } {
  const values = Object.values(facts)
  const own = records.length === 1 && records[0] === ownRecord(subject)
  const body: Body =
    sla !== undefined
      ? [values, notice, own ? null : records, sla]
      : notice === null && own
        ? [values]
        : [values, notice, own ? null : records]
  return { names: JSON.stringify(Object.keys(facts)), body: JSON.stringify(body) }
}

export function unpackSaid(names: readonly string[], body: string, subject: Subject): Said {
  const [values, notice = null, records = null, sla] = JSON.parse(body) as Body
  const facts: Record<string, JsonValue> = {}
  for (const [at, name] of names.entries()) set(facts, name, values[at]!)
  const said = { notice, facts, records: records ?? [ownRecord(subject)] }
  return sla === undefined ? said : { ...said, sla }
}

function ownRecord({ source, kind, key }: Subject): string {
  return `${source}/${kind}/${key}`
}
