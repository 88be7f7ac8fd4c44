/** `exhibit verify` through its own door, and a short part of the proof that no change goes unseen. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import laptopsHaveAssetTags from '../../fixtures/own-checks/laptops-have-asset-tags.ts'
import { checkKit } from '../../src/domain/check-kit.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { operatorsCheck } from '../../src/domain/own-check.ts'
import { PACKET } from '../../src/domain/packet.ts'
import type { PacketTrust, Verification } from '../../src/domain/verification.ts'
import { stampedAt, stampRequest } from '../../src/ledger/timestamp.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { type Authority, startAuthority } from '../helpers/authority.ts'
import { exhibit } from '../helpers/cli.ts'
import { someChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { DATABASE_KINDS } from '../prove/database-mutations.ts'
import { FORGERIES } from '../prove/forgeries.ts'
import { databaseTrials, verified as verifiedBy } from '../prove/mutations.ts'
import { edited, type Files, filesOf, signed, summaryOf, withJson, zipOf } from '../prove/packet-files.ts'
import { PACKET_KINDS } from '../prove/packet-mutations.ts'
import { randomOf } from '../prove/random.ts'
import { type Subject, subject } from '../prove/subjects.ts'

let one: Subject
let folder: string
const key = () => one.installation.keys.current()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'))
  one = await subject({ checks: someChecks })
}, 60_000)
afterAll(async () => {
  await one.installation.close()
  rmSync(folder, { recursive: true, force: true })
})

function written(name: string, content: Files | string): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : zipOf(content))
  return file
}

const verified = (files: Files, trust?: PacketTrust, release: Parameters<typeof verifiedBy>[2] = {}) =>
  verifiedBy(files, trust, { checks: someChecks, ...release })
const NOBODY: PacketTrust = { fingerprint: null, checkpoints: null }
const place = (seed: number) =>
  ({ position: 'random', random: randomOf(seed), key: key(), earlier: one.earlier }) as const
const wordsOf = ({ steps, incomplete }: Verification): string =>
  [...steps.map(({ says }) => says), ...incomplete].join('\n')

describe('a packet as it was written', () => {
  test('verifies by itself, and says that its key was trusted', async () => {
    const { code, out, err } = await exhibit(one.installation, 'verify', written('p.zip', one.packet))
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('Acme Corp · 2026-11-20 to 2026-11-20')
    expect(out.replace(/\s+/g, ' ')).toContain('the key inside the packet was trusted')
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /By digest and signature alone: .*in report\.pdf, when between .* in coverage\.csv, .*doneAt in reviews\.csv/,
    )
    expect(out).toMatch(/\nVerified\.\n$/)
    expect(out.split('\n').filter((line) => line.startsWith('✔')).length).toBeGreaterThan(7)
  })

  test('verifies by the fingerprint as people write it', async () => {
    const pairs = key().fingerprint.toUpperCase().match(/../g)!.join(':')
    const { code, out } = await exhibit(
      one.installation,
      'verify',
      written('p.zip', one.packet),
      '--fingerprint',
      pairs,
    )
    expect(code).toBe(0)
    expect(out).toContain('is the one with the fingerprint given')
    expect(out).not.toContain('was trusted')
  })

  test('verifies by any checkpoint of before, and by the file that collects them', async () => {
    for (const notes of [...one.checkpoints.slice(0, 6), one.checkpoints.join('')]) {
      const { code, out } = await exhibit(
        one.installation,
        'verify',
        written('p.zip', one.packet),
        '--checkpoint',
        written('c.txt', notes),
      )
      expect(code).toBe(0)
      expect(out.replace(/\s+/g, ' ')).toContain('goes on from the checkpoint given')
    }
  })

  test('says as JSON what the table says', async () => {
    const { code, out } = await exhibit(one.installation, 'verify', written('p.zip', one.packet), '--format', 'json')
    const said = JSON.parse(out) as Verification & { schema: string }
    expect(code).toBe(0)
    expect(said).toMatchObject({
      schema: 'exhibit.verification/1',
      verdict: 'verified',
      trusted: 'packet',
      broken: null,
    })
    expect(said.packet).toMatchObject({ organization: { id: 'acme' }, demo: false, fingerprint: key().fingerprint })
    expect(said.steps.every(({ holds }) => holds)).toBe(true)
  })
})

describe('what is handed in beside the packet', () => {
  test.each([
    ['a fingerprint that is none', ['--fingerprint', 'abc'], 'is no fingerprint: it has 64 hexadecimal digits'],
    ['a checkpoint that is not there', ['--checkpoint', '/nowhere/c.txt'], 'cannot be read (ENOENT)'],
    ['an unknown option', ['--fingerprints', 'abc'], 'unknown option'],
  ])('%s is an error of who asks', async (_, options, says) => {
    const { code, out, err } = await exhibit(one.installation, 'verify', written('p.zip', one.packet), ...options)
    expect([code, out]).toEqual([64, ''])
    expect(err).toContain(says)
  })

  test('a file without a checkpoint is an error of who asks', async () => {
    const { code, err } = await exhibit(
      one.installation,
      'verify',
      written('p.zip', one.packet),
      '--checkpoint',
      written('c.txt', 'hello\n'),
    )
    expect(code).toBe(64)
    expect(err).toContain('holds no signed checkpoint')
  })

  test('another fingerprint breaks it, with both named', async () => {
    const other = 'ab'.repeat(32)
    const { code, out } = await exhibit(
      one.installation,
      'verify',
      written('p.zip', one.packet),
      '--fingerprint',
      other,
    )
    expect(code).toBe(1)
    expect(out).toContain(
      `it is not the key with the fingerprint given (expected ${other}, found ${key().fingerprint})`,
    )
    expect(out).toMatch(/\nNOT VERIFIED\.\n$/)
  })

  test('a later checkpoint alone shows nothing, and that is said', async () => {
    const trust = { ...NOBODY, checkpoints: one.checkpoints.slice(-1) }
    const said = await verified(one.earlier, trust)
    expect(said).toMatchObject({ verdict: 'incomplete', trusted: 'packet', broken: null })
    expect(wordsOf(said)).toMatch(/covers 12 leaves and the packet's ledger ends at 11/)
  })
})

describe('a packet of a ledger that changed its key, with outside time stamps', () => {
  let turned: Subject
  let authority: Authority
  beforeAll(async () => {
    authority = await startAuthority()
    turned = await subject({
      runs: 2,
      checks: someChecks,
      rotate: true,
      async sealed(store) {
        const { size, note } = (await store.checkpoint('latest'))!
        const request = stampRequest(note, Buffer.from('12345678'))
        const reply = authority.stamp(request.query)
        await store.keepStamp({ size, authority: 'https://tsa.example/', stampedAt: stampedAt(reply, request), reply })
      },
    })
  }, 60_000)
  afterAll(async () => {
    await authority.close()
    await turned.installation.close()
  })

  test('verifies by the old key and the old checkpoint too: the change was handed over', async () => {
    const current = turned.installation.keys.current().fingerprint
    expect(turned.first).not.toBe(current)
    for (const trust of [
      { ...NOBODY, fingerprint: turned.first },
      { ...NOBODY, fingerprint: current },
      { ...NOBODY, checkpoints: turned.checkpoints.slice(0, 1) },
    ]) {
      const said = await verified(turned.packet, trust)
      expect(said.broken).toBeNull()
      expect(said.verdict).toBe('verified')
    }
  })

  test('is broken by the key and the checkpoint of another ledger', async () => {
    for (const trust of [
      { ...NOBODY, fingerprint: key().fingerprint },
      { ...NOBODY, checkpoints: one.checkpoints.slice(0, 1) },
    ]) {
      expect((await verified(turned.packet, trust)).verdict).toBe('broken')
    }
  })

  test('names each stamp and the command that shows whose it is, which openssl agrees with', async () => {
    const { stamps, steps } = await verified(turned.packet)
    expect(steps.find(({ step }) => step === 'time')!.says).toMatch(/^2 stamps of outside authorities/)
    expect(stamps).toHaveLength(2)
    for (const { size, command } of stamps) {
      const [, note, reply] = /^openssl ts -verify -data (\S+) -in (\S+) -CAfile /.exec(command)!
      expect(note).toBe(`ledger/timestamps/${size}.txt`)
      const said = authority.verify(turned.packet.get(note!)!.toString('utf8'), turned.packet.get(reply!)!)
      expect(said).toContain('Verification: OK')
    }
  })

  test('a stamp over another checkpoint, or with another time, is found', async () => {
    const replies = [...turned.packet.keys()].filter((path) => path.endsWith('.tsr'))
    const [a, b] = replies.map((path) => turned.packet.get(path)!)
    const swapped = new Map([...turned.packet, [replies[0]!, b!], [replies[1]!, a!]])
    const retimed = edited(turned.packet, PACKET.timestamps, (text) =>
      text.replace(/"stampedAt":"\d{4}/, '"stampedAt":"2001'),
    )
    for (const [files, says] of [
      [swapped, 'it is a stamp over something else'],
      [retimed, 'its time is not the one told'],
    ] as const) {
      const { broken } = await verified(signed(files, turned.installation.keys.current()))
      expect(broken?.what).toContain(says)
    }
  })
})

describe('what this release cannot make again', () => {
  test('a newer form of packet names the release to use', async () => {
    const newer = withJson(one.packet, PACKET.packet, (value) => ({
      ...(value as JsonObject),
      schema: 'exhibit.packet/2',
      software: '9.0.0',
    }))
    const file = written('newer.zip', signed(newer, key()))
    const { code, out } = await exhibit(one.installation, 'verify', file)
    expect(code).toBe(2)
    expect(out).toContain('use Exhibit 9.0.0 or later')
  })

  test('checks that this release has in another version only are named, and the packet is incomplete', async () => {
    const known = new Set(['ID-02', 'ID-03'])
    const said = await verified(one.packet, NOBODY, {
      software: '0.0.0-earlier',
      having: (check) => (known.has(check.ref) ? { ...check, version: 0 } : check),
    })
    expect(said).toMatchObject({ verdict: 'incomplete', broken: null })
    expect(new Set(said.notRerun.filter(({ because }) => because === 'newer').map(({ ref }) => ref))).toEqual(known)
    expect(wordsOf(said)).toMatch(/ID-02 .* is not in this release; use Exhibit 0\.0\.0-test/)
  })
})

describe("an operator's own check", () => {
  const source = 'export default (kit) => kit.defineCheck({ … })'
  const file = { file: 'laptops-have-asset-tags.ts', sha256: sha256(source), source }
  const tags = operatorsCheck(laptopsHaveAssetTags(checkKit))
  let house: TestInstallation
  let files: Files

  beforeAll(async () => {
    house = await testInstallation({ checks: [...someChecks, tags], ownChecks: [file] })
    await house.sync()
    const path = join(folder, 'own.zip')
    const { err } = await exhibit(house, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', path)
    expect(err).toContain('wrote')
    files = await filesOf(readFileSync(path))
  }, 60_000)
  afterAll(() => house.close())

  test('is listed and not rerun: its sealed findings stand', async () => {
    const { code, out } = await exhibit(one.installation, 'verify', written('own.zip', files))
    expect(out).toContain("OWN-01 laptops-have-asset-tags (the operator's own check)")
    expect(out).toContain('Verified.')
    expect(code).toBe(0)
  })

  test('has the findings that were sealed, and the text that was sealed', async () => {
    const changed = [
      edited(files, PACKET.resultsJson, (text) =>
        text.replace(/^.*"ref":"OWN-01".*$/m, (line) => line.replace('"facts":{', '"facts":{"invented":1,')),
      ),
      withJson(files, 'checks/laptops-have-asset-tags.json', (value) => {
        const { rule } = value as { rule: JsonObject }
        const other = { ...rule, file: { name: file.file, sha256: sha256('other') } }
        return { ...(value as JsonObject), rule: other, digest: sha256(canonicalJson(other)) }
      }),
    ]
    for (const [n, made] of changed.entries()) {
      const { verdict, broken } = await verified(signed(made, house.keys.current()))
      expect([n, verdict]).toEqual([n, 'broken'])
      expect(broken!.what).toMatch(/are not those that were sealed|is not the one that was sealed/)
    }
  })
})

describe('changes', () => {
  // `npm run prove` tries all of them, at every place.
  test.each(PACKET_KINDS.filter((_, n) => n % 6 === 0))('$what ($by) is found', async (kind) => {
    const { verdict, broken, steps } = await verified(kind.change(one.packet, place(5)))
    expect(verdict).toBe('broken')
    expect(broken).toMatchObject({
      where: expect.stringMatching(/./),
      what: expect.stringMatching(/./),
      means: expect.stringMatching(/./),
    })
    expect(steps.at(-1)!.holds).toBe(false)
    expect(steps.at(-1)!.says).not.toMatch(/\n/)
    // Each is told for what it is, not as something that made the program stumble.
    expect(broken!.what).not.toContain('does not have the shape it should')
  })

  test.each(FORGERIES)('$what is shown by $shownBy', async ({ make, shownBy, wholeInItself }) => {
    const files = make(one.packet, place(3))
    expect((await verified(files)).verdict === 'verified').toBe(wholeInItself)
    const trusts = {
      fingerprint: { ...NOBODY, fingerprint: key().fingerprint },
      checkpoint: { ...NOBODY, checkpoints: one.checkpoints.slice(-1) },
    }
    for (const by of shownBy) expect((await verified(files, trusts[by])).verdict).not.toBe('verified')
  })

  test.each(DATABASE_KINDS.filter((_, n) => n % 6 === 0))('$what in the $on is found', async (kind) => {
    const trials = databaseTrials(one)
    try {
      expect(await trials.miss(kind, 'random', 5)).toBeNull()
      expect(await trials.untouched()).toEqual([])
    } finally {
      trials.close()
    }
  })

  test('a file of another shape is refused in words', async () => {
    for (const [path, text] of [
      [PACKET.packet, '[]'],
      [PACKET.packet, 'null'],
      [PACKET.consistency, '{}'],
      [PACKET.leaves, 'null\n'],
      [PACKET.checkpoints, ''],
      [PACKET.checkpoint, 'x\n1\n'],
      [PACKET.resultsJson, '{}\n{}\n'],
      [PACKET.intervals, '"a\n'],
      [`inputs/${summaryOf(one.packet).last}.json`, '{}'],
    ] as const) {
      const made = signed(
        edited(one.packet, path, () => (path.endsWith('.json') ? `${text}\n` : text)),
        key(),
      )
      const { verdict, steps } = await verified(made)
      expect([path, verdict]).toEqual([path, 'broken'])
      expect(steps.at(-1)!.says).not.toMatch(/\n/)
    }
  })
})
