/** The tailnet that a check is asked about, and its settings. */
import { type Finding, type FindingOptions, finding, type Subject, unknown } from './finding.ts'
import type { Setting } from './record.ts'
import type { CriticalSystem } from './settings.ts'
import type { Snapshot } from './snapshot.ts'

/** Source id of the tailnet that the snapshot is narrowed to. Checks over tailnets are never run on another one. */
export function tailnetOf(snapshot: Snapshot): string {
  if (snapshot.system === null) throw new TypeError('the snapshot is not narrowed to a tailnet')
  return snapshot.system
}

/** The tailnet as a subject, for questions about the whole of it. */
export function tailnetSubject(snapshot: Snapshot): Subject {
  const id = tailnetOf(snapshot)
  return { kind: 'system', source: id, key: id, label: id }
}

/** How the configuration governs access to a tailnet; null where it says nothing of it. */
export function criticalSystem(snapshot: Snapshot): CriticalSystem | null {
  return snapshot.settings.criticalSystems.find((system) => system.source === snapshot.system) ?? null
}

export type SettingValue =
  | { record: Setting; on: boolean; why: null }
  /** `not_visible`: null or missing, which is how the vendor hides a field; `no_data`: sent, but no true or false. */
  | { record: Setting | null; on: null; why: 'not_visible' | 'no_data' }

/** A true-or-false setting of the tailnet. */
export function booleanSetting(snapshot: Snapshot, field: string): SettingValue {
  const record = snapshot.one('setting', tailnetOf(snapshot), field)
  if (record === null) return { record, on: null, why: 'not_visible' }
  if (typeof record.value === 'boolean') return { record, on: record.value, why: null }
  const hidden = record.value === null && record.unread.length === 0
  return { record, on: null, why: hidden ? 'not_visible' : 'no_data' }
}

/** The answer for a setting that has to be on: passes for true, fails for false, unknown for anything else. */
export function settingOn(snapshot: Snapshot, field: string, options: FindingOptions = {}): Finding {
  const source = tailnetOf(snapshot)
  const { record, on, why } = booleanSetting(snapshot, field)
  const subject = record ?? { kind: 'setting', source, key: field, label: field }
  if (why !== null) return unknown(why, subject, { ...options, facts: { missing: field } })
  return finding(on ? 'pass' : 'fail', subject, { ...options, facts: { [field]: on } })
}

export type NumberSetting =
  | { readonly subject: Setting | Subject; readonly value: number; readonly why: null }
  | { readonly subject: Setting | Subject; readonly value: null; readonly why: 'not_visible' | 'no_data' }

/** A setting that is a number. */
export function numberSetting(snapshot: Snapshot, field: string): NumberSetting {
  const { subject, value, why } = settingOf(snapshot, field)
  if (why !== null) return { subject, value: null, why }
  return typeof value === 'number' ? { subject, value, why } : { subject, value: null, why: 'no_data' }
}

export type TextSetting =
  | { readonly subject: Setting | Subject; readonly value: string; readonly why: null }
  | { readonly subject: Setting | Subject; readonly value: null; readonly why: 'not_visible' | 'no_data' }

/** A setting that is one of a few words. */
export function textSetting(snapshot: Snapshot, field: string): TextSetting {
  const { subject, value, why } = settingOf(snapshot, field)
  if (why !== null) return { subject, value: null, why }
  return typeof value === 'string' ? { subject, value, why } : { subject, value: null, why: 'no_data' }
}

function settingOf(snapshot: Snapshot, field: string) {
  const source = tailnetOf(snapshot)
  const record = snapshot.one('setting', source, field)
  const subject: Setting | Subject = record ?? { kind: 'setting', source, key: field, label: field }
  const hidden = record === null || (record.value === null && record.unread.length === 0)
  return { subject, value: record?.value ?? null, why: hidden ? ('not_visible' as const) : null }
}
