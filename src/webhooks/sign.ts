/**
 * The three headers of Standard Webhooks 1.0 (standard-webhooks/standard-webhooks, spec/standard-webhooks.md): id, second
 * of the attempt, and a signature for each secret over `<id>.<timestamp>.<body>`. More than one secret is how they rotate:
 * a receiver takes the message when it knows one of them.
 */
import { createHmac, sign } from 'node:crypto'
import { webhookSecret } from '../lib/webhook-secret.ts'

export interface Message {
  readonly id: string
  /** Of this attempt, in seconds: receivers refuse what is more than five minutes off, so each attempt is signed anew. */
  readonly timestamp: number
  readonly body: string | Uint8Array
}

export function signed(message: Message, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatures(message, secrets).join(' '),
  }
}

/** Throws SecretProblem for a secret that is none. */
export function signatures({ id, timestamp, body }: Message, secrets: readonly string[]): string[] {
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)])
  return secrets.map((text) => {
    const secret = webhookSecret(text)
    return secret.kind === 'hmac'
      ? `v1,${createHmac('sha256', secret.key).update(content).digest('base64')}`
      : `v1a,${sign(null, content, secret.key).toString('base64')}`
  })
}
