import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import { newKeyPair, newSecret } from '../../src/webhooks/secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'webhooks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [one, other] = [newSecret(randomBytes), newSecret(randomBytes)]
const { secret: signing } = newKeyPair(randomBytes)

function parsed(
  webhooks: string,
  { allow = '[]', env = {} }: { allow?: string; env?: Record<string, string> } = {},
): Config {
  const yaml = `organization: { id: acme, name: Acme Corp }
sources:
  - { id: roster, kind: csv, path: people.csv }
webhooks: [${webhooks}]
network: { allow: ${allow} }
`
  return parseConfig(yaml, join(folder, 'exhibit.yaml'), { connectors, checks, env: { HOOK: one, ...env } })
}

function complaint(...given: Parameters<typeof parsed>): string {
  try {
    parsed(...given)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

const hook = (over: Record<string, unknown> = {}): string =>
  JSON.stringify({ id: 'grc', url: 'https://grc.acme.example/hooks', secret: '${HOOK}', ...over })

describe('endpoints in exhibit.yaml', () => {
  test('say where, with which secrets, and are told everything where they name no event', () => {
    const { webhooks, waiting } = parsed(
      `${hook()}, ${hook({ id: 'siem', secret: [other, '${HOOK}', signing], events: ['finding.*', 'run.completed'] })}`,
    )
    expect(webhooks.map(({ secrets, url, ...rest }) => ({ ...rest, url: url.href, secrets: secrets() }))).toEqual([
      { id: 'grc', url: 'https://grc.acme.example/hooks', events: ['*'], secrets: [one] },
      {
        id: 'siem',
        url: 'https://grc.acme.example/hooks',
        events: ['finding.*', 'run.completed'],
        secrets: [other, one, signing],
      },
    ])
    expect(waiting).toEqual([])
  })

  test('secrets leave no trace in what is sealed, nor in a complaint', () => {
    expect(JSON.stringify(parsed(hook()).settings)).not.toContain(one.slice(6, 20))
    const said = complaint(hook({ secret: `${one}!` }))
    expect(said).toMatch(
      /exhibit\.yaml:4: webhooks\.0\.secret is not base64 behind its prefix; "exhibit webhook secret"/,
    )
    expect(said).not.toContain(one.slice(6, 20))
  })

  test.each<[what: string, over: Record<string, unknown>, says: RegExp]>([
    [
      'an event that is none',
      { events: ['finding.open'] },
      /webhooks\.0\.events\.0 "finding\.open" is no event; did you mean "finding\.opened"\?/,
    ],
    [
      'a family that is none',
      { events: ['*', 'findings.*'] },
      /events\.1 "findings\.\*" is no event; did you mean "finding\.\*"\?/,
    ],
    ['nothing like any', { events: ['zzzzzzzzzzzzzzzz'] }, /is no event; valid are \*, check\.\*/],
    ['an empty list', { events: [] }, /names no event/],
    ['no secret', { secret: '' }, /must not be empty/],
    ['an empty list of secrets', { secret: [] }, /secret/],
    [
      'one of them wrong',
      { secret: [one, 'hunter2'] },
      /webhooks\.0\.secret begins neither with whsec_ nor with whsk_/,
    ],
    [
      'a variable that is not set',
      { secret: '${NONE}' },
      /environment variable NONE of webhooks\.0\.secret is not set/,
    ],
    ['a file that is not there', { secret: '${file:none}' }, /none cannot be read \(ENOENT\)/],
    ['a signing key alone', { secret: signing }, /webhooks\.0\.secret has no whsec_… beside the whsk_…/],
    ['another scheme', { url: 'ftp://grc.acme.example' }, /webhooks\.0\.url is no http\(s\) URL/],
    ['a password in the address', { url: 'https://a:b@grc.acme.example' }, /holds a user name or a password/],
    [
      'plain http',
      { url: 'http://grc.acme.example' },
      /is plain http: use https, or name the range of grc\.acme\.example/,
    ],
    ['plain http to a public address', { url: 'http://93.184.215.14' }, /is plain http/],
    ['a private address', { url: 'https://10.1.2.3' }, /names 10\.1\.2\.3: .*network\.allow/],
    ['loopback, spelt oddly', { url: 'https://0x7f.1' }, /names 127\.0\.0\.1/],
    ['a name of loopback', { url: 'https://LocalHost:8443' }, /names localhost: loopback .*network\.allow/],
    ['a name below it', { url: 'https://grc.localhost./' }, /names grc\.localhost\.: loopback/],
    ['loopback of version 6', { url: 'https://[::1]:8443' }, /names ::1/],
    [
      'where clouds keep credentials',
      { url: 'https://169.254.169.254' },
      /names 169\.254\.169\.254: a metadata address; no range in network\.allow lets it through/,
    ],
    ['a key that nobody knows', { secrets: one }, /unknown key "secrets" under webhooks\.0; did you mean "secret"\?/],
  ])('%s is refused', (_, over, says) => {
    expect(complaint(hook(over))).toMatch(says)
  })

  test('an id stands for one endpoint', () => {
    expect(complaint(`${hook()}, ${hook()}`)).toMatch(/two webhooks are called "grc"/)
  })

  test.each([
    ['http://10.1.2.3/hook', '["10.0.0.0/8"]'],
    ['http://receiver.internal/hook', '["10.0.0.0/8"]'],
    ['http://localhost:5678/hook', '["127.0.0.0/8"]'],
    ['http://localhost:5678/hook', '["::1/128"]'],
    ['https://[fd7a:115c:a1e0::1]', '["fd7a:115c:a1e0::/48"]'],
    ['https://93.184.215.14', '[]'],
  ])('%s is taken where the operator allows %s', (url, allow) => {
    expect(parsed(hook({ url }), { allow }).webhooks[0]!.url.href).toBe(new URL(url).href)
  })

  test('where clouds keep credentials is refused even where it is allowed', () => {
    expect(complaint(hook({ url: 'https://169.254.169.254' }), { allow: '["169.254.0.0/16"]' })).toMatch(/names 169/)
  })

  test('a secret file is read again at each use: rotated it serves at once, spoilt it says so', () => {
    const file = join(folder, 'hook')
    writeFileSync(file, `${one}\n`)
    const [{ secrets }] = parsed(hook({ secret: '${file:hook}' })).webhooks as [Config['webhooks'][number]]
    expect(secrets()).toEqual([one])
    writeFileSync(file, `${other}\n`)
    expect(secrets()).toEqual([other])
    writeFileSync(file, 'oops')
    expect(() => secrets()).toThrow(
      /^grc: exhibit\.yaml:4: webhooks\.0\.secret begins neither with whsec_ nor with whsk_/,
    )
    rmSync(file)
    expect(() => secrets()).toThrow(expect.objectContaining({ code: 'file_unreadable' }))
    writeFileSync(file, one)
    expect(secrets()).toEqual([one])
  })
})
