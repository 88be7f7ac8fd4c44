/**
 * What can go wrong between a vendor and us, switched on while a simulator runs. A fault strikes at an endpoint, for some
 * of its calls, and changes the answer: its status, its bytes, its JSON, or the connection under it.
 */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { isJsonFault, type JsonFault, spoiled } from './json-faults.ts'
import type { Simulator } from './simulator.ts'

/** Faults of the answer as a whole or of the connection. */
export type WireFault =
  /** Any status; the body is JSON text unless its headers say otherwise. */
  | { kind: 'status'; status: number; body?: string; headers?: Record<string, string> }
  /** A page for people where JSON was asked for: a sign-in page, or a proxy's error. */
  | { kind: 'html200' }
  | { kind: 'html502' }
  | { kind: 'wrong_content_type'; contentType?: string }
  | { kind: 'empty_body' }
  /** The length announced is longer than what is sent; then the connection ends. */
  | { kind: 'truncated' }
  /** The connection is reset before the answer, or in the middle of its body. */
  | { kind: 'reset' }
  | { kind: 'reset_mid_body' }
  /** Nothing comes, and the connection stays. */
  | { kind: 'hang' }
  /** The body comes a byte at a time, `everyMs` apart. */
  | { kind: 'slow_body'; everyMs?: number }
  | { kind: 'redirect'; status?: 301 | 302 | 303 | 307 | 308; location: string; headers?: Record<string, string> }
  /** Compressed although identity was asked for. */
  | { kind: 'gzip' }
  | { kind: 'brotli' }
  /** Opens to `bytes` of white space before the JSON; more than the client's limit by default. */
  | { kind: 'gzip_bomb'; bytes?: number }
  | { kind: 'encoding_chain' }
  /** `bytes` of white space before the JSON, as they are. */
  | { kind: 'huge'; bytes?: number }
  /** Valid HTTP of the right length, but the JSON ends in the middle. */
  | { kind: 'half_json' }

export type Fault = (WireFault | JsonFault) & {
  /** A name in the simulator's `endpoints`, or a pattern of the path; every call without it. */
  endpoint?: string | RegExp
  /** Strikes so often; for ever without it. */
  times?: number
  /** Lets the first so many calls through. */
  after?: number
}

interface Armed {
  readonly fault: Fault
  seen: number
  struck: number
  /** What a fault remembers of earlier answers (the cursor that it repeats). */
  readonly memory: Map<string, unknown>
}

/** The faults of one running simulator. */
export class Faults {
  #armed: Armed[] = []

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.add(fault)
  }

  /** Switches a fault on; the function returned switches it off. */
  add(fault: Fault): () => void {
    const armed: Armed = { fault, seen: 0, struck: 0, memory: new Map() }
    this.#armed.push(armed)
    return () => {
      this.#armed = this.#armed.filter((other) => other !== armed)
    }
  }

  clear(): void {
    this.#armed = []
  }

  /** How often any of the faults now on has struck. */
  get struck(): number {
    return this.#armed.reduce((sum, { struck }) => sum + struck, 0)
  }

  /** The fault that strikes this call: of several, the first switched on. Counts the call. */
  strike(simulator: Pick<Simulator, 'endpoints'>, method: string, path: string): Strike | null {
    let found: Armed | null = null
    for (const armed of this.#armed) {
      const { endpoint, after = 0, times = Number.POSITIVE_INFINITY } = armed.fault
      if (!isAt(simulator, endpoint, method, path)) continue
      armed.seen++
      if (found === null && armed.seen > after && armed.struck < times) found = armed
    }
    if (found === null) return null
    found.struck++
    return { fault: found.fault, memory: found.memory }
  }
}

export interface Strike {
  readonly fault: Fault
  readonly memory: Map<string, unknown>
}

function isAt(
  simulator: Pick<Simulator, 'endpoints'>,
  endpoint: string | RegExp | undefined,
  method: string,
  path: string,
): boolean {
  if (endpoint === undefined) return true
  if (endpoint instanceof RegExp) return endpoint.test(path)
  const named = simulator.endpoints[endpoint]
  if (named === undefined) throw new RangeError(`the simulator has no endpoint "${endpoint}"`)
  return named.method === method && named.path.test(path)
}

/** An answer as it will be written, and how. */
export interface Written {
  status: number
  headers: Record<string, string | string[]>
  body: Uint8Array
  /** `whole`: as HTTP wants it; the others break off, stay silent or drip. */
  manner: 'whole' | 'cut' | 'reset' | 'reset_mid_body' | 'hang' | 'drip'
  everyMs?: number
}

const HTML = '<!doctype html><html><head><title>Sign in</title></head><body><p>Please sign in.</p></body></html>'
const HTML_502 = '<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>'
/** Just over the 256 MiB that a client takes by default. */
const BOMB_BYTES = 257 * 2 ** 20
const MIB_OF_SPACES = Buffer.alloc(2 ** 20, ' ')

/** The answer as the fault leaves it. */
export function struck({ fault, memory }: Strike, answer: Written): Written {
  if (isJsonFault(fault)) {
    const body = spoiled(fault, memory, Buffer.from(answer.body).toString('utf8'))
    return body === null ? answer : { ...answer, body: Buffer.from(body) }
  }
  switch (fault.kind) {
    case 'status':
      return page(fault.status, fault.body ?? '{"message":"simulated"}', 'application/json', fault.headers)
    case 'html200':
      return page(200, HTML, 'text/html; charset=utf-8')
    case 'html502':
      return page(502, HTML_502, 'text/html')
    case 'wrong_content_type':
      return { ...answer, headers: { ...answer.headers, 'content-type': fault.contentType ?? 'text/plain' } }
    case 'empty_body':
      return { ...answer, body: new Uint8Array() }
    case 'half_json':
      return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) }
    case 'truncated':
      return { ...answer, manner: 'cut' }
    case 'reset':
    case 'reset_mid_body':
    case 'hang':
      return { ...answer, manner: fault.kind }
    case 'slow_body':
      return { ...answer, manner: 'drip', everyMs: fault.everyMs ?? 50 }
    case 'redirect':
      return page(fault.status ?? 302, '', 'text/plain', { ...fault.headers, location: fault.location })
    case 'gzip':
      return encoded(answer, 'gzip', gzipSync(answer.body))
    case 'brotli':
      return encoded(answer, 'br', brotliCompressSync(answer.body))
    case 'encoding_chain':
      return encoded(answer, 'gzip, gzip', gzipSync(gzipSync(answer.body)))
    case 'gzip_bomb':
      return encoded(answer, 'gzip', bomb(fault.bytes ?? BOMB_BYTES, answer.body))
    case 'huge':
      return { ...answer, body: Buffer.concat([Buffer.alloc(fault.bytes ?? BOMB_BYTES, ' '), answer.body]) }
  }
}

function page(status: number, text: string, contentType: string, headers: Record<string, string> = {}): Written {
  return { status, headers: { 'content-type': contentType, ...headers }, body: Buffer.from(text), manner: 'whole' }
}

function encoded(answer: Written, encoding: string, body: Uint8Array): Written {
  return { ...answer, headers: { ...answer.headers, 'content-encoding': encoding }, body }
}

/** A gzip file may have many members (RFC 1952 section 2.2): one MiB compressed once, then as often as needed. */
function bomb(bytes: number, body: Uint8Array): Uint8Array {
  const member = gzipSync(MIB_OF_SPACES)
  return Buffer.concat([...Array.from({ length: Math.ceil(bytes / 2 ** 20) }, () => member), gzipSync(body)])
}
