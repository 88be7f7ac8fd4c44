import { AppError } from '../domain/error.ts'
import { isNonce, NONCE_MAX } from '../domain/nonce.ts'
import { blindNames } from '../domain/report.ts'
import { counted, countedKind } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import type { CliParts, SyncOutcome } from './parts.ts'
import { table, wrap } from './table.ts'
import { moment, progressLine, SOURCE_STYLE, SOURCE_WORD, styler, widthOf } from './terminal.ts'

interface Options {
  config: string
  accept?: string
  because?: string
  nonce?: string
  format: 'table' | 'json'
}

export async function runSync(sources: readonly string[], options: Options, parts: CliParts): Promise<ExitCode> {
  if ((options.accept === undefined) !== (options.because === undefined)) {
    throw new AppError('usage', '--accept and --because go together: the reason is recorded with the act')
  }
  const { nonce } = options
  if (nonce !== undefined && !isNonce(nonce)) {
    throw new AppError('usage', `--nonce takes 1 to ${NONCE_MAX} printable characters`)
  }
  const installation = await parts.open(options.config)
  const line = progressLine(parts.terminal.err)
  try {
    const accept =
      options.accept === undefined ? null : { source: options.accept, because: options.because!, by: parts.actor() }
    const asked = sources.length === 0 ? null : sources
    const request = { sources: asked, accept, ...(nonce === undefined ? {} : { nonce }) }
    const outcome = await installation.sync(request, (source, done, total, what) =>
      line.show(
        `${source}: ${done.toLocaleString('en')}${total === null ? '' : ` of ${total.toLocaleString('en')}`} ${what}`,
      ),
    )
    line.clear()
    if (options.format === 'json')
      parts.terminal.out.write(`${JSON.stringify(syncJson(outcome, nonce ?? null), null, 2)}\n`)
    else printSync(outcome, nonce ?? null, parts)
    return outcome.pulls.every(
      (pull) => pull.outcome === 'complete' && stateOf(outcome, pull.source)?.status === 'complete',
    )
      ? 0
      : 2
  } finally {
    line.clear()
    await installation.close()
  }
}

function stateOf(outcome: SyncOutcome, source: string) {
  return outcome.sources.find((state) => state.id === source)
}

function secondsOf(pull: { collectedAt: string; endedAt: string; requests: readonly { startedAt: string }[] }): string {
  const from = pull.requests[0]?.startedAt ?? pull.endedAt
  return ((Date.parse(pull.endedAt) - Date.parse(from)) / 1000).toFixed(1)
}

function syncJson(outcome: SyncOutcome, nonce: string | null) {
  return {
    run: outcome.run.id,
    snapshotAt: outcome.run.snapshotAt,
    nonce,
    sources: outcome.sources.map((source) => {
      const pull = outcome.pulls.find((candidate) => candidate.source === source.id)
      return {
        id: source.id,
        kind: source.kind,
        status: source.status,
        pulled: pull !== undefined,
        records: source.records,
        requests: pull?.requests.length ?? 0,
        seconds: pull === undefined ? null : Number(secondsOf(pull)),
        blind: blindNames(source),
        error: source.error,
      }
    }),
  }
}

/** What people count; the rest (keys, settings, policy …) is in `--format json`. */
const TOLD = ['person', 'account', 'device', 'attributes', 'agent', 'score']

function recordsText(records: Readonly<Record<string, number>>): string {
  const told = TOLD.filter((kind) => (records[kind] ?? 0) > 0).map((kind) => countedKind(records[kind]!, kind))
  return told.join(', ') || '–'
}

function printSync(outcome: SyncOutcome, nonce: string | null, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const rows = outcome.sources.map((source) => {
    const pull = outcome.pulls.find((candidate) => candidate.source === source.id)
    return [
      source.id,
      style(SOURCE_STYLE[source.status], SOURCE_WORD[source.status]),
      recordsText(source.records),
      pull === undefined ? 'not read now' : pull.requests.length.toLocaleString('en'),
      pull === undefined ? '' : `${secondsOf(pull)} s`,
    ]
  })
  out.write(
    `${table(
      [
        { title: 'source' },
        { title: 'status' },
        { title: 'records', flexible: true, min: 20 },
        { title: 'requests', align: 'right' },
        { title: 'time', align: 'right' },
      ],
      rows,
      width,
      (text) => style('dim', text),
    )}\n`,
  )
  for (const source of outcome.sources) {
    if (source.error !== null) out.write(`\n${style('red', '✘')} ${wrap(source.error.message, width - 2, '  ')}\n`)
    const pull = outcome.pulls.find((candidate) => candidate.source === source.id)
    if (pull === undefined || pull.outcome !== 'complete') continue
    for (const blind of source.blind) {
      const what = blind.fields === null ? blind.kind : `${blind.kind} ${blind.fields.join(', ')}`
      out.write(
        `${style('yellow', '?')} ${wrap(`${source.id} cannot see ${what}: ${blind.because}; the credential needs ${blind.scope}`, width - 2, '  ')}\n`,
      )
    }
    if (source.status === 'stale') {
      out.write(
        `${style('yellow', '?')} ${wrap(`${source.id}: its data are of ${moment(source.collectedAt)}, older than its freshness allows; checks that need it are not evaluated`, width - 2, '  ')}\n`,
      )
    }
  }
  out.write(
    `\nrun ${outcome.run.id} · state at ${moment(outcome.run.snapshotAt)} · ${counted(outcome.sources.length, 'source')} · "exhibit check" shows the results\n`,
  )
  if (nonce !== null) {
    out.write(`${wrap(`the nonce "${nonce}" is sealed in it: the run began after it was given`, width, '')}\n`)
  }
}
