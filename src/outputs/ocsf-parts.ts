/** What every OCSF event of ours is made of. */
import type { Check } from '../domain/check.ts'
import { FRAMEWORK_TITLE } from '../domain/control-view.ts'
import type { Status } from '../domain/finding.ts'
import type { Report } from '../domain/report.ts'
import type { Severity } from '../domain/settings.ts'

export const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}
export const INFORMATIONAL = [1, 'Informational'] as const

/** "Warning" is the schema's word for a result that is missing because information is. */
export const OUTCOME: Readonly<Record<Status, readonly [number, string]>> = {
  pass: [1, 'Pass'],
  unknown: [2, 'Warning'],
  fail: [3, 'Fail'],
  not_applicable: [99, 'Not applicable'],
}

export const CREATE = 1
export const UPDATE = 2
export const CLOSE = 3
const ACTIVITY: Readonly<Record<number, string>> = { [CREATE]: 'Create', [UPDATE]: 'Update', [CLOSE]: 'Close' }

export function classOf(activity: number) {
  return {
    activity_id: activity,
    activity_name: ACTIVITY[activity]!,
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2003,
    class_name: 'Compliance Finding',
    type_uid: 200300 + activity,
    type_name: `Compliance Finding: ${ACTIVITY[activity]}`,
  }
}

export function metadataOf(report: Report, uid: string, check: Pick<Check, 'ref'>) {
  return {
    version: '1.8.0',
    product: { name: 'Exhibit', uid: 'exhibit', vendor_name: 'Exhibit', version: report.software },
    uid,
    tenant_uid: report.organization.id,
    event_code: check.ref,
    labels: report.demo ? ['DEMO'] : [],
  }
}

export function analyticOf(check: Check, version: number) {
  return { type_id: 1, type: 'Rule', uid: check.id, name: check.ref, version: String(version) }
}

export function mappingOf({ controls }: Pick<Check, 'controls'>) {
  const direct = controls.filter(({ indirect }) => indirect !== true)
  if (direct.length === 0) return {}
  return {
    standards: [...new Set(direct.map(({ framework }) => FRAMEWORK_TITLE[framework]))],
    requirements: direct.map(({ framework, id }) => `${FRAMEWORK_TITLE[framework]}: ${id}`),
  }
}
