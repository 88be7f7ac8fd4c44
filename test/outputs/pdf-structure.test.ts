/** What qpdf and poppler see in the report: the marks of PDF/A-3a, the tags, the carried JSON. No certificate: veraPDF gives that. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectors } from '../../src/connectors/index.ts'
import type { Report } from '../../src/domain/report.ts'
import { handOuts } from '../../src/hand-out.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { render } from '../helpers/cli.ts'
import { someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const available = toolsOrSkip('the structure of the PDF', ['qpdf', 'pdfinfo', 'pdffonts', 'pdfdetach', 'pdftotext'])
const HOSTILE = `A&B <Co> ]]> "x" 'y' \u{0}\u{b}\ud800 \u202e日本 ${'Ł'.repeat(90)}`

let installation: TestInstallation
let report: Report
let folder: string
let file: string

const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] })

async function written(of: Report): Promise<Buffer> {
  const { sealing } = handOuts(installation, {
    keys: installation.keys,
    signal: new AbortController().signal,
    connectors,
    render,
  })
  const evidence = { sealing: await sealing(of.run), coverage: null }
  return Buffer.concat(await Array.fromAsync(renderPdf(of, installation.store.lastPull, evidence)))
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-pdf-'))
  file = join(folder, 'report.pdf')
  installation = await testInstallation({ clock: testClock(), checks: someChecks })
  await installation.sync()
  report = await installation.report()
  writeFileSync(file, await written(report))
}, 60_000)

afterAll(async () => {
  await installation.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

type Dictionary = Readonly<Record<string, unknown>>
interface Qpdf {
  /** First the version, then the objects. */
  readonly qpdf: readonly [unknown, Readonly<Record<string, { value?: unknown; stream?: { dict: Dictionary } }>>]
}

function opened(path: string) {
  const { qpdf } = JSON.parse(run('qpdf', '--json=2', '--json-stream-data=none', path)) as Qpdf
  const objects = qpdf[1]
  const at = (reference: unknown): Dictionary => {
    const found = objects[`obj:${String(reference)}`]!
    return (found.stream?.dict ?? found.value) as Dictionary
  }
  const all = Object.values(objects).map(({ value, stream }) => (stream?.dict ?? value) as unknown)
  const dictionaries = all.filter((one): one is Dictionary => typeof one === 'object' && one !== null)
  const trailer = objects['trailer']!.value as Dictionary
  return { at, dictionaries, trailer, catalogue: at(trailer['/Root']) }
}

describe.runIf(available)('the report as a PDF', () => {
  test('is sound, tagged and has the marks of PDF/A-3a', () => {
    expect(run('qpdf', '--check', file)).toContain('No syntax or stream encoding errors found')
    const { catalogue, trailer, dictionaries } = opened(file)
    for (const name of ['/Metadata', '/OutputIntents', '/AF', '/MarkInfo', '/StructTreeRoot', '/Lang']) {
      expect(catalogue, name).toHaveProperty(name)
    }
    expect(trailer).toHaveProperty('/ID')
    expect(trailer).not.toHaveProperty('/Encrypt')
    const actions = dictionaries.map((one) => one['/S']).filter((kind) => kind === '/JavaScript' || kind === '/Launch')
    expect(actions).toEqual([])
    expect(dictionaries.filter((one) => '/JS' in one || '/JavaScript' in one)).toEqual([])
    expect(run('pdfinfo', file)).toMatch(/Tagged:\s+yes/)
    expect(run('pdfinfo', '-meta', file)).toMatch(/pdfaid:part>3<.*pdfaid:conformance>A</s)
    expect(run('pdfinfo', '-struct', file)).toMatch(/H1.*Table.*TR.*TH/s)
  })

  test('embeds every font with its way back to text', () => {
    const [, , ...fonts] = run('pdffonts', file).trimEnd().split('\n')
    expect(fonts.length).toBeGreaterThan(1)
    for (const font of fonts) expect(font).toMatch(/\syes\s+yes\s+yes\s/)
  })

  test('carries its results as an associated file, to the byte those of the export', () => {
    const { dictionaries, at } = opened(file)
    const specs = dictionaries.filter((one) => one['/Type'] === '/Filespec')
    expect(specs).toHaveLength(1)
    const [spec] = specs as [Dictionary]
    expect(spec).toMatchObject({ '/AFRelationship': '/Data', '/F': 'u:results.json', '/UF': 'u:results.json' })
    const embedded = at((spec['/EF'] as Dictionary)['/F'])
    expect(embedded['/Subtype']).toBe('/application/json')
    expect(embedded['/Params']).toHaveProperty('/ModDate')
    expect(run('pdfdetach', '-list', file)).toContain('results.json')
    const out = join(folder, 'results.json')
    run('pdfdetach', '-save', '1', '-o', out, file)
    expect(readFileSync(out, 'utf8')).toBe([...render.json(report)].join(''))
  })

  test('says on page 1 which checkpoint covers the run, and that nobody outside has seen it', async () => {
    const page = run('pdftotext', '-f', '1', '-l', '1', '-layout', file, '-')
    const checkpoint = (await installation.store.checkpoint('latest'))!
    expect(page).toContain(checkpoint.origin)
    expect(page).toContain(checkpoint.root)
    expect(page).toContain(installation.keys.current().fingerprint)
    expect(page).toContain('not anchored')
    const whole = run('pdftotext', file, '-').replace(/\s+/g, ' ')
    const { leaf, snapshotDigest, resultsDigest, checkSetDigest, settingsDigest } = report.run!
    for (const digest of [leaf, snapshotDigest, resultsDigest, checkSetDigest, settingsDigest]) {
      expect(whole).toContain(digest)
    }
  })

  test('has the outside stamp on page 1 where there is one', async () => {
    const { size } = (await installation.store.checkpoint('latest'))!
    const stamp = {
      size,
      authority: 'https://tsa.example',
      stampedAt: '2026-11-20T10:00:00.000Z',
      reply: Buffer.from('x'),
    }
    await installation.store.keepStamp(stamp)
    const stamped = join(folder, 'stamped.pdf')
    writeFileSync(stamped, await written(report))
    const page = run('pdftotext', '-f', '1', '-l', '1', '-layout', stamped, '-')
    expect(page).toContain('stamped by https://tsa.example at 2026-11-20 10:00 UTC')
    expect(page).not.toContain('not anchored')
  })

  test('stays sound and well-formed under a name made to break it', async () => {
    const hostile = { ...report, organization: { id: 'acme', name: HOSTILE } }
    const path = join(folder, 'hostile.pdf')
    writeFileSync(path, await written(hostile))
    expect(run('qpdf', '--check', path)).toContain('No syntax or stream encoding errors found')
    const meta = run('pdfinfo', '-meta', path)
    // Any parser of XML stops at a bare ampersand, a stray bracket, a control character.
    expect(() => wellFormed(meta)).not.toThrow()
    expect(() => wellFormed(meta.replace('<dc:title>', '<dc:title>a & b'))).toThrow()
  })
})

/** Throws unless every element is closed in turn and no sign stands where XML wants it escaped. */
function wellFormed(xml: string): void {
  const token =
    /<\?[^?]*\?>|<(?<close>\/?)(?<name>[\w:-]+)(?:\s+[\w:-]+\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*\s*(?<empty>\/?)>|&(?:amp|lt|gt|quot|apos|#\d+);|[^<>&\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\p{Cs}]/uy
  const open: string[] = []
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const { close, name, empty } = token.exec(xml)?.groups ?? {}
    if (token.lastIndex === 0) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 20)}`)
    if (name === undefined || empty === '/') continue
    if (close !== '/') open.push(name)
    else if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
  }
  if (open.length > 0) throw new Error(`${open.join(' ')} is not closed`)
}
