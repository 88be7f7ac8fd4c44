import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint } from '../../src/ledger/checkpoint.ts'
import { keyLeaf, readKeyLeaf } from '../../src/ledger/hand-over.ts'
import { makeKey } from '../../src/ledger/keys.ts'
import { vkeyOf } from '../../src/ledger/note.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'

const AT = '2026-11-20T09:00:00.000Z'
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const file = (): string => join(folder, 'ledger-key.pem')

describe('the key file', () => {
  test('is made at first start, for its owner alone, and used from then on', () => {
    const made = keysIn(folder).current()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readFileSync(file(), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    expect(readdirSync(folder)).toEqual(['ledger-key.pem'])
    expect(keysIn(folder).current().fingerprint).toBe(made.fingerprint)
  })

  test.each([0o640, 0o604, 0o660, 0o644, 0o610])(
    'is refused with the rights %o, and the line says what to do',
    (mode) => {
      keysIn(folder)
      chmodSync(file(), mode)
      expect(() => keysIn(folder)).toThrow(/ledger-key\.pem has the rights 6\d\d: .*chmod 600 .*rotate/)
    },
  )

  test.each([
    ['is empty', ''],
    ['is no key', 'hello'],
    ['was cut off', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI'],
  ])('that %s is refused and never replaced', (_, text) => {
    writeFileSync(file(), text, { mode: 0o600 })
    expect(() => keysIn(folder)).toThrow(/cannot be read as an Ed25519 private key; put the right file back/)
    expect(readFileSync(file(), 'utf8')).toBe(text)
  })

  test('a message names the file and never what is in it', () => {
    keysIn(folder)
    const secret = readFileSync(file(), 'utf8').split('\n')[1]!
    writeFileSync(file(), `broken ${secret}`, { mode: 0o600 })
    try {
      keysIn(folder)
      expect.unreachable()
    } catch (error) {
      expect((error as Error).message).not.toContain(secret)
    }
  })
})

describe('a change of key', () => {
  test('takes effect when it is finished, and then the old private key is gone', () => {
    const keys = keysIn(folder)
    const old = keys.current().fingerprint
    const next = keys.begin()
    expect(keys.current().fingerprint).toBe(old)
    expect(keysIn(folder).current().fingerprint).toBe(old)
    keys.finish()
    expect(keys.current().fingerprint).toBe(next.fingerprint)
    expect(keysIn(folder).current().fingerprint).toBe(next.fingerprint)
    expect(readdirSync(folder)).toEqual(['ledger-key.pem'])
  })

  test('another process takes the new key up as soon as the ledger names it', () => {
    const serving = keysIn(folder)
    const rotating = keysIn(folder)
    const next = rotating.begin()
    rotating.finish()
    expect(serving.settle(next.fingerprint)).toBe(true)
    expect(serving.current().fingerprint).toBe(next.fingerprint)
  })

  test('that was sealed before its process died is finished by the next one', () => {
    const next = keysIn(folder).begin()
    const after = keysIn(folder)
    expect(after.settle(next.fingerprint)).toBe(true)
    expect(after.current().fingerprint).toBe(next.fingerprint)
    expect(existsSync(join(folder, 'ledger-key.next.pem'))).toBe(false)
  })

  test('that was never sealed changes nothing', () => {
    const keys = keysIn(folder)
    keys.begin()
    const after = keysIn(folder)
    expect(after.settle(keys.current().fingerprint)).toBe(true)
    expect(after.current().fingerprint).toBe(keys.current().fingerprint)
  })

  test('to a key that is nowhere cannot be settled', () => {
    expect(keysIn(folder).settle(makeKey().fingerprint)).toBe(false)
  })
})

describe('the leaf of a key', () => {
  const [old, next, mallory] = [makeKey(), makeKey(), makeKey()]
  const origin = 'exhibit/acme'
  const first = canonicalJson(keyLeaf({ origin, at: AT, key: old, reason: 'first', previous: null, by: null }))
  const over = { origin, at: AT, key: next, reason: 'rotation', previous: old.fingerprint, by: old } as const
  const changed = (body: string, change: object): string => canonicalJson({ ...JSON.parse(body), ...change })

  test('a first key and a hand-over verify, and name the keys', () => {
    const vkey = vkeyOf(origin, old.publicKey)
    const told = { origin, at: AT, reason: 'first', fingerprint: old.fingerprint, previous: null, vkey }
    expect(readKeyLeaf(first, null)).toEqual(told)
    const handedOver = readKeyLeaf(canonicalJson(keyLeaf(over)), first)
    expect(handedOver).toMatchObject({ reason: 'rotation', fingerprint: next.fingerprint, previous: old.fingerprint })
  })

  test('a key that follows a lost one says so', () => {
    const lost = canonicalJson(keyLeaf({ ...over, reason: 'lost', by: null }))
    expect(readKeyLeaf(lost, first).reason).toBe('lost')
  })

  test.each<[string, string, string | null]>([
    ['a hand-over that the old key did not sign', canonicalJson(keyLeaf({ ...over, by: null })), first],
    ['a hand-over signed by a stranger', canonicalJson(keyLeaf({ ...over, by: mallory })), first],
    [
      'a lost key passed off as handed over',
      changed(canonicalJson(keyLeaf({ ...over, reason: 'lost', by: null })), { reason: 'rotation' }),
      first,
    ],
    [
      'a hand-over from a key that was not in force',
      canonicalJson(keyLeaf({ ...over, previous: mallory.fingerprint, by: mallory })),
      first,
    ],
    ['a second first key', first, first],
    ['a hand-over with nothing before it', canonicalJson(keyLeaf(over)), null],
    ['another moment', changed(first, { at: '2026-11-20T09:00:01.000Z' }), null],
    ['another origin', changed(first, { origin: 'exhibit/other' }), null],
    ['another key', changed(first, { key: mallory.spki.toString('base64') }), null],
    [
      'another key with its fingerprint',
      changed(first, { key: mallory.spki.toString('base64'), fingerprint: mallory.fingerprint }),
      null,
    ],
    ['a change of origin on the way', canonicalJson(keyLeaf({ ...over, origin: 'exhibit/other' })), first],
    ['an unknown reason', changed(first, { reason: 'whim' }), null],
  ])('%s is refused', (_, leaf, before) => {
    expect(() => readKeyLeaf(leaf, before)).toThrow(/key/)
  })
})

describe('signing', () => {
  test('a ledger signs only with the key that its newest leaf names', () => {
    const ledger = testLedger(keysIn(folder))
    const leaf = canonicalJson(ledger.introduction(null, AT)!)
    const { note } = ledger.checkpoint(1, ledger.leafHash(leaf), leaf, false)
    const key = ledger.readKey(leaf, null)
    expect(openCheckpoint(note, [key.vkey])).toMatchObject({ origin: 'exhibit.invalid/acme', size: 1 })
    expect(ledger.introduction(leaf, AT)).toBeNull()

    rmSync(file())
    const other = testLedger(keysIn(folder))
    expect(() => other.checkpoint(1, ledger.leafHash(leaf), leaf, false)).toThrow(/not at hand/)
    expect(other.introduction(leaf, AT)).toMatchObject({ reason: 'lost', previous: key.fingerprint })
  })
})
