/** `webhook …` and `key …`, over a real installation and a receiver on loopback. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyId, verifyKey } from '../../src/http/keys.ts'
import { exhibit } from '../helpers/cli.ts'
import { GOVERNED, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { type Answer, type Receiver, receiver, verifies } from '../webhooks/receiver.ts'
import { SECRET } from '../webhooks/sending.ts'

let answer: Answer = { status: 200, body: 'thank you' }
let grc: Receiver
let installation: TestInstallation
beforeAll(async () => {
  grc = await receiver(() => answer)
  installation = await testInstallation({
    clock: testClock(undefined, 0.001, true),
    yaml: `${GOVERNED}
webhooks:
  - { id: grc, url: "${new URL('grc', grc.url).href}", secret: "${SECRET}" }
`,
  })
  await installation.sync()
})
afterAll(async () => {
  await installation.close()
  await grc.close()
})

const run = (...argv: string[]) => exhibit(installation, 'webhook', ...argv)

async function standing(): Promise<Record<string, unknown>> {
  return JSON.parse((await run('list', '--format', 'json')).out).endpoints[0]
}

describe('webhook', () => {
  test('a run has told of every check and of itself, and list shows that it waits', async () => {
    const { code, out } = await run('list')
    expect([code, out]).toEqual([0, expect.stringMatching(/grc +in use .*127\.0\.0\.1/)])
    const { deliveries } = JSON.parse((await run('deliveries', '--limit', '500', '--format', 'json')).out)
    const types = new Set(deliveries.map(({ type }: { type: string }) => type))
    expect([...types].sort()).toEqual(['check.result.changed', 'run.completed'])
    expect(await standing()).toMatchObject({ counts: { waiting: deliveries.length, delivered: 0, dead: 0 } })
  })

  test('test sends a signed event at once and says what was answered; what waited goes with it', async () => {
    const { code, out } = await run('test', 'grc')
    expect([code, out]).toEqual([0, expect.stringMatching(/^grc: taken with 200 after \d+ ms: thank you\n$/)])
    const seconds = Date.parse(installation.reconfigured({}).now()) / 1000
    expect(grc.received.every((one) => verifies(one, SECRET, seconds))).toBe(true)
    const types = grc.received.map(({ body }) => JSON.parse(body).type)
    expect(types).toContain('webhook.test')
    expect(types).toContain('run.completed')
    expect(await standing()).toMatchObject({ counts: { waiting: 0, delivered: grc.received.length, dead: 0 } })
  })

  test('deliveries of one event show every attempt and its answer; replay sends it again under the same id', async () => {
    const { event } = JSON.parse((await run('deliveries', '--limit', '1', '--format', 'json')).out).deliveries[0]
    const before = grc.received.length
    const replayed = await run('replay', '--event', event)
    expect([replayed.code, replayed.out]).toEqual([0, '1 delivery made to wait anew; 0 deliveries wait now\n'])
    expect(grc.received.slice(before).map(({ headers }) => headers['webhook-id'])).toEqual([event])
    const { out } = await run('deliveries', '--event', event)
    expect(out.match(/thank you/g)).toHaveLength(2)
  })

  test('an endpoint that answers 410 is disabled; list says why and what to do, enable and replay mend it', async () => {
    answer = { status: 410 }
    expect((await run('test', 'grc')).code).toBe(1)
    const { code, out } = await run('list')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/✘ grc is disabled since .*"exhibit\s+webhook\s+enable\s+grc"/s),
    ])
    expect((await run('test', 'grc')).code).toBe(2)
    answer = { status: 204 }
    expect((await run('enable', 'grc')).out).toMatch(/^grc is in use again/)
    expect((await run('enable', 'grc')).out).toBe('grc was in use already\n')
    expect((await run('replay', '--state', 'dead')).code).toBe(0)
    expect(await standing()).toMatchObject({ disabledAt: null, counts: { waiting: 0, dead: 0 } })
  })

  test.each([
    { argv: ['test', 'nobody'], says: 'there is no endpoint "nobody"; configured: grc' },
    { argv: ['replay'], says: 'say what to send again' },
    { argv: ['replay', '--endpoint', 'nobody'], says: 'there is no endpoint "nobody"' },
    { argv: ['deliveries', '--since', 'yesterday'], says: '"yesterday" is no moment' },
  ])('$argv is a usage error that says what to do', async ({ argv, says }) => {
    const { code, err } = await run(...argv)
    expect([code, err]).toEqual([64, expect.stringContaining(says)])
  })

  test('secret prints one that the configuration takes, or a pair for receivers that only verify', async () => {
    expect((await run('secret')).out).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/)
    const { out, err } = await run('secret', '--ed25519')
    expect(out).toMatch(/^whsk_\S{88}\n$/)
    expect(err).toMatch(/whpk_\S{44}/)
  })
})

describe('key', () => {
  test('is shown once, listed without its secret, and refused after it is revoked', async () => {
    const made = await exhibit(installation, 'key', 'create', '--name', 'jq', '--role', 'auditor', '--expires', '30d')
    expect(made.code).toBe(0)
    const text = made.out.trim()
    const id = keyId(text)!
    const { store, now } = installation.reconfigured({})
    expect(await verifyKey(text, store, now())).toMatchObject({ state: 'good', key: { role: 'auditor', name: 'jq' } })

    const listed = await exhibit(installation, 'key', 'list')
    expect(listed.out).toMatch(new RegExp(`${id} +jq +auditor +until .* never used .* by eve@laptop`))
    const document = (await exhibit(installation, 'key', 'list', '--format', 'json')).out
    expect(`${listed.out}${document}`).not.toContain(text.split('_')[2])

    expect((await exhibit(installation, 'key', 'revoke', id)).code).toBe(0)
    expect(await verifyKey(text, store, now())).toMatchObject({ state: 'revoked' })
    expect((await exhibit(installation, 'key', 'revoke', id)).code).toBe(64)
  })

  test.each([
    { argv: ['create', '--name', 'a', '--expires', '10y'], says: 'write a duration up to 366d' },
    { argv: ['create', '--name', 'a', '--expires', '367d'], says: 'write a duration up to 366d' },
    { argv: ['create', '--name', ' '], says: '--name: say in up to 100 characters' },
    { argv: ['create', '--name', 'a', '--role', 'root'], says: 'Allowed choices are viewer' },
    { argv: ['create'], says: "required option '--name <name>' not specified" },
    { argv: ['revoke', 'nothing'], says: 'there is no key "nothing" in use' },
  ])('$argv is a usage error that says what to do', async ({ argv, says }) => {
    const { code, err } = await exhibit(installation, 'key', ...argv)
    expect([code, err]).toEqual([64, expect.stringContaining(says)])
  })
})
