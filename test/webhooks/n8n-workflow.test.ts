/** The workflow that the README hands to n8n: what its second node runs must take what we sign, and nothing else. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newSecret } from '../../src/webhooks/secret.ts'
import { signed } from '../../src/webhooks/sign.ts'

const WORKFLOW = join(import.meta.dirname, '../../fixtures/receivers/n8n.json')
const [workflow] = JSON.parse(readFileSync(WORKFLOW, 'utf8')) as [
  { nodes: { name: string; parameters: { path?: string; jsCode?: string; options?: object } }[] },
]
const node = (name: string) => workflow.nodes.find((one) => one.name === name)!.parameters

const SECRET = newSecret(randomBytes)
const BODY = JSON.stringify({ type: 'webhook.test', data: { name: 'Łódź – 東京' } })

/** Runs the node's code with what n8n gives it. */
function received(headers: Readonly<Record<string, string>>, body: string): unknown {
  const code = new Function('$input', '$env', 'require', node('Verify').jsCode!)
  const item = { json: { headers }, binary: { data: { data: Buffer.from(body).toString('base64') } } }
  return code({ first: () => item }, { HOOK_SECRET: SECRET }, createRequire(import.meta.url))
}

function headersOf(secrets: readonly string[], timestamp = Math.floor(Date.now() / 1000)): Record<string, string> {
  return signed({ id: 'evt_1', timestamp, body: BODY }, secrets)
}

describe('the workflow for n8n', () => {
  it('asks n8n for the bytes as they came', () => {
    expect(node('Webhook')).toMatchObject({ path: 'exhibit', options: { rawBody: true } })
  })

  it('hands on an event that we signed, while two secrets are valid too', () => {
    expect(received(headersOf([SECRET]), BODY)).toEqual([{ json: JSON.parse(BODY) }])
    expect(received(headersOf([newSecret(randomBytes), SECRET]), BODY)).toEqual([{ json: JSON.parse(BODY) }])
  })

  it.each([
    ['signed with another secret', headersOf([newSecret(randomBytes)]), BODY],
    ['changed on its way', headersOf([SECRET]), BODY.replace('test', 'tested')],
    ['without a signature', { ...headersOf([SECRET]), 'webhook-signature': '' }, BODY],
    ['ten minutes old', headersOf([SECRET], Math.floor(Date.now() / 1000) - 600), BODY],
    ['without a time', { ...headersOf([SECRET]), 'webhook-timestamp': '' }, BODY],
  ])('refuses one %s', (_, headers, body) => {
    expect(() => received(headers, body)).toThrow(/^(forged|too old or too new)$/)
  })
})
