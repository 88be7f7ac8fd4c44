/**
 * Time stamps of an outside authority (RFC 3161): the request as DER, and of the answer only what tells whether it is the
 * answer to that request. The answer is kept as it came; its signature is for `openssl ts -verify` to judge.
 */
import { sha256 } from '../lib/digest.ts'

export interface StampRequest {
  /** The body to send as `application/timestamp-query`. */
  readonly query: Uint8Array
  /** SHA-256 of the data, hex. */
  readonly imprint: string
  /** Hex, without leading zero bytes. */
  readonly nonce: string
}

/** An answer that is no stamp of what was asked for. */
export class StampRefused extends Error {
  override readonly name = 'StampRefused'
}

const INTEGER = 0x02
const BOOLEAN = 0x01
const OCTETS = 0x04
const NULL = 0x05
const OID = 0x06
const TIME = 0x18
const SEQUENCE = 0x30
/** [0] EXPLICIT. */
const CONTEXT_0 = 0xa0
/** RFC 5754 section 2.2: id-sha256. */
const SHA256 = Buffer.from([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01])
/** RFC 5652 section 5.1: id-signedData. */
const SIGNED_DATA = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02])
/** RFC 3161 section 2.4.2: id-ct-TSTInfo. */
const TST_INFO = Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04])

/** TimeStampReq, version 1, with nonce and certReq (RFC 3161 section 2.4.1). @param random 8 bytes or more */
export function stampRequest(data: Uint8Array | string, random: Uint8Array): StampRequest {
  const imprint = sha256(data)
  // Below 0x80 so that it is positive, above 0 so that DER writes it as it is.
  const nonce = Buffer.from(random)
  nonce[0] = (nonce[0]! & 0x7f) | 0x40
  const algorithm = tlv(SEQUENCE, tlv(OID, SHA256), tlv(NULL))
  const query = tlv(
    SEQUENCE,
    tlv(INTEGER, Buffer.from([1])),
    tlv(SEQUENCE, algorithm, tlv(OCTETS, Buffer.from(imprint, 'hex'))),
    tlv(INTEGER, nonce),
    tlv(BOOLEAN, Buffer.from([0xff])),
  )
  return { query, imprint, nonce: nonce.toString('hex') }
}

/** The authority's time. Throws StampRefused for a refusal, and for a stamp over something else or of another request. */
export function stampedAt(reply: Uint8Array, asked: Pick<StampRequest, 'imprint' | 'nonce'>): string {
  const stamp = readStamp(reply)
  if (stamp.imprint !== asked.imprint) throw new StampRefused('the stamp is over something else')
  if (stamp.nonce !== asked.nonce) throw new StampRefused('the stamp answers another request')
  return stamp.at
}

/** What a granted stamp is over, and when; with nobody's word for it. Throws StampRefused. */
export function readStamp(reply: Uint8Array): { imprint: string; nonce: string | null; at: string } {
  const [status, token] = parts(only(Buffer.from(reply), SEQUENCE))
  const code = parts(wanted(status, SEQUENCE))[0]
  const granted = wanted(code, INTEGER)
  // RFC 3161 section 2.4.2: 0 granted, 1 granted with modifications; everything else comes without a token.
  if (granted.length !== 1 || granted[0]! > 1) throw new StampRefused('the authority did not grant the stamp')
  const info = parts(only(tstInfoOf(wanted(token, SEQUENCE)), SEQUENCE))
  const imprint = wanted(parts(wanted(info[2], SEQUENCE))[1], OCTETS).toString('hex')
  const nonce = info
    .slice(5)
    .find(({ tag }) => tag === INTEGER)
    ?.value.toString('hex')
  return { imprint, nonce: nonce ?? null, at: instantOf(wanted(info[4], TIME).toString('latin1')) }
}

/** ContentInfo → SignedData → EncapsulatedContentInfo → TSTInfo. */
function tstInfoOf(contentInfo: Buffer): Buffer {
  const [type, content] = parts(contentInfo)
  const signedData = parts(only(wanted(content, CONTEXT_0), SEQUENCE))
  const [innerType, inner] = parts(wanted(signedData[2], SEQUENCE))
  if (!wanted(type, OID).equals(SIGNED_DATA) || !wanted(innerType, OID).equals(TST_INFO)) throw malformed()
  return only(wanted(inner, CONTEXT_0), OCTETS)
}

/** GeneralizedTime as RFC 3161 section 2.4.2 allows it: UTC, with or without a fraction. */
function instantOf(text: string): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?Z$/.exec(text)
  if (match === null) throw malformed()
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}

// ── DER (X.690): tag, length, value ────────────────────────────────────────────────────────────────────────────────

interface Part {
  readonly tag: number
  readonly value: Buffer
}

function tlv(tag: number, ...values: Uint8Array[]): Buffer {
  const value = Buffer.concat(values)
  if (value.length >= 0x80) throw new RangeError('a time stamp request is never that long')
  return Buffer.concat([Buffer.from([tag, value.length]), value])
}

function parts(bytes: Buffer): Part[] {
  const found: Part[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!
    const first = bytes[at + 1]
    if (first === undefined) throw malformed()
    const count = first < 0x80 ? 0 : first & 0x7f
    const start = at + 2 + count
    // Indefinite lengths (0x80) are BER, and four bytes are more than any answer holds.
    if (first === 0x80 || count > 4 || start > bytes.length) throw malformed()
    const length = count === 0 ? first : bytes.readUIntBE(at + 2, count)
    if (start + length > bytes.length) throw malformed()
    found.push({ tag, value: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}

function wanted(part: Part | undefined, tag: number): Buffer {
  if (part?.tag !== tag) throw malformed()
  return part.value
}

function only(bytes: Buffer, tag: number): Buffer {
  const [one, ...rest] = parts(bytes)
  if (rest.length > 0) throw malformed()
  return wanted(one, tag)
}

function malformed(): StampRefused {
  return new StampRefused('the answer is no time stamp')
}
