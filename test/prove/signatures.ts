/** P17: what we sign is verified by the npm `standardwebhooks` receiver, and what was tampered with is refused. */
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { newSecret } from '../../src/webhooks/secret.ts'
import { signed } from '../../src/webhooks/sign.ts'
import { randomOf } from './random.ts'

const FULL = { payloads: 1_000, tampered: 200, largest: 2 ** 20, otherLanguage: true }
/** What goes to the receiver in another language: events are no larger. */
const LARGEST_EVENT = 20_000
/** Each script, emoji of several code points, marks that change direction, what JSON escapes. */
const ALPHABET = [...'az09 .,:"\\/\u0000\u001f\u007f\u2028\u202eéßжשقहไ中한あ😀', '👩‍👩‍👧', '🏳️‍🌈', '\r\n']

type Message = { id: string; body: string; headers: Record<string, string> }

/** What somebody on the way could change. */
const TAMPERINGS: readonly ((message: Message, dice: () => number) => Message)[] = [
  ({ headers, ...rest }) => ({ ...rest, headers: { ...headers, 'webhook-id': `${headers['webhook-id']}x` } }),
  ({ headers, ...rest }) => ({ ...rest, headers: { ...headers, 'webhook-id': headers['webhook-id']!.slice(0, -1) } }),
  (message) => later(message, 1),
  (message) => later(message, -1),
  (message) => later(message, 301),
  ({ body, ...rest }) => ({ ...rest, body: `${body} ` }),
  ({ body, ...rest }, dice) => ({ ...rest, body: changedAt(body, dice()) }),
  ({ headers, ...rest }, dice) => signatureOf({ headers, ...rest }, (text) => `v1,${changedAt(text.slice(3), dice())}`),
  (message) => signatureOf(message, (text) => text.replace('v1,', 'v2,')),
  (message) => signatureOf(message, (text) => text.replace('v1,', 'v1a,')),
  (message) => signatureOf(message, () => 'v1,'),
  (message) => signatureOf(message, () => `v1,${createHash('sha256').update(message.body).digest('base64')} v1,AAAA`),
]

export function proveSignatures({
  payloads,
  tampered,
  largest,
  otherLanguage = false,
}: Partial<typeof FULL> & Omit<typeof FULL, 'otherLanguage'> = FULL) {
  const { below } = randomOf(17)
  const dice = (): number => below(2 ** 31) / 2 ** 31
  const found: string[] = []
  const small: (Message & { secret: string })[] = []
  let verified = 0
  let refused = 0
  for (let n = 0; n < payloads; n++) {
    const secrets = Array.from({ length: 1 + (n % 3) }, () => newSecret(randomBytes))
    const message = signedAt(`evt_${n}`, payload(n, payloads, largest, dice), secrets)
    for (const secret of secrets) if (!isTaken(message, secret)) found.push(`payload ${n} was not verified`)
    verified++
    if (message.body.length <= LARGEST_EVENT) small.push({ ...message, secret: secrets.at(-1)! })
  }
  const elsewhere = otherLanguage ? verifiedByPython(small) : null
  if (elsewhere !== null && elsewhere !== small.length) found.push(`Python verified ${elsewhere} of ${small.length}`)
  for (let n = 0; n < tampered; n++) {
    const secret = newSecret(randomBytes)
    const message = signedAt(`evt_${n}`, JSON.stringify({ n, text: textOf(50, dice) }), [secret])
    const changed = TAMPERINGS[n % TAMPERINGS.length]!(message, dice)
    if (JSON.stringify(changed) === JSON.stringify(message)) found.push(`tampering ${n} changed nothing`)
    else if (isTaken(changed, secret)) found.push(`tampering ${n} (kind ${n % TAMPERINGS.length}) was not noticed`)
    else refused++
  }
  return {
    lines: [
      `${verified} random payloads verified by the npm receiver (0 B to ${largest.toLocaleString('en')} B, one to three secrets)${elsewhere === null ? '' : `, ${elsewhere} of them by Python's hmac`}, ${refused} tampered ones refused`,
    ],
    holds: found.length === 0,
    found,
  }
}

const IN_PYTHON = `
import base64, hashlib, hmac, json, sys
verified = 0
for line in sys.stdin:
    message = json.loads(line)
    headers, body = message["headers"], base64.b64decode(message["body"])
    content = (headers["webhook-id"] + "." + headers["webhook-timestamp"] + ".").encode() + body
    key = base64.b64decode(message["secret"].removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    verified += any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split(" "))
print(verified)
`

/** Null where there is no Python. */
function verifiedByPython(messages: readonly (Message & { secret: string })[]): number | null {
  const lines = messages.map(({ headers, body, secret }) =>
    JSON.stringify({ headers, secret, body: Buffer.from(body).toString('base64') }),
  )
  const { status, stdout } = spawnSync('python3', ['-c', IN_PYTHON], { input: lines.join('\n') })
  return status === 0 ? Number(stdout.toString()) : null
}

function signedAt(id: string, body: string, secrets: readonly string[]): Message {
  return { id, body, headers: signed({ id, timestamp: Math.floor(Date.now() / 1000), body }, secrets) }
}

function isTaken({ body, headers }: Message, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

/** The first is empty, the last as large as any; between them most are small. */
function payload(n: number, count: number, largest: number, dice: () => number): string {
  if (n === 0) return ''
  const bytes = n === count - 1 ? largest : Math.floor(largest ** dice())
  const text = Buffer.from(textOf(bytes, dice)).subarray(0, bytes).toString()
  // A character that was cut through is longer than what it was cut to.
  return text.endsWith('\ufffd') ? text.slice(0, -1) : text
}

function textOf(characters: number, dice: () => number): string {
  const piece = Array.from(
    { length: Math.min(characters, 2_000) },
    () => ALPHABET[Math.floor(dice() * ALPHABET.length)]!,
  )
  return piece.join('').repeat(Math.ceil(characters / Math.max(1, piece.length)))
}

function later(message: Message, seconds: number): Message {
  const time = String(Number(message.headers['webhook-timestamp']) + seconds)
  return { ...message, headers: { ...message.headers, 'webhook-timestamp': time } }
}

function signatureOf(message: Message, change: (text: string) => string): Message {
  const signature = change(message.headers['webhook-signature']!)
  return { ...message, headers: { ...message.headers, 'webhook-signature': signature } }
}

/** One character becomes another. */
function changedAt(text: string, place: number): string {
  const at = Math.floor(place * (text.length - 1))
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}
