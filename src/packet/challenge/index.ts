/**
 * `verify --challenge`: the proof that each test can fail. For every passing verdict of a packed run the deciding field is
 * changed in a copy of the vendor's bytes, the changed answer is read and judged again, and the verdict must turn. Offline,
 * and nothing of the packet is executed: a packet carries no code.
 */
import { setImmediate } from 'node:timers/promises'
import type { Check } from '../../domain/check.ts'
import { AppError } from '../../domain/error.ts'
import { isDisabled } from '../../domain/evaluate.ts'
import type { Finding } from '../../domain/finding.ts'
import type { NotRerun, RunInputs } from '../../domain/reperform.ts'
import type { CheckResult } from '../../domain/result.ts'
import type { Challenge, ChallengedCheck } from '../../domain/verification.ts'
import { judgingChecks } from '../check-versions.ts'
import { Copy } from './copy.ts'
import { declared } from './declared.ts'
import { type Ground, type GroundParts, groundOf } from './ground.ts'
import { turnAll } from './turn.ts'

export interface ChallengeParts extends GroundParts {
  /** Today's and former versions; never anything of the packet. */
  readonly checks: readonly Check[]
  progress?(what: string): void
}

/** @param only id or ref of a check, key or name of a subject; null: all that passes */
export async function challenge(inputs: RunInputs, only: string | null, parts: ChallengeParts): Promise<Challenge> {
  const ground = await groundOf(inputs, parts)
  const { checks, missing, notRerun } = judgingChecks(inputs, parts.checks)
  const asked = checks.filter((check) => !isDisabled(check, inputs.settings))
  const challenged: ChallengedCheck[] = []
  for (const { check: id, ref, system, counts } of inputs.results) {
    const check = asked.find((one) => one.id === id)
    const chosen = only === null || isCalled(only, id, ref) ? null : only
    const base = { ref, check: id, system, passes: counts.pass, failed: 0, unknown: 0, unturned: [], examples: [] }
    if (missing.has(id) || check === undefined) {
      if (chosen === null) challenged.push({ ...base, because: whyNotAsked(notRerun.find((one) => one.id === id)) })
      continue
    }
    parts.progress?.(`${ref} ${id}`)
    if (counts.pass > 0) {
      const one = await challengedCheck(ground, check, system, asked, chosen)
      if (one !== null) challenged.push(one)
    } else if (chosen === null) challenged.push({ ...base, because: 'no verdict of it passed in this run' })
    // Thousands of verdicts take seconds, and others wait for their turn.
    await setImmediate()
  }
  if (only !== null && challenged.length === 0) {
    throw new AppError(
      'usage',
      `verify: of what passed in the last run of this packet nothing is called "${only}"; give a check's id or ref, or a subject's key or name`,
    )
  }
  return { run: inputs.run.sequence, only, checks: challenged }
}

function isCalled(name: string, id: string, ref: string): boolean {
  return name.toLowerCase() === id || name.toUpperCase() === ref
}

async function challengedCheck(
  ground: Ground,
  check: Check,
  system: string | null,
  asked: readonly Check[],
  subject: string | null,
): Promise<ChallengedCheck | null> {
  const result = await new Copy(ground).judge(check, system, asked)
  const passing = result.findings.filter(({ status }) => status === 'pass').filter(isNamed(subject))
  if (passing.length === 0) return null
  const turns = await turnAll({ ground, check, system, asked, result, passing, recipes: declared(check.ref) })
  return reported(check, result, passing, turns)
}

function isNamed(subject: string | null): (finding: Finding) => boolean {
  const name = subject?.toLowerCase()
  return ({ subject: { source, kind, key, label } }) =>
    name === undefined || [key, label, `${source}/${kind}/${key}`].some((one) => one.toLowerCase() === name)
}

const EXAMPLES = 3

function reported(
  check: Check,
  { ref, system }: CheckResult,
  passing: readonly Finding[],
  turns: Awaited<ReturnType<typeof turnAll>>,
): ChallengedCheck {
  const became = (status: 'fail' | 'unknown'): number => turns.filter(({ becomes }) => becomes === status).length
  const turned = new Set(turns.map(({ finding }) => finding))
  // What was tried alone shows its change and nothing else.
  const shown = turns.toSorted((a, b) => Number(b.alone) - Number(a.alone)).slice(0, EXAMPLES)
  return {
    ref,
    check: check.id,
    system,
    passes: passing.length,
    failed: became('fail'),
    unknown: became('unknown'),
    unturned: passing.filter((finding) => !turned.has(finding)).map(nameOf),
    examples: shown.map(({ finding, changed, becomes, says }) => ({
      subject: nameOf(finding),
      changed,
      becomes,
      says,
    })),
    because: null,
  }
}

function nameOf({ subject: { source, kind, key } }: Finding): string {
  return `${source}/${kind}/${key}`
}

const WHY: Readonly<Record<NotRerun['because'], string>> = {
  own: 'judged by an operator’s own check, whose code is not run',
  former: 'judged by an earlier version that this release no longer has',
  newer: 'judged by a newer release',
  rests: 'rests on a check that is not rerun',
}

function whyNotAsked(notRerun: NotRerun | undefined): string {
  return WHY[notRerun?.because ?? 'former']
}
