import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { SecretProblem, webhookSecret } from '../../src/lib/webhook-secret.ts'
import { newKeyPair, newSecret } from '../../src/webhooks/secret.ts'
import { signatures, signed } from '../../src/webhooks/sign.ts'
import { spec } from '../helpers/specs.ts'
import { proveSignatures } from '../prove/signatures.ts'
import { verifies } from './receiver.ts'

interface Vectors {
  readonly sign: readonly {
    readonly name: string
    readonly secret?: string
    readonly secretKey?: string
    readonly publicKey?: string
    readonly msgId: string
    readonly timestamp: number
    readonly payload: string
    readonly signature: string
  }[]
  readonly verify: readonly {
    readonly name: string
    readonly secret: string
    readonly headers: Record<string, string>
    readonly payload: string
    readonly now: number
    readonly valid: boolean
  }[]
}

const vectors = spec('standard-webhooks/vectors.json') as Vectors | null
const nowS = (): number => Math.floor(Date.now() / 1000)
const asReceived = (headers: Record<string, string>, body: string) => ({ headers, body })

describe.skipIf(vectors === null)('the vectors of Standard Webhooks', () => {
  test.each(vectors?.sign ?? [])(
    'sign: $name',
    ({ secret, secretKey, publicKey, msgId, timestamp, payload, signature }) => {
      const headers = signed({ id: msgId, timestamp, body: payload }, [(secret ?? secretKey)!])
      expect(headers).toEqual({
        'webhook-id': msgId,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      })
      expect(verifies(asReceived(headers, payload), (publicKey ?? secret)!, timestamp)).toBe(true)
    },
  )

  test.each(vectors?.verify ?? [])('verify, as the receiver of these tests does: $name', (one) => {
    expect(verifies(asReceived(one.headers, one.payload), one.secret, one.now)).toBe(one.valid)
  })
})

describe('P17: signatures', () => {
  test('random payloads are verified by the npm package, and whatever was tampered with is refused', () => {
    const { lines, holds, found } = proveSignatures({ payloads: 60, tampered: 48, largest: 20_000 })
    expect(found).toEqual([])
    expect(holds).toBe(true)
    expect(lines.join()).toMatch(/^60 random payloads verified .*, 48 tampered ones refused/)
  })

  test('while a secret rotates the old and the new one verify; afterwards the old one no more', () => {
    const [old, fresh] = [newSecret(randomBytes), newSecret(randomBytes)]
    const message = { id: 'evt_1', timestamp: nowS(), body: '{"a":1}' }
    const both = signed(message, [fresh, old])
    expect(both['webhook-signature']!.split(' ')).toHaveLength(2)
    for (const secret of [old, fresh]) expect(new Webhook(secret).verify(message.body, both)).toEqual({ a: 1 })
    const after = signed(message, [fresh])
    expect(new Webhook(fresh).verify(message.body, after)).toEqual({ a: 1 })
    expect(() => new Webhook(old).verify(message.body, after)).toThrow('No matching signature')
  })

  test('Ed25519 stands beside: who knows only v1 takes it, who has the public key needs no secret', () => {
    const secret = newSecret(randomBytes)
    const { secret: signing, publicKey } = newKeyPair(randomBytes)
    const message = { id: 'evt_1', timestamp: nowS(), body: '{"b":"ж"}' }
    const headers = signed(message, [secret, signing])
    expect(new Webhook(secret).verify(message.body, headers)).toEqual({ b: 'ж' })
    expect(verifies(asReceived(headers, message.body), publicKey, message.timestamp)).toBe(true)
    expect(verifies(asReceived(headers, `${message.body} `), publicKey, message.timestamp)).toBe(false)
    expect(verifies(asReceived(headers, message.body), newKeyPair(randomBytes).publicKey, message.timestamp)).toBe(
      false,
    )
  })

  test.each([-3600, -301, -300, -299, -1, 0, 1, 299, 300, 301, 3600, 86_400])(
    'a message signed %i s from now is taken within five minutes only',
    (offset) => {
      const secret = newSecret(randomBytes)
      const at = 1_795_000_000
      const headers = signed({ id: 'evt_1', timestamp: at + offset, body: '{}' }, [secret])
      expect(verifies(asReceived(headers, '{}'), secret, at)).toBe(Math.abs(offset) <= 300)
    },
  )
})

describe('secrets', () => {
  test('are made at random, of 32 bytes, and read back', () => {
    const made = newSecret(randomBytes)
    expect(made).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(made).not.toBe(newSecret(randomBytes))
    expect(webhookSecret(made)).toMatchObject({ kind: 'hmac', key: { length: 32 } })
    const pair = newKeyPair(() => Buffer.alloc(32, 1))
    expect(pair.secret).toMatch(/^whsk_[A-Za-z0-9+/]{86}==$/)
    const read = webhookSecret(pair.secret)
    expect(read.kind === 'ed25519' && `whpk_${Buffer.from(read.publicKey).toString('base64')}`).toBe(pair.publicKey)
  })

  const of = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64')
  test.each([
    ['too short', `whsec_${of(23)}`, 'holds 23 bytes; 24 to 64 are needed'],
    ['too long', `whsec_${of(65)}`, 'holds 65 bytes; 24 to 64 are needed'],
    ['empty', 'whsec_', 'holds 0 bytes; 24 to 64 are needed'],
    ['with a slip in it', `whsec_${of(32).replace('B', '*')}`, 'is not base64 behind its prefix'],
    ['with a line break', `whsec_${of(32)}\n`, 'is not base64 behind its prefix'],
    ['of another kind', `secret_${of(32)}`, 'begins neither with whsec_ nor with whsk_'],
    ['a receiver’s half', `whpk_${of(32)}`, 'begins neither with whsec_ nor with whsk_'],
    ['a seed alone', `whsk_${of(32)}`, 'holds 32 bytes; a seed and its public key are 64'],
    ['a seed with the key of another', `whsk_${of(64)}`, 'holds a public key that is not its own'],
  ])('one that is %s is refused, and not repeated in the message', (_, text, message) => {
    expect(() => webhookSecret(text)).toThrow(new SecretProblem(message))
    expect(() => signatures({ id: 'evt_1', timestamp: 1, body: '' }, [text])).toThrow(message)
  })

  test.each([24, 25, 26, 64])('%i bytes are taken, with and without the padding', (bytes) => {
    for (const text of [of(bytes), of(bytes).replace(/=+$/, '')]) {
      const headers = signed({ id: 'evt_1', timestamp: nowS(), body: '{}' }, [`whsec_${text}`])
      expect(new Webhook(of(bytes)).verify('{}', headers)).toEqual({})
    }
  })
})
