/** Promise P25: keys of machines. */
import { hash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiKey, ROLES } from '../../src/domain/api-key.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import { isAtLeast, keyId, makeKey, usesOf, verifyKey } from '../../src/http/keys.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { NOW } from '../helpers/build.ts'
import { keyOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

const WISH = { name: 'grc', role: 'viewer', createdAt: NOW, createdBy: 'eve', expiresAt: plus(NOW, DAY) } as const
const random = (count: number): Uint8Array => randomBytes(count)

/** A store of one key. */
function holding(key: ApiKey, digest: string) {
  return { keyWithDigest: async (id: string) => (id === key.id ? { key, digest } : null) }
}

describe('a key', () => {
  test('has a prefix, a public id, 160 bits of secret and a checksum', () => {
    const { key, text, digest } = makeKey(WISH, random)
    expect(text).toMatch(/^exk_[a-z2-7]{12}_[a-z2-7]{38}$/)
    expect(text.slice(4, 16)).toBe(key.id)
    expect(keyId(text)).toBe(key.id)
    expect(digest).toBe(hash('sha256', text))
    expect(key).toEqual({ ...WISH, id: key.id, lastUsedAt: null, revokedAt: null })
    expect(JSON.stringify(key)).not.toContain(text.slice(17, 49))
  })

  test('is another each time, and uses every letter', () => {
    const texts = Array.from({ length: 500 }, () => makeKey(WISH, random).text)
    expect(new Set(texts).size).toBe(500)
    expect(new Set(texts.map((text) => text.slice(17, 49)).join(''))).toHaveLength(32)
  })

  test('is good while it lasts, for who has the whole of it', async () => {
    const { key, text, digest } = makeKey(WISH, random)
    expect(await verifyKey(text, holding(key, digest), NOW)).toEqual({ state: 'good', key })
  })
})

const made = makeKey(WISH, random)
/** Another secret under the same id, with its right checksum. */
const forged = makeKey(WISH, (count) => (count === 12 ? idBytes(made.key.id) : randomBytes(count)))

function idBytes(id: string): Uint8Array {
  return Uint8Array.from(id, (letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter))
}
function turned(text: string, at: number): string {
  const letter = text[at] === 'a' ? 'b' : 'a'
  return text.slice(0, at) + letter + text.slice(at + 1)
}

describe('what is no key', () => {
  const { text, key } = made
  test.each([
    ['nothing', ''],
    ['a space', ' '],
    ['its id', key.id],
    ['its prefix', 'exk_'],
    ['a key cut short', text.slice(0, -1)],
    ['a key with more behind it', `${text}a`],
    ['a key with a line behind it', `${text}\n`],
    ['a key behind a space', ` ${text}`],
    ['a key in capitals', text.toUpperCase()],
    ['another prefix', text.replace('exk_', 'exx_')],
    ['a letter outside the alphabet', turned(text, 30).replace(/^(.{30})./, '$11')],
    ['a look-alike letter', text.replace(/^(.{20})./, '$1а')],
    ['a first letter of the id turned', turned(text, 4)],
    ['a letter of the secret turned', turned(text, 30)],
    ['a letter of the checksum turned', turned(text, 54)],
    ['two keys', `${text} ${text}`],
    ['a key without its checksum', text.slice(0, 49)],
    ['its digest', made.digest],
    ['a very long text', `exk_${'a'.repeat(100_000)}`],
    ['NUL behind it', `${text}\0`],
  ])('%s costs no look-up', async (_, wrong) => {
    const keys = {
      keyWithDigest: () => {
        throw new Error('looked up')
      },
    }
    expect(keyId(wrong)).toBeNull()
    expect(await verifyKey(wrong, keys, NOW)).toEqual({ state: 'malformed' })
  })

  test.each([
    ['another secret under its id', forged.text, made.key, made.digest],
    ['an id that nobody has', makeKey(WISH, random).text, made.key, made.digest],
    ['a digest cut short in the database', made.text, made.key, made.digest.slice(0, 40)],
    ['an empty digest in the database', made.text, made.key, ''],
    ['a digest that is none', made.text, made.key, 'z'.repeat(64)],
    ['the digest of nothing', made.text, made.key, sha256('')],
  ])('%s is unknown, and says no more', async (_, text, key, digest) => {
    expect(await verifyKey(text, holding(key, digest), NOW)).toEqual({ state: 'unknown' })
  })

  test.each([
    ['a millisecond before its end', plus(WISH.expiresAt, -1), null, 'good'],
    ['at its end', WISH.expiresAt, null, 'expired'],
    ['after its end', plus(WISH.expiresAt, DAY), null, 'expired'],
    ['once revoked', NOW, NOW, 'revoked'],
    ['once revoked, after its end', plus(WISH.expiresAt, DAY), NOW, 'revoked'],
  ])('%s', async (_, now, revokedAt, state) => {
    const key = { ...made.key, revokedAt }
    expect(await verifyKey(made.text, holding(key, made.digest), now)).toEqual({ state, key })
  })
})

test('each role may do what those before it may, and a role that we do not know may nothing', () => {
  const table = ROLES.map((role) => ROLES.map((least) => isAtLeast(role, least)))
  expect(table).toEqual([
    [true, false, false, false],
    [true, true, false, false],
    [true, true, true, false],
    [true, true, true, true],
  ])
  expect(ROLES.map((least) => isAtLeast('root' as never, least))).toEqual([false, false, false, false])
})

test('use is noted once a minute, and a note that fails stops nobody', async () => {
  const noted: string[] = []
  const failed: unknown[] = []
  const used = usesOf(
    {
      async keyUsed(id, at) {
        noted.push(`${id} ${at}`)
        if (noted.length === 3) throw new Error('disk full')
      },
    },
    (error) => failed.push(error),
  )
  const key = { id: 'k', lastUsedAt: plus(NOW, -30_000) }
  used(key, NOW)
  expect(noted).toEqual([])
  for (const seconds of [30, 31, 60, 89, 90, 150]) used(key, plus(NOW, seconds * 1000))
  expect(noted).toEqual([`k ${plus(NOW, 30_000)}`, `k ${plus(NOW, 90_000)}`, `k ${plus(NOW, 150_000)}`])
  used({ id: 'l', lastUsedAt: null }, NOW)
  expect(noted).toHaveLength(4)
  await Promise.resolve()
  expect(failed).toHaveLength(1)
})

describe('over HTTP', () => {
  let house: House
  let visitor: { cookie: string; host: string }
  beforeAll(async () => {
    house = await openHouse()
    visitor = await signIn(house)
  })
  afterAll(() => house.close())
  const ask = (authorization: string | undefined, more: Record<string, string> = {}, path = '/api/v1/activity') =>
    house.app.request(path, {
      headers: { host: 'localhost', ...(authorization === undefined ? {} : { authorization }), ...more },
    })

  test('a key opens the API by any spelling of the scheme, and by no other scheme or place', async () => {
    const key = await keyOf(house, 'viewer')
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect((await ask(`${scheme} ${key}`)).status).toBe(200)
    for (const header of [
      key,
      `Basic ${key}`,
      `Token ${key}`,
      `Digest ${key}`,
      `Bearer${key}`,
      'Bearer',
      `Bearer ${key} x`,
    ]) {
      const answer = await ask(header)
      expect([header.split(' ')[0], answer.status]).toEqual([header.split(' ')[0], 401])
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Exhibit"')
      expect(await answer.text()).not.toContain(key)
    }
    expect((await ask(undefined, { cookie: `exhibit=${key}` })).status).toBe(401)
    expect((await ask(undefined, { 'x-api-key': key })).status).toBe(401)
    expect((await ask(undefined, {}, `/api/v1/activity?key=${key}`)).status).toBe(401)
  })

  test('a key opens no page, and a session beside a key counts for nothing', async () => {
    const key = await keyOf(house, 'admin')
    for (const path of ['/', '/checks', '/exports/json', '/events', '/webhooks']) {
      expect((await ask(`Bearer ${key}`, {}, path)).status).toBe(403)
      expect((await ask(`Bearer ${key}`, { cookie: visitor.cookie }, path)).status).toBe(403)
    }
    expect((await ask('Bearer nonsense', { cookie: visitor.cookie })).status).toBe(401)
    expect((await ask('Bearer nonsense', { cookie: visitor.cookie }, '/')).status).toBe(401)
    // What a proxy before us asked for is its own affair.
    expect((await ask('Basic dTpw', { cookie: visitor.cookie })).status).toBe(200)
  })

  test('another site gets nowhere with a cookie and a header that no browser sends by itself', async () => {
    const from = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', cookie: visitor.cookie }
    const post = (headers: Record<string, string>) =>
      house.app.request('/api/v1/pulls', { method: 'POST', headers: { host: 'localhost', ...from, ...headers } })
    const refused = await post({})
    expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'other-site' })])
    expect((await post({ authorization: 'Basic dTpw' })).status).toBe(403)
    expect((await post({ authorization: 'Bearer x' })).status).toBe(401)
  })

  test('revocation and the end of a key hold from the next request on', async () => {
    const key = await keyOf(house, 'viewer')
    const id = keyId(key)!
    expect((await ask(`Bearer ${key}`)).status).toBe(200)
    await house.store.revokeKey(id, house.parts.now())
    const refused = await ask(`Bearer ${key}`)
    expect(refused.status).toBe(401)
    expect((await refused.json()) as object).toMatchObject({ detail: expect.stringContaining('was revoked') })

    let now = house.parts.now()
    const app = createApp({ ...house.parts, now: () => now })
    const short = await keyOf(house, 'viewer', { expiresAt: plus(now, HOUR) })
    const at = async () =>
      (await app.request('/api/v1/activity', { headers: { host: 'localhost', authorization: `Bearer ${short}` } }))
        .status
    expect(await at()).toBe(200)
    now = plus(now, HOUR)
    expect(await at()).toBe(401)
  })

  test('its last use is kept, to the minute, and the key itself nowhere', async () => {
    const key = await keyOf(house, 'viewer')
    const id = keyId(key)!
    const before = house.parts.now()
    for (let n = 0; n < 5; n++) await ask(`Bearer ${key}`)
    const kept = await house.store.keyWithDigest(id)
    expect(kept!.key.lastUsedAt! >= plus(before, -MINUTE)).toBe(true)
    expect(JSON.stringify(await house.store.keys())).not.toContain(key.slice(17, 49))
    expect(kept!.digest).toBe(sha256(key))
  })
})
