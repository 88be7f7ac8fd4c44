/** A time stamp authority for one test: openssl's own, under a certificate made on the spot, behind a loopback server. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from './certificate.ts'
import { oid, seq, tlv } from './der.ts'

export interface Authority {
  readonly url: URL
  /** PEM of the certificate that `openssl ts -verify` is to trust. */
  readonly caFile: string
  /** Queries that came. */
  readonly asked: { contentType: string | undefined; query: Buffer }[]
  /** What it answers in place of stamps; null: stamps again. */
  answer: ((query: Buffer) => { status?: number; contentType?: string; body: Uint8Array | string }) | null
  stamp(query: Uint8Array): Buffer
  /** What `openssl ts -verify` says of a reply over data; throws when it does not verify. */
  verify(data: string, reply: Uint8Array): string
  close(): Promise<void>
}

/** RFC 3161 section 2.3: id-kp-timeStamping. */
const TIME_STAMPING = oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08)

const CONFIG = `
[tsa]
default_tsa = own
[own]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.crt
certs = ./tsa.crt
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
`

/** @param now the clock that it stamps by in place of the machine's, which is the only one that `openssl ts` knows */
export async function startAuthority(now?: () => Date): Promise<Authority> {
  const folder = mkdtempSync(join(tmpdir(), 'tsa-'))
  const openssl = (...argv: string[]): string =>
    execFileSync('openssl', argv, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  writeFileSync(join(folder, 'tsa.cnf'), CONFIG)
  writeFileSync(join(folder, 'serial'), '01\n')
  const { key, cert } = selfSigned('Throw-away TSA', TIME_STAMPING)
  writeFileSync(join(folder, 'tsa.key'), key)
  writeFileSync(join(folder, 'tsa.crt'), cert)

  const stamp = (query: Uint8Array): Buffer => {
    if (now !== undefined) return stampAt(now(), query)
    writeFileSync(join(folder, 'query.tsq'), query)
    openssl('ts', '-reply', '-config', 'tsa.cnf', '-section', 'own', '-queryfile', 'query.tsq', '-out', 'reply.tsr')
    return readFileSync(join(folder, 'reply.tsr'))
  }
  // DER writes a number without leading zero bytes.
  let serial = 0x01_00_00_00
  /** RFC 3161 section 2.4.2, of the queries that we send: imprint and nonce stand in them as they do in the answer. */
  const stampAt = (moment: Date, query: Uint8Array): Buffer => {
    const imprint = query.subarray(5, 5 + 51)
    const nonce = query.subarray(56, 58 + query[57]!)
    const time = Buffer.from(`${moment.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`)
    const number = Buffer.alloc(4)
    number.writeUInt32BE(++serial)
    const version = tlv(0x02, Buffer.from([1]))
    const policy = oid(0x2a, 0x03, 0x04, 0x01) // 1.2.3.4.1
    writeFileSync(join(folder, 'info'), seq(version, policy, imprint, tlv(0x02, number), tlv(0x18, time), nonce))
    const sign = ['-sign', '-cades', '-md', 'sha256', '-signer', 'tsa.crt', '-inkey', 'tsa.key']
    const content = ['-binary', '-nodetach', '-econtent_type', '1.2.840.113549.1.9.16.1.4', '-in', 'info']
    openssl('cms', ...sign, ...content, '-outform', 'DER', '-out', 'token')
    return seq(seq(tlv(0x02, Buffer.from([0]))), readFileSync(join(folder, 'token')))
  }
  const authority: Omit<Authority, 'url'> = {
    caFile: join(folder, 'tsa.crt'),
    asked: [],
    answer: null,
    stamp,
    verify(data, reply) {
      writeFileSync(join(folder, 'data'), data)
      writeFileSync(join(folder, 'stored.tsr'), reply)
      return openssl('ts', '-verify', '-data', 'data', '-in', 'stored.tsr', '-CAfile', 'tsa.crt')
    },
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const query = Buffer.concat(chunks)
    authority.asked.push({ contentType: request.headers['content-type'], query })
    const {
      status = 200,
      contentType = 'application/timestamp-reply',
      body,
    } = authority.answer?.(query) ?? {
      body: stamp(query),
    }
    response.writeHead(status, { 'content-type': contentType }).end(body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return Object.assign(authority, { url: new URL(`http://127.0.0.1:${port}/tsr`) })
}
