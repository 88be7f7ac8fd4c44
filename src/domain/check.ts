/** What a check is. `checks/` holds one file each; everything there is a call of `defineCheck`. */
import type { Finding } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { Carried, Kind, Vendor } from './record.ts'
import type { Settings, Severity } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { durationMs } from './time.ts'

export type Framework = 'soc2' | 'iso27001' | 'nist-800-53' | 'nist-csf' | 'pci-dss' | 'hipaa' | 'cis'

export interface ControlId {
  readonly framework: Framework
  readonly id: string
  /** `indirect`: supports the control without testing it. */
  readonly indirect?: true
}

/**
 * What a check cannot do without. The engine answers `unknown` when a source of it is failed, held, paused, stale,
 * never read, or blind for it (checks.md section 1, rule 2).
 */
export interface Need {
  readonly kind: Kind
  /** Only sources of this vendor; `edr` stands for SentinelOne and CrowdStrike, `mdm` for Kandji. */
  readonly from?: Vendor | 'edr' | 'mdm'
  /** Only these fields or, for settings and keys, keys: a blindness for others does not matter. */
  readonly fields?: readonly string[]
}

interface ParameterBase<T> {
  readonly default: T
  readonly says: string
}
/** Written "14d"; a check reads milliseconds. */
export interface DurationParameter extends ParameterBase<string> {
  readonly type: 'duration'
  readonly min?: string
  readonly max?: string
}
export interface NumberParameter extends ParameterBase<number> {
  readonly type: 'number'
  readonly unit: string
  readonly min: number
  readonly max: number
}
export interface TextParameter extends ParameterBase<string> {
  readonly type: 'text'
}
export interface FlagParameter extends ParameterBase<boolean> {
  readonly type: 'flag'
}
/** What is approved: subject keys or labels, each with a reason. */
export interface ApprovedParameter extends ParameterBase<readonly Approved[]> {
  readonly type: 'approved'
}
/** Policy selectors, people, ids. */
export interface ListParameter extends ParameterBase<readonly string[]> {
  readonly type: 'list'
}
/** A key's id → an e-mail. */
export interface MapParameter extends ParameterBase<Readonly<Record<string, string>>> {
  readonly type: 'map'
}
export interface Approved {
  readonly subject: string
  readonly because: string
}
export type Parameter =
  | DurationParameter
  | NumberParameter
  | TextParameter
  | FlagParameter
  | ApprovedParameter
  | ListParameter
  | MapParameter
export type Parameters = Readonly<Record<string, Parameter>>

/** What `run` reads: durations as milliseconds, everything else as declared. */
export type ParameterValues<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends DurationParameter
    ? number
    : P[K] extends NumberParameter
      ? number
      : P[K] extends TextParameter
        ? string
        : P[K] extends FlagParameter
          ? boolean
          : P[K] extends ApprovedParameter
            ? readonly Approved[]
            : P[K] extends ListParameter
              ? readonly string[]
              : Readonly<Record<string, string>>
}

export interface Check<P extends Parameters = Parameters> {
  /** The file's name; never reused for another meaning. */
  readonly id: string
  /** Row of the definition: "ID-02". */
  readonly ref: string
  /** Goes up when the meaning changes; the old function moves to `checks/former`. */
  readonly version: number
  readonly title: string
  /** Yes or no; yes is good. */
  readonly question: string
  readonly why: string
  /** With the way through the vendor's console. */
  readonly remediation: string
  readonly severity: Severity
  /** May be empty: shown as "no mapping". */
  readonly controls: readonly ControlId[]
  /** `tailnet`: run once per tailnet, narrowed to it. `collection`: run once, over our own collection. */
  readonly over: 'tailnet' | 'collection'
  /** Vendor whose check this is: `not_applicable` while no source of it is configured. */
  readonly vendor: Vendor | null
  /** Made by the operator (`checksFolder`), not by us: every export says so. */
  readonly operator: boolean
  /** Never fails: an inventory row (`i` in checks.md). */
  readonly informational: boolean
  readonly needs: (settings: Settings, system: string | null, snapshot: Snapshot) => readonly Need[]
  readonly parameters: P
  /** Limits that stand elsewhere in the configuration, shown among the parameters of the result. */
  readonly limits: (settings: Settings, system: string | null) => Readonly<Record<string, JsonValue>>
  /** What the next run must know; called with the snapshot of this run, which holds what the last run carried. */
  readonly carry: ((snapshot: Snapshot) => readonly Carried[]) | null
  /**
   * Pure; "now" is `snapshot.at`. `asked` holds the checks that are asked of the same snapshot, disabled ones left out:
   * only for the question what our credentials must be able to see (KEY-07).
   */
  readonly run: (snapshot: Snapshot, parameters: ParameterValues<P>, asked?: readonly Check[]) => Finding[]
  /** One sentence someone can act on; made only for what is shown. */
  readonly say: (finding: Finding) => string
}

export type CheckDefinition<P extends Parameters> = Pick<
  Check<P>,
  'id' | 'ref' | 'version' | 'title' | 'question' | 'why' | 'remediation' | 'severity' | 'controls' | 'run' | 'say'
> & {
  over?: 'tailnet' | 'collection'
  vendor?: Vendor
  informational?: boolean
  needs: readonly Need[] | Check['needs']
  parameters?: P
  limits?: Check['limits']
  carry?: (snapshot: Snapshot) => readonly Carried[]
}

// biome-ignore lint/complexity/noBannedTypes: no parameters is exactly an empty object type
export function defineCheck<const P extends Parameters = {}>(definition: CheckDefinition<P>): Check {
  const { needs } = definition
  return {
    ...definition,
    operator: false,
    over: definition.over ?? 'tailnet',
    vendor: definition.vendor ?? null,
    informational: definition.informational ?? false,
    needs: typeof needs === 'function' ? needs : () => needs,
    parameters: definition.parameters ?? {},
    limits: definition.limits ?? (() => ({})),
    carry: definition.carry ?? null,
  } as unknown as Check
}

/** The parameters of a check as configured: `written` for exports, `values` for `run`. */
export function parametersOf(
  check: Check,
  settings: Settings,
): { written: Record<string, JsonValue>; values: ParameterValues<Parameters> } {
  const given = settings.checks[check.id]?.params ?? {}
  const written: Record<string, JsonValue> = {}
  const values: Record<string, unknown> = {}
  for (const [name, parameter] of Object.entries(check.parameters)) {
    const value = given[name] ?? (parameter.default as JsonValue)
    written[name] = value
    values[name] = parameter.type === 'duration' ? durationMs(value as string) : value
  }
  return { written, values: values as ParameterValues<Parameters> }
}
