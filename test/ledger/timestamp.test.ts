import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stampedAt, stampRequest } from '../../src/ledger/timestamp.ts'
import { type Authority, startAuthority } from '../helpers/authority.ts'

const NOTE = 'exhibit/acme\n3\nq6urq6s=\n\n\u2014 exhibit/acme AAAA\n'
let authority: Authority
let reply: Buffer
const request = stampRequest(NOTE, randomBytes(8))
beforeAll(async () => {
  authority = await startAuthority()
  reply = authority.stamp(request.query)
})
afterAll(() => authority.close())

describe('a time stamp', () => {
  test('is asked for with nonce and certificate, and openssl verifies the answer', () => {
    expect(authority.verify(NOTE, reply)).toContain('Verification: OK')
    expect(() => authority.verify(`${NOTE} `, reply)).toThrow()
    const at = stampedAt(reply, request)
    expect(new Date(at).toISOString()).toBe(at)
  })

  test('of an authority whose clock a test sets says that time, and openssl verifies it too', async () => {
    const past = await startAuthority(() => new Date('2026-08-01T06:00:00Z'))
    try {
      const stamped = past.stamp(request.query)
      expect(stampedAt(stamped, request)).toBe('2026-08-01T06:00:00.000Z')
      expect(past.verify(NOTE, stamped)).toContain('Verification: OK')
    } finally {
      await past.close()
    }
  })

  test.each([0x00, 0x01, 0x7f, 0x80, 0xff])(
    'a nonce that begins with the byte %i is a whole positive number',
    (first) => {
      const asked = stampRequest(NOTE, Buffer.concat([Buffer.from([first]), randomBytes(7)]))
      expect(stampedAt(authority.stamp(asked.query), asked)).toMatch(/Z$/)
    },
  )

  test('of another request is refused', () => {
    const other = stampRequest(NOTE, randomBytes(8))
    expect(() => stampedAt(reply, other)).toThrow(/another request/)
    expect(() => stampedAt(reply, { ...stampRequest('other', randomBytes(8)), nonce: request.nonce })).toThrow(
      /something else/,
    )
  })

  test('that was not granted is refused', () => {
    const sha1 = Buffer.from(request.query.subarray())
    // Another last byte of the digest's OID: an algorithm that the authority does not take.
    sha1[sha1.indexOf(Buffer.from([0x04, 0x02, 0x01])) + 2] = 0x7f
    expect(() => stampedAt(authority.stamp(sha1), request)).toThrow(/did not grant/)
  })

  test('whatever comes is refused in words, never with a crash', () => {
    const refused = (bytes: Uint8Array): void => {
      expect(() => stampedAt(bytes, request)).toThrow(/stamp/)
    }
    for (let length = 0; length < reply.length; length++) refused(reply.subarray(0, length))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refused))
    fc.assert(
      fc.property(fc.nat(reply.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(reply)
        changed[at]! ^= change
        try {
          stampedAt(changed, request)
        } catch (error) {
          expect((error as Error).name).toBe('StampRefused')
        }
      }),
    )
  })
})
