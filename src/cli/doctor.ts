import type { Access, Probe } from '../domain/connector.ts'
import { AppError } from '../domain/error.ts'
import type { Report } from '../domain/report.ts'
import { makeSnapshot } from '../domain/snapshot.ts'
import { between, DAY, type Instant, SECOND } from '../domain/time.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import type { CliParts, Installation } from './parts.ts'
import { wrap } from './table.ts'
import { moment, styler, widthOf } from './terminal.ts'

interface Options {
  config: string
  format: 'table' | 'json'
}

interface Diagnosis {
  source: string
  kind: string
  /** Null where the host is one that the vendor publishes, and for files. */
  strangeHost: string | null
  probe: Probe | null
  error: { code: string; message: string } | null
  /** Scope → refs of the enabled checks that cannot be answered without it; of every scope where nothing answers. */
  costs: Readonly<Record<string, readonly string[]>>
}

export async function runDoctor(names: readonly string[], options: Options, parts: CliParts): Promise<ExitCode> {
  const installation = await parts.open(options.config)
  try {
    for (const name of names) {
      if (!installation.sources.some((source) => source.id === name)) {
        throw new AppError(
          'usage',
          `there is no source "${name}"; configured are ${installation.sources.map((source) => source.id).join(', ')}`,
        )
      }
    }
    const report = await installation.report('latest')
    const chosen = installation.sources.filter((source) => names.length === 0 || names.includes(source.id))
    const diagnoses = await Promise.all(chosen.map((source) => diagnose(source, installation, report)))
    if (options.format === 'json')
      parts.terminal.out.write(
        `${JSON.stringify({ sources: diagnoses.map((one) => diagnosisJson(one, parts.now())) }, null, 2)}\n`,
      )
    else for (const diagnosis of diagnoses) print(diagnosis, installation, parts)
    return diagnoses.every(sound) ? 0 : 2
  } finally {
    await installation.close()
  }
}

async function diagnose(
  source: Installation['sources'][number],
  installation: Installation,
  report: Report,
): Promise<Diagnosis> {
  const base = { source: source.id, kind: source.kind, strangeHost: source.strangeHost }
  try {
    const probe = await installation.probe(source.id)
    const missing = source.connector.access.filter((access) =>
      probe.access.some((one) => one.scope === access.scope && one.state !== 'present'),
    )
    const costs = Object.fromEntries(
      missing.map((access) => [access.scope, checksBlinded(access, source, installation, report)]),
    )
    return { ...base, probe, error: null, costs }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const costs = source.connector.access.map(
      (access) => [access.scope, checksBlinded(access, source, installation, report)] as const,
    )
    return {
      ...base,
      probe: null,
      error: { code: error.code, message: error.message },
      costs: Object.fromEntries(costs),
    }
  }
}

function checksBlinded(
  access: Access,
  source: { id: string; kind: string },
  { settings }: Pick<Installation, 'settings'>,
  report: Report,
): string[] {
  const results = report.results.filter(
    (result) => result.system === null || result.system === source.id || source.kind !== 'tailscale',
  )
  const { sources } = report
  // Before the first run too: that is when people ask.
  const snapshot =
    report.snapshot ?? makeSnapshot({ runId: '', sequence: 0, at: report.evaluatedAt, sources, settings, records: [] })
  const refs = new Set<string>()
  for (const { check, system } of results) {
    for (const need of check.needs(settings, system, snapshot)) {
      const vendorFits =
        need.from === undefined ||
        need.from === source.kind ||
        (need.from === 'edr' && source.kind !== 'kandji') ||
        (need.from === 'mdm' && source.kind === 'kandji')
      const hit = access.reveals.some(
        (revealed) =>
          revealed.kind === need.kind &&
          (revealed.fields === undefined ||
            need.fields === undefined ||
            need.fields.some((field) => revealed.fields!.includes(field))),
      )
      if (vendorFits && hit) refs.add(check.ref)
    }
  }
  return [...refs].sort()
}

function sound(diagnosis: Diagnosis): boolean {
  return diagnosis.probe?.access.every((access) => access.state === 'present') ?? false
}

function diagnosisJson(diagnosis: Diagnosis, now: Instant) {
  const { source, kind, strangeHost, probe, error, costs } = diagnosis
  return {
    source,
    kind,
    reachable: probe !== null,
    strangeHost,
    error,
    access: probe?.access.map((access) => ({ ...access, checks: costs[access.scope] ?? [] })) ?? [],
    /** All that cannot be answered as things stand. */
    checksBlinded: allCosts(diagnosis),
    credential: probe?.credential ?? null,
    expiresAt: probe?.expiresAt ?? null,
    expiresSoon: probe !== null && endsSoon(probe, now),
    clockSkewMs: probe?.clockSkewMs ?? null,
  }
}

function allCosts({ costs }: Diagnosis): string[] {
  return [...new Set(Object.values(costs).flat())].sort()
}

const SOON_MS = 14 * DAY

function endsSoon({ expiresAt }: Probe, now: Instant): boolean {
  return expiresAt !== null && between(now, expiresAt) < SOON_MS
}

function expiryText({ expiresAt }: Probe, now: Instant): string {
  if (expiresAt === null) return ''
  const left = Math.floor(between(now, expiresAt) / DAY)
  const within = left < 0 ? 'which is over' : left === 0 ? 'within a day' : `in ${counted(left, 'day')}`
  return `, expires ${moment(expiresAt)}, ${within}`
}

/** `Date` counts whole seconds, so less than two of them are no difference. */
function clockText(skewMs: number): string {
  const seconds = Math.floor(Math.abs(skewMs) / SECOND)
  if (seconds < 2) return 'agrees with the vendor’s'
  return `${seconds.toLocaleString('en')} s ${skewMs > 0 ? 'behind' : 'ahead of'} the vendor’s`
}

/** Beyond this the vendor's times and ours cannot be compared safely. */
const SKEW_WORTH_SAYING_MS = 30 * SECOND

function print(diagnosis: Diagnosis, installation: Installation, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const { connector } = installation.sources.find((source) => source.id === diagnosis.source)!
  out.write(`${style('bold', diagnosis.source)} ${style('dim', connector.title)}\n`)
  const { probe } = diagnosis
  if (probe === null) {
    out.write(`  ${style('red', '✘')} ${wrap(diagnosis.error!.message, width - 4, '    ')}\n`)
    const cost = allCosts(diagnosis)
    if (cost.length > 0)
      out.write(`    ${wrap(`not evaluated while it cannot be read: ${cost.join(', ')}`, width - 4, '    ')}\n`)
    printHost(diagnosis, parts)
    for (const line of connector.setUp) out.write(`    ${style('dim', wrap(line, width - 4, '    '))}\n`)
    out.write('\n')
    return
  }
  if (probe.credential === null) {
    for (const { detail } of probe.access) out.write(`  ${style('green', '✔')} ${wrap(detail, width - 4, '    ')}\n`)
    out.write('\n')
    return
  }
  out.write(`  ${style('green', '✔')} reachable, credential accepted\n`)
  printHost(diagnosis, parts)
  const soon = endsSoon(probe, parts.now())
  const mark = (good: boolean): string => (good ? style('green', '✔') : style('yellow', '!'))
  const renew = soon ? '; make a new one before' : ''
  out.write(
    `  ${mark(!soon)} credential: ${wrap(`${probe.credential}${expiryText(probe, parts.now())}${renew}`, width - 16, '    ')}\n`,
  )
  if (probe.clockSkewMs !== null) {
    const off = Math.abs(probe.clockSkewMs) > SKEW_WORTH_SAYING_MS
    out.write(`  ${mark(!off)} clock: this machine’s ${clockText(probe.clockSkewMs)}${off ? '; set it by NTP' : ''}\n`)
  }
  for (const access of probe.access) {
    const title = connector.access.find((one) => one.scope === access.scope)?.title ?? ''
    if (access.state === 'present') out.write(`  ${style('green', '✔')} ${access.scope} ${style('dim', title)}\n`)
    else {
      const cost = diagnosis.costs[access.scope] ?? []
      const words = cost.length === 0 ? 'no enabled check needs it' : `not evaluated without it: ${cost.join(', ')}`
      out.write(
        `  ${style('yellow', access.state === 'missing' ? '✘' : '?')} ${access.scope} ${wrap(`${access.state} (${access.detail}); ${words}`, width - 4, '    ')}\n`,
      )
    }
  }
  out.write('\n')
}

function printHost({ strangeHost }: Diagnosis, { terminal: { out } }: CliParts): void {
  if (strangeHost === null) return
  const words = `host: ${strangeHost} is none that the vendor publishes, and every output says so; compare baseUrl with what the vendor’s console shows`
  out.write(`  ${styler(out)('yellow', '!')} ${wrap(words, widthOf(out) - 4, '    ')}\n`)
}
