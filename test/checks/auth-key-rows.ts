/** What every check over auth keys has in common. */
import { expect, test } from 'vitest'
import type { Check } from '../../src/domain/check.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ago, authKey, blind, key, type Row, resultOf } from '../helpers/build.ts'

/** Keys that none of them judges, and those of which it cannot be said whether they still work. */
export const NOT_JUDGED: readonly Row[] = [
  { name: 'an API access token is no auth key', records: [key()], want: [] },
  { name: 'a kind that was not said', records: [authKey({ keyType: null })], want: ['no_data'] },
  { name: 'revoked', records: [authKey({ revokedAt: ago(HOUR) })], want: ['not_applicable'] },
  { name: 'over', records: [authKey({ expiresAt: ago(HOUR) })], want: ['not_applicable'] },
  { name: 'whether it was revoked is unreadable', records: [authKey({ unread: ['revoked'] })], want: ['no_data'] },
]

export function testHiddenAuthKeys(check: Check): void {
  test('where the credential cannot see auth keys, nothing is said of them', () => {
    const hiding = (family: string) => ({ sources: [{ id: 'tailnet', blind: [blind('key', [family])] }] })
    expect(resultOf(check, [authKey()], hiding('auth'))).toMatchObject({
      status: 'unknown',
      unknownReason: 'not_visible',
    })
    expect(resultOf(check, [authKey()], hiding('client')).status).not.toBe('unknown')
  })
}
