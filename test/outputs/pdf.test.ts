import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineCheck } from '../../src/domain/check.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type { Report, ReportFinding, ReportResult } from '../../src/domain/report.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { NOW, wholeSnapshotOf } from '../helpers/build.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { TEST_START } from '../helpers/tools.ts'

/** What reads PDFs comes from Debian (poppler-utils, qpdf); CI always has it. */
const missing = ['pdftotext', 'pdfinfo', 'pdffonts', 'qpdf'].filter(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
)
if (missing.length > 0 && process.env['SPECS'] !== 'required') {
  console.log(`skipped: tests over the PDF report, which need ${missing.join(', ')}`)
}
const inspected = describe.skipIf(missing.length > 0 && process.env['SPECS'] !== 'required')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exhibit-pdf-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
}

/** Text in the order of the content, without the direction marks that pdftotext adds around right-to-left words. */
function textOf(file: string): string {
  return run('pdftotext', '-raw', file, '-').replace(/[\u202a-\u202e]/g, '')
}

/** Lines may break anywhere in a long name: what is compared is its letters. */
function letters(text: string): string {
  return text.replace(/\s/gu, '')
}

/** Every key and every name in the file's objects. */
function namesIn(file: string): Set<string> {
  const found = new Set<string>()
  const walk = (value: JsonValue): void => {
    if (typeof value === 'string' && value.startsWith('/')) found.add(value)
    else if (Array.isArray(value)) value.forEach(walk)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        found.add(key)
        walk(inner)
      }
    }
  }
  walk(JSON.parse(run('qpdf', '--json=2', '--json-stream-data=none', file)).qpdf[1] as JsonValue)
  return found
}

const ACTIVE = ['/JavaScript', '/JS', '/OpenAction', '/Launch', '/URI', '/AA', '/Encrypt']

// ── a report of made-up subjects ───────────────────────────────────────────────────────────────────────────────────

const asked = defineCheck({
  id: 'names-are-printed',
  ref: 'OWN-01',
  version: 1,
  title: 'Names are printed',
  question: 'Is every name printed as it was sent?',
  why: 'An auditor finds a person by name.',
  remediation: 'Print it.',
  severity: 'low',
  controls: [{ framework: 'soc2', id: 'CC6.1' }],
  needs: [],
  parameters: {
    most: { type: 'number', default: 4, unit: 'names', min: 0, max: 9, says: 'How many names there may be.' },
  },
  run: () => [],
  say: () => '',
})

function failing(label: string, over: Partial<ReportFinding> = {}): ReportFinding {
  return {
    subject: { kind: 'device', source: 'tailnet', key: 'nD1', label },
    status: 'fail',
    unknownReason: null,
    message: 'It fails.',
    notice: null,
    facts: {},
    records: [],
    waiver: null,
    firstSeen: NOW,
    sla: 'within',
    dueAt: NOW,
    ...over,
  }
}

function resultOver(findings: readonly ReportFinding[]): ReportResult {
  const counts = { pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 }
  for (const { status, waiver } of findings) {
    counts[status]++
    if (waiver !== null) counts.waived++
  }
  return {
    check: asked,
    version: 1,
    system: 'tailnet',
    status: 'fail',
    unknownReason: null,
    message: null,
    parameters: { most: 7 },
    counts,
    findings: () => findings,
    complete: true,
  }
}

function reportOver(findings: readonly ReportFinding[], over: Partial<Report> = {}): Report {
  const snapshot = wholeSnapshotOf([])
  return {
    organization: { id: 'acme', name: 'Acme Corp' },
    demo: false,
    run: null,
    snapshotAt: NOW,
    evaluatedAt: NOW,
    software: '1.0.0',
    sources: snapshot.sources,
    disabled: [],
    results: [resultOver(findings)],
    snapshot,
    ...over,
  }
}

const noPull = async (): Promise<null> => null

async function written(report: Report, name = 'report.pdf'): Promise<string> {
  const file = join(folder, name)
  writeFileSync(file, Buffer.concat(await Array.fromAsync(renderPdf(report, noPull))))
  return file
}

inspected('names in the report', () => {
  /** Sent → printed, where no font here has the letters. */
  const SCRIPTS: [script: string, sent: string, printed?: string][] = [
    ['Latin (Polish)', 'Łukasz Żółć-Gęślą'],
    ['Latin (Vietnamese)', 'Nguyễn Thị Ấu Lạn'],
    ['Greek', 'Μαρία Παπαδοπούλου'],
    ['Cyrillic', 'Александра Петровић Ђорђе'],
    ['Armenian', 'Արամ Խաչատրյան'],
    ['Georgian', 'ნინო ბერიძე'],
    ['Hebrew', 'שרה לוי'],
    ['Arabic', 'محمد علي'],
    ['Arabic (Persian), with a letter that shares its glyph', 'یاسمین فارسی'],
    ['Lao', 'ສົມຊາຍ'],
    ['Han', '田中', 'U+7530U+4E2D'],
    ['Hangul', '김은', 'U+AE40U+C740'],
    ['Kana', 'タナ', 'U+30BFU+30CA'],
    ['Devanagari', 'रवि', 'U+0930U+0935U+093F'],
    ['Thai', 'สม', 'U+0E2AU+0E21'],
  ]

  let printedNames: string
  beforeAll(async () => {
    // All in one file: each must hold beside the glyphs that the others have taken.
    printedNames = letters(textOf(await written(reportOver(SCRIPTS.map(([, sent]) => failing(sent))))))
  }, 60_000)

  test.each(SCRIPTS)('%s comes back letter for letter, or as code points', (_, sent, printed = sent) => {
    expect(printedNames).toContain(letters(`${printed}deviceintailnet`))
  })

  test('letters that share a glyph stay apart: Greek delta and the increment, both ohms and both micros', async () => {
    const name = '\u0394\u2206 \u03a9\u2126 \u03bc\u00b5 e\u0301\u00e9'
    const text = letters(textOf(await written(reportOver([failing(name)]))))
    // Where one cannot be told from the other it stands as its code point.
    const spelled = Array.from(letters(name)).map(
      (letter) => `(?:${letter}|U\\+${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')})`,
    )
    expect(text).toMatch(new RegExp(`${spelled.join('')}deviceintailnet`, 'u'))
  })

  const HOSTILE: readonly (readonly [string, string])[] = [
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    [') Tj ET /JavaScript (app.alert(1)) >> endobj', ')TjET/JavaScript(app.alert(1))>>endobj'],
    [
      'EMC endstream endobj 9 0 obj << /OpenAction << /S /Launch >> >>',
      'EMCendstreamendobj90obj<</OpenAction<</S/Launch>>>>',
    ],
    ['{{7*7}} %s %n #{7*7}', '{{7*7}}%s%n#{7*7}'],
    ['a\u202egnp.exe', 'aU+202Egnp.exe'],
    ['ad\u200bmin', 'adU+200Bmin'],
    ['ad\u00adm\ufeffin', 'adU+00ADmU+FEFFin'],
    ['nul\u0000bell\u0007del\u007f', 'nulU+0000bellU+0007delU+007F'],
    ['half \ud83d of a pair', 'halfU+D83Dofapair'],
    ['no\u00a0break', 'noU+00A0break'],
    ['https://evil.example/?q=(a)', 'https://evil.example/?q=(a)'],
    ['=cmd|calc', '=cmd|calc'],
    ['fi ffi -> 1x2 ===', 'fiffi->1x2==='],
  ]

  test('hostile names print as what they are and add nothing to the file', async () => {
    const file = await written(reportOver(HOSTILE.map(([name]) => failing(name))))
    const text = letters(textOf(file))
    for (const [, printed] of HOSTILE) expect(text).toContain(`${printed}deviceintailnet`)
    expect(run('qpdf', '--check', file)).toContain('No syntax or stream encoding errors')
    const names = namesIn(file)
    expect(ACTIVE.filter((name) => names.has(name))).toEqual([])
  })

  test('an organisation cannot write into the metadata, nor a thousand marks over the line above', async () => {
    const name = 'Acme <rdf:li> &amp; </dc:title> (co)'
    const zalgo = `z${'\u0301'.repeat(1000)}`
    const file = await written(reportOver([failing(zalgo)], { organization: { id: 'acme', name } }))
    expect(run('pdfinfo', '-meta', file)).not.toContain('<rdf:li> &')
    expect(letters(textOf(file))).toContain(letters(name))
    expect(run('pdfinfo', file)).toContain('Acme  rdf li   amp    dc title  (co)')
  })

  test('a name of a million letters is cut in the middle and counted', async () => {
    const name = `first${'x'.repeat(1_000_000)}last`
    const file = await written(
      reportOver([failing(name, { message: name, facts: { [name]: name }, notice: name })], {
        organization: { id: 'acme', name },
      }),
    )
    const text = letters(textOf(file))
    expect(text).toContain('first')
    expect(text).toContain('xlast(1,000,009characters)')
    expect(text.length).toBeLessThan(20_000)
  })
})

inspected('a check in the report', () => {
  test('lists two hundred subjects, failures first, and says how many more there are and where', async () => {
    const fails = Array.from({ length: 150 }, (_, index) => failing(`fails-${index}-end`))
    const unknowns = Array.from({ length: 90 }, (_, index) =>
      failing(`open-${index}-end`, { status: 'unknown', unknownReason: 'no_serial', sla: null, dueAt: null }),
    )
    const text = textOf(await written(reportOver([...unknowns, ...fails])))
    expect(text.match(/fails-\d+-end/g)).toHaveLength(150)
    expect(text.match(/open-\d+-end/g)).toHaveLength(50)
    expect(text.indexOf('fails-149-end')).toBeLessThan(text.indexOf('open-0-end'))
    expect(text.replace(/\s+/g, ' ')).toContain(
      `40 more are not listed here. The full list: exhibit check OWN-01 --only fail,unknown --as-of ${NOW}`,
    )
    expect(text).toContain('240 subjects = 0 pass + 150 fail + 90 not evaluated + 0 not applicable')
  })

  test('shows the rule with its parameters, and who accepted a failure', async () => {
    const waiver = {
      id: 'W-7',
      check: 'OWN-01',
      subject: 'nD1',
      owner: 'bob@acme.example',
      approver: 'eve@acme.example',
      reason: 'vendor image',
      created: '2026-11-01',
      expires: '2027-01-31',
    }
    const snapshot = wholeSnapshotOf([], { settings: { waivers: [waiver] } })
    const text = textOf(await written(reportOver([failing('printer', { waiver })], { snapshot }))).replace(/\s+/g, ' ')
    expect(text).toContain('7 names How many names there may be. (default: 4)')
    expect(text).toContain('; 1 of the failures accepted')
    expect(text).toContain(
      'Accepted until 2027-01-31 by eve@acme.example (approval claimed in configuration): vendor image',
    )
    expect(text).toContain('in force, accepts 1 failure')
  })

  test('a check that was not run gives its reason and no numbers', async () => {
    const quiet = {
      ...resultOver([]),
      status: 'unknown',
      unknownReason: 'auth_error',
      message: 'edr refused the credential.',
    } as const
    const text = textOf(await written(reportOver([], { results: [quiet] })))
    expect(text).toContain('A credential was refused. edr refused the credential.')
    expect(text).not.toContain('0 subjects')
  })
})

describe('while it is written', () => {
  const many = reportOver(Array.from({ length: 2000 }, (_, index) => failing(`host-${index}`)))

  test('other work of the process goes on, and bytes leave before the end', async () => {
    let turns = 0
    let going = true
    const turn = (): void => {
      turns++
      if (going) setImmediate(turn)
    }
    setImmediate(turn)
    const chunks = await Array.fromAsync(renderPdf(many, noPull))
    going = false
    expect(turns).toBeGreaterThan(10)
    expect(chunks.length).toBeGreaterThan(3)
  })

  test('whoever stops reading ends the work', async () => {
    for await (const chunk of renderPdf(many, noPull)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
  })

  test('what fails on the way reaches who reads', async () => {
    const broken = async (): Promise<null> => {
      throw new Error('the database is gone')
    }
    await expect(Array.fromAsync(renderPdf(many, broken))).rejects.toThrow('the database is gone')
  })
})

inspected('the report of a run', () => {
  let installation: TestInstallation
  let file: string
  let text: string
  beforeAll(async () => {
    const world = healthyWorld(new Date(TEST_START))
    world.sentinelone.agents[0]!['infected'] = true
    installation = await testInstallation({
      world,
      clock: testClock(undefined, 0.001, true),
      checks: someChecks,
      yaml: `${GOVERNED}  ID-16: { enabled: false, because: "judged at the identity provider" }\n`,
    })
    await installation.sync()
    file = join(folder, 'run.pdf')
    const { code, err } = await exhibit(installation, 'report', '-o', file)
    expect({ code, err }).toEqual({ code: 1, err: `wrote ${file}\n` })
    text = run('pdftotext', '-raw', file, '-')
  }, 60_000)
  afterAll(() => installation.close())

  test('it is a sound, tagged file with every font embedded and nothing active in it', () => {
    expect(run('qpdf', '--check', file)).toContain('No syntax or stream encoding errors')
    expect(run('pdfinfo', file)).toMatch(/Tagged: +yes/)
    const fonts = run('pdffonts', file).trim().split('\n').slice(2)
    expect(fonts.length).toBeGreaterThan(1)
    for (const font of fonts) expect(font).toMatch(/ yes yes yes +\d+ +\d+$/)
    const names = namesIn(file)
    expect(ACTIVE.filter((name) => names.has(name))).toEqual([])
    const wanted = '/Metadata /OutputIntents /MarkInfo /StructTreeRoot /Lang /Outlines /ToUnicode'.split(' ')
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
    expect(run('pdfinfo', '-meta', file)).toMatch(/part>3<[\s\S]*conformance>A</)
  })

  test('its structure has headings, paragraphs and tables with heads', () => {
    const structure = run('pdfinfo', '-struct', file)
    for (const tag of ['Document', 'H1', 'H2', 'P', 'Table', 'TR', 'TH', 'TD', 'TOC', 'Figure']) {
      expect(structure).toMatch(new RegExp(`^ *${tag}\\b`, 'm'))
    }
  })

  test('the same report gives the same bytes', async () => {
    const again = join(folder, 'again.pdf')
    await exhibit(installation, 'report', '-o', again)
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
  })

  test('every population adds up and is that of the results', async () => {
    const report = await installation.report()
    const lines = text.matchAll(
      /^([\d,]+) subjects? = ([\d,]+) pass \+ ([\d,]+) fail \+ ([\d,]+) not evaluated \+ ([\d,]+) not applicable/gm,
    )
    const told = [...lines].map((match) => match.slice(1).map((each) => Number(each.replaceAll(',', ''))))
    for (const [all, ...parts] of told) expect(parts.reduce((sum, each) => sum + each, 0)).toBe(all)
    const judged = report.results.filter((result) => {
      const { pass, fail, unknown, not_applicable } = result.counts
      return result.message === null || pass + fail + unknown + not_applicable > 0
    })
    expect(told.map(([, ...parts]) => parts)).toEqual(
      judged.map(({ counts }) => [counts.pass, counts.fail, counts.unknown, counts.not_applicable]),
    )
  })

  test('it says of which moment it speaks, never passes a control, and sums up every source’s calls', () => {
    const said = text.replace(/\s+/g, ' ')
    expect(said).toContain('not of a period')
    expect(said).toContain('Our mapping, not the auditor’s conclusion')
    expect(said).toMatch(/\d+ of \d+ mapped checks pass/)
    expect(said).not.toMatch(/controls? pass|control fails/i)
    expect(said).toContain('judged at the identity provider')
    expect(said).toContain('GET /api/v2/device/{id}/attributes')
    expect(said).toMatch(/SHA-256 [0-9a-f]{64}/)
    // The roster is a file: its own digest stands for it.
    expect(said).toMatch(/Contents \(SHA-256\) [0-9a-f]{64}/)
    for (const source of installation.config.sources) expect(said).toContain(source.id)
  })

  test('every page bears the marks of the report and its number', () => {
    const pages = text.split('\f').slice(0, -1)
    for (const [index, page] of pages.entries()) {
      expect(page).toContain('Not the vendor’s host: ')
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`)
    }
  })

  test('a demo is marked on every page', async () => {
    const report = await installation.report()
    const demo = textOf(await written({ ...report, demo: true }, 'demo.pdf'))
      .split('\f')
      .slice(0, -1)
    expect(demo.filter((page) => !page.includes('DEMO'))).toEqual([])
  })

  test('before the first run it says so', async () => {
    const fresh = await testInstallation({ clock: testClock(undefined, 0.001, true), checks: someChecks })
    const empty = join(folder, 'empty.pdf')
    const { code } = await exhibit(fresh, 'report', '-o', empty)
    await fresh.close()
    expect(code).toBe(2)
    expect(textOf(empty)).toContain('Nothing has been read yet')
  })
})
