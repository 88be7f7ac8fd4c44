import { screensOf } from '../domain/deep-link.ts'
import { keyLines } from '../domain/draw.ts'
import { AppError } from '../domain/error.ts'
import type { FrameLeaf, FrameRow, FrameSpan, SampleFile, SampleKind, WholeSample } from '../domain/sample.ts'
import { withScreens } from '../domain/sample-screens.ts'
import type { Sealed } from '../domain/sealed-samples.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { CliParts, Installation } from './parts.ts'
import { table } from './table.ts'
import { moment, styler, widthOf } from './terminal.ts'

interface SealedFrame {
  readonly frame: Sealed<FrameLeaf>
  readonly rows: readonly FrameRow[]
  /** False: the very same one was sealed before. */
  readonly fresh: boolean
}

interface FrameAsked {
  readonly kind: SampleKind
  /** Null: the state at the newest run; of a draw, whichever frame of the kind is the newest. */
  readonly span: FrameSpan | null
}

/** What an installation can do with samples. */
export interface Samples {
  seal(asked: FrameAsked & { readonly by: string }): Promise<SealedFrame>
  frame(id: string): Promise<SealedFrame>
  draw(
    asked: FrameAsked & {
      readonly frame: string | null
      readonly seed: string
      readonly size: number
      readonly by: string
    },
  ): Promise<
    | { readonly sample: SampleFile; readonly leaf: number; readonly fresh: boolean }
    | { readonly waitsFor: Sealed<FrameLeaf> }
  >
  /** What a file says was drawn, held against the ledger and the store; throws AppError `usage` where it is not so. */
  confirmed(file: SampleFile): Promise<WholeSample>
}

interface Options {
  config: string
  size?: number
  seed?: string
  asOf?: string
  from?: string
  to?: string
  frame?: string
  output?: string
  format: 'table' | 'json'
}

/** Without a seed it seals what can be drawn; with one it draws from what was sealed before. */
export async function runSample(kind: SampleKind, options: Options, parts: CliParts): Promise<ExitCode> {
  const span = spanOf(options)
  if (options.seed !== undefined && (options.size ?? 0) < 1) {
    throw new AppError('usage', '--seed draws a sample: say with --size how many rows, at least 1')
  }
  if (options.frame !== undefined && span !== null) {
    throw new AppError('usage', '--frame names one frame with its span: leave out --as-of, --from and --to')
  }
  const installation = await parts.open(options.config)
  try {
    const asked = { kind, span }
    return options.seed === undefined
      ? await seal(asked, options, installation.samples, parts)
      : await draw(asked, options.seed, options, installation, parts)
  } finally {
    await installation.close()
  }
}

/** What `sample -o` wrote. Whether it is true is asked of the ledger. */
export function readSample(file: string, parts: Pick<CliParts, 'readFile'>): SampleFile {
  let read: unknown
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(parts.readFile(file)))
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('usage', `${file} is no sample: it is not JSON; give what "exhibit sample … --seed … -o" wrote`)
  }
  const { schema, draw } = (read ?? {}) as { schema?: unknown; draw?: { id?: unknown } | null }
  if (schema === 'exhibit.sample/1' && typeof draw?.id === 'string') return read as SampleFile
  throw new AppError('usage', `${file} is no sample (exhibit.sample/1); give what "exhibit sample … --seed … -o" wrote`)
}

function spanOf({ asOf, from, to }: Options): FrameSpan | null {
  if (asOf !== undefined && (from !== undefined || to !== undefined)) {
    throw new AppError('usage', '--as-of names one moment, --from and --to a period: give the one or the other')
  }
  if (asOf !== undefined) return { asOf: parseMoment(asOf) }
  if (from === undefined && to === undefined) return null
  if (from === undefined || to === undefined) {
    throw new AppError('usage', `--from and --to go together: give ${from === undefined ? '--from' : '--to'} too`)
  }
  const span = { from: parseBeginning(from), to: parseMoment(to) }
  if (span.to < span.from)
    throw new AppError('usage', `the period ends at ${span.to}, before it begins at ${span.from}`)
  return span
}

async function seal(asked: FrameAsked, options: Options, samples: Samples, parts: CliParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const sealed =
    options.frame === undefined
      ? await samples.seal({ ...asked, by: parts.actor() })
      : await samples.frame(options.frame)
  const { frame, rows } = sealed
  if (frame.kind !== asked.kind) {
    throw new AppError('usage', `sample: the frame ${frame.id} is one of ${frame.kind}, not of ${asked.kind}`)
  }
  if (options.output !== undefined) {
    await parts.writeFile(options.output, keyLines(rows.map(({ key }) => key)))
    err.write(`wrote ${options.output}: ${counted(rows.length, 'key')}, one a line; sha256sum gives the digest\n`)
  }
  if (options.format === 'json') out.write(`${JSON.stringify({ schema: 'exhibit.frame/1', ...frame }, null, 2)}\n`)
  else printFrame(sealed, parts)
  return 0
}

function printFrame({ frame, fresh }: SealedFrame, { terminal: { out } }: CliParts): void {
  const style = styler(out)
  const was = fresh ? 'sealed' : `sealed before, at ${moment(frame.at)},`
  out.write(
    `${style('bold', `Frame ${frame.id}`)}: ${counted(frame.rows, 'row')} of ${frame.kind}, ${spanWords(frame.span)}\n`,
  )
  out.write(`${was} as leaf ${frame.leaf} of the evidence ledger\ndigest ${frame.digest}\n`)
  out.write('\nGive this digest to the auditor, who then names a seed. Then draw:\n')
  out.write(`  exhibit sample ${frame.kind} --frame ${frame.id} --size N --seed SEED -o sample.json\n`)
  out.write('or let the next outside time stamp be the seed: --seed timestamp\n')
}

async function draw(
  asked: FrameAsked,
  seed: string,
  options: Options,
  { samples, sources }: Pick<Installation, 'samples' | 'sources'>,
  parts: CliParts,
): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const size = options.size!
  const drawn = await samples.draw({ ...asked, frame: options.frame ?? null, seed, size, by: parts.actor() })
  if ('waitsFor' in drawn) {
    const { id, leaf } = drawn.waitsFor
    err.write(
      `No outside time stamp covers the frame ${id} (leaf ${leaf}) yet: it comes with one of the next runs. Draw again then.\n`,
    )
    return 2
  }
  const sample = withScreens(drawn.sample, screensOf(sources))
  if (sample.frame.rows < size) {
    err.write(`the frame has ${counted(sample.frame.rows, 'row')}, fewer than the ${size} asked for: all are drawn\n`)
  }
  const text = `${JSON.stringify(sample, null, 2)}\n`
  if (options.output !== undefined) {
    await parts.writeFile(options.output, [text])
    err.write(`wrote ${options.output}; "exhibit packet --sample ${options.output}" packs the evidence of each row\n`)
  } else if (options.format === 'json') out.write(text)
  if (options.format === 'table') {
    printDraw(drawn, parts)
    printScreens(sample, parts)
  }
  return 0
}

function printDraw(
  { sample, leaf, fresh }: { sample: SampleFile; leaf: number; fresh: boolean },
  { terminal: { out } }: CliParts,
): void {
  const { frame, draw, rows } = sample
  const style = styler(out)
  const from =
    draw.seedFrom === 'timestamp' ? 'the seed is the SHA-256 of an outside time stamp over the frame' : 'seed given'
  out.write(
    `${style('bold', `Draw ${draw.id}`)}: ${rows.length} of ${counted(frame.rows, 'row')} of ${frame.kind}, ${spanWords(frame.span)}\n`,
  )
  out.write(`frame ${frame.id}, digest ${frame.digest}\n${from}: ${draw.seed}\n`)
  out.write(`${fresh ? 'sealed' : `drawn before, at ${moment(draw.at)},`} as leaf ${leaf} of the evidence ledger\n\n`)
  const columns = [
    { title: 'Order', flexible: true, min: 12 },
    { title: 'Key' },
    { title: 'Label', flexible: true, min: 12 },
    { title: 'Run', flexible: true, min: 8 },
    { title: 'At' },
  ]
  const cells = rows.map(({ order, key, label, run, at }) => [order, key, oneLine(label), run, moment(at)])
  out.write(`${table(columns, cells, widthOf(out), (text) => style('dim', text))}\n`)
  out.write('\nTo draw it again from the keys of the frame, without this program:\n')
  out.write(`  exhibit sample ${frame.kind} --frame ${frame.id} -o keys.txt    # sha256sum keys.txt is the digest\n`)
  out.write(
    `  seed=${quoted(draw.seed)}; while IFS= read -r key; do printf '%s  %s\\n' "$(printf '%s%s' "$seed" "$key" | sha256sum | cut -c 1-64)" "$key"; done < keys.txt | LC_ALL=C sort | head -n ${draw.size}\n`,
  )
}

function printScreens({ rows }: SampleFile, { terminal: { out } }: CliParts): void {
  const shown = rows.flatMap(({ key, screen }) => (screen === undefined ? [] : [`  ${key}  ${screen}\n`]))
  if (shown.length > 0) out.write(`\nOn the vendor's own screen:\n${shown.join('')}`)
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A label is somebody else's choice. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
}

function spanWords(span: FrameSpan): string {
  return 'asOf' in span ? `state at ${moment(span.asOf)}` : `from ${moment(span.from)} to ${moment(span.to)}`
}
