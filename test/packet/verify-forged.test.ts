/** Packets that somebody who holds the signing key has made to say more than was sealed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import laptopsHaveAssetTags from '../../fixtures/own-checks/laptops-have-asset-tags.ts'
import { checkKit } from '../../src/domain/check-kit.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { operatorsCheck } from '../../src/domain/own-check.ts'
import { inputsPath, PACKET } from '../../src/domain/packet.ts'
import type { Verification } from '../../src/domain/verification.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { exhibit } from '../helpers/cli.ts'
import { provenChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { verified } from '../prove/mutations.ts'
import {
  edited,
  type Files,
  filesOf,
  forged,
  leavesIn,
  signed,
  summaryOf,
  withJson,
  zipOf,
} from '../prove/packet-files.ts'
import { PACKET_KINDS } from '../prove/packet-mutations.ts'
import { randomOf } from '../prove/random.ts'

const WAIVED = `
waivers:
  - { id: W-1, check: OWN-01, subject: "*", owner: eve@example.com, approver: alice@example.com, reason: new, created: 2026-11-01, expires: 2026-12-01 }
`
/** What a spreadsheet would run, as names that a vendor may send. */
const formulas = operatorsCheck(
  checkKit.defineCheck({
    id: 'names-are-names',
    ref: 'OWN-02',
    version: 1,
    title: 'Names are names',
    question: 'Are they?',
    why: 'They should be.',
    remediation: 'Rename.',
    severity: 'low',
    controls: [],
    over: 'collection',
    needs: [],
    run: () =>
      ['=1+1', '+31', '-1', '@all', "'=2+2"].map((key) =>
        checkKit.finding('fail', { kind: 'system', source: 'tailnet', key, label: key }),
      ),
    say: ({ subject }) => `${subject.key} is none.`,
  }),
)
const ownCheck = operatorsCheck(laptopsHaveAssetTags(checkKit))
const source = 'export default (kit) => kit.defineCheck({ … })'
const ownChecks = [
  { file: 'laptops-have-asset-tags.ts', sha256: sha256(source), source },
  { file: 'names-are-names.ts', sha256: sha256(source), source },
]

let house: TestInstallation
let files: Files
let folder: string
const key = () => house.keys.current()
const place = () => ({ position: 'random', random: randomOf(7), key: key(), earlier: files }) as const

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forged-'))
  house = await testInstallation({ checks: [...provenChecks, ownCheck, formulas], ownChecks, yaml: WAIVED })
  await house.sync()
  const path = join(folder, 'own.zip')
  const { err } = await exhibit(house, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', path)
  expect(err).toContain('wrote')
  files = await filesOf(readFileSync(path))
}, 60_000)
afterAll(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

const line = (ref: string, change: (doc: JsonObject & { findings: JsonObject[] }) => JsonObject): Files =>
  edited(files, PACKET.resultsJson, (text) =>
    text
      .split('\n')
      .map((row) => {
        if (!row.includes(`"ref":"${ref}"`)) return row
        const end = row.endsWith(']}') && !row.endsWith('}]}') ? ']}' : row.endsWith('}]}]}') ? ']}' : ','
        return JSON.stringify(change(JSON.parse(row.slice(0, -end.length)))) + end
      })
      .join('\n'),
  )
const finding = (change: (one: JsonObject) => JsonObject) =>
  line('OWN-01', (doc) => {
    const at = doc.findings.findIndex(({ status }) => status === 'fail')
    return { ...doc, findings: doc.findings.with(at, change(doc.findings[at]!)) }
  })
const brokenOf = async (made: Files): Promise<NonNullable<Verification['broken']>> => {
  const { broken } = await verified(signed(made, key()))
  return broken!
}

describe('results that are not made again', () => {
  test('verify as they were sealed, names that a spreadsheet would run among them; what is unproven of them is said', async () => {
    const said = await verified(files)
    expect(said.broken).toBeNull()
    expect(said.verdict).toBe('verified')
    for (const name of ['OWN-01 laptops-have-asset-tags', 'OWN-02 names-are-names']) {
      expect(said.unread).toContain(`the sentences of ${name} in results.json, and the facts of what passed there`)
    }
    expect(said.unread).toContain('the rules in checks/laptops-have-asset-tags.json, checks/names-are-names.json')
  })

  test.each<[string, () => Files, RegExp]>([
    ['the severity', () => line('OWN-01', (doc) => ({ ...doc, severity: 'low' })), /its severity is not/],
    ['a waiver taken out', () => finding((one) => ({ ...one, waiver: null })), /its waiver is not/],
    ['a clock', () => finding((one) => ({ ...one, sla: 'breached' })), /its sla is not|not those that were sealed/],
    [
      'since when it stands',
      () => finding((one) => ({ ...one, firstSeen: '2026-11-19T00:00:00.000Z' })),
      /first seen at a moment of no run/,
    ],
  ])('%s is found', async (_, made, what) => {
    const broken = await brokenOf(made())
    expect(broken.where).toContain(PACKET.resultsJson)
    expect(broken.what).toMatch(what)
  })
})

describe('what a program of another release writes', () => {
  test('is told as far as nobody compared it', async () => {
    const said = await verified(
      files,
      { fingerprint: null, checkpoints: null },
      { software: '0.0.0-later', having: (check) => check },
    )
    expect(said.broken).toBeNull()
    expect(said.unread).toEqual(
      expect.arrayContaining([
        'README.txt',
        'controls.csv',
        'titles and sentences of results.json and results.csv',
        expect.stringMatching(/^the rules in checks\/[\w-]+\.json, checks/),
      ]),
    )
  })
})

describe('inputs that no leaf names', () => {
  test.each(
    PACKET_KINDS.filter(({ what }) =>
      /^a (?:stamp|device) (?:among|in the house|that no)|^a pull twice|told as gone, without|its failures only|open failure|began in the/.test(
        what,
      ),
    ),
  )('$what is found', async (kind) => {
    const { verdict, broken } = await verified(kind.change(files, place()))
    expect(verdict).toBe('broken')
    expect(broken!.what).not.toContain('does not have the shape it should')
  })

  test('the moment of a pull that its request log does not bear out', async () => {
    const { runs, last } = summaryOf(files)
    const { leaf } = runs[0]!
    const other = <T extends object>(states: readonly (T & { id: string })[]) =>
      states.map((state) => (state.id === 'tailnet' ? { ...state, collectedAt: '2026-11-20T09:00:00.500Z' } : state))
    const lines = leavesIn(files)
    const body = JSON.parse(lines[leaf]!)
    const told = withJson(files, inputsPath(last), (value) => {
      const doc = value as JsonObject
      return { ...doc, sources: other(doc['sources'] as never) } as never
    })
    const text = canonicalJson({ ...body, sources: other(body.sources) })
    const { broken } = await verified(forged(told, lines.with(leaf, text), key()))
    expect(broken!.what).toContain('tailnet, collectedAt')
  })

  test('sealed results in place of those in the leaf', async () => {
    const { last } = summaryOf(files)
    const made = withJson(files, inputsPath(last), (value) => {
      const results = (value as unknown as { results: JsonObject[] }).results
      return { ...(value as JsonObject), results: results.map((one) => ({ ...one, status: 'pass' })) }
    })
    expect((await brokenOf(made)).what).toMatch(/run-1 made again is not as it was sealed/)
  })
})

describe('a line that lists failures only', () => {
  const MESSAGE =
    'Judged by an earlier text of this check; only what failed or was unknown is listed until the next run.'
  const open = ({ status }: JsonObject): boolean => status === 'fail' || status === 'unknown'
  const partly = (more: (doc: JsonObject & { findings: JsonObject[] }) => JsonObject): Files =>
    line('OWN-01', (doc) =>
      more({ ...doc, message: MESSAGE, findings: doc.findings.filter(open) } as JsonObject & {
        findings: JsonObject[]
      }),
    )

  test.each<[string, (doc: JsonObject & { findings: JsonObject[] }) => JsonObject, RegExp]>([
    ['a failure left out', (doc) => ({ ...doc, findings: doc.findings.slice(1) }), /does not list each failure/],
    ['its counts', (doc) => ({ ...doc, counts: { ...(doc['counts'] as JsonObject), pass: 99 } }), /its counts is not/],
    ['its status', (doc) => ({ ...doc, status: 'pass' }), /its status is not/],
    ['its version', (doc) => ({ ...doc, version: 2 }), /its version is not/],
    ['its parameters', (doc) => ({ ...doc, parameters: { prefix: '' } }), /its parameters is not/],
    ['another message', (doc) => ({ ...doc, message: `${MESSAGE} ` }), /not those that were sealed/],
  ])('%s is found', async (_, more, what) => {
    const broken = await brokenOf(partly(more))
    expect(broken.where).toContain(PACKET.resultsJson)
    expect(broken.what).toMatch(what)
  })
})

describe('what a terminal would obey', () => {
  const ESCAPE = '\u001b]0;owned\u0007\u009b2J\u202e'
  const written = (): string => {
    const named = withJson(files, PACKET.packet, (value) => ({
      ...(value as JsonObject),
      organization: { id: 'acme', name: `Acme${ESCAPE}` },
    }))
    const file = join(folder, 'escape.zip')
    writeFileSync(file, zipOf(signed(named, key())))
    return file
  }

  test('is written as what it is not', async () => {
    const { out, err } = await exhibit(null, 'verify', written())
    expect(out).toContain('Acme\uFFFD]0;owned\uFFFD\uFFFD2J\uFFFD')
    expect((out + err).replaceAll('\n', '')).not.toMatch(/\p{C}/u)
  })

  test('is escaped in JSON, and means the same', async () => {
    const { out } = await exhibit(null, 'verify', written(), '--format', 'json')
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    expect(JSON.parse(out).packet.organization.name).toBe(`Acme${ESCAPE}`)
  })
})
