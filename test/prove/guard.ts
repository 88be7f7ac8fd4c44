/**
 * P19 and P20: neither a vendor's source nor an endpoint of webhooks leads to an address that the operator did not allow,
 * and nothing that was meant for one host reaches another. Each vector is tried through both ways out, while every
 * connection of the process is watched and none leaves the machine, and is shown to the configuration before.
 */
import { lookup as systemLookup } from 'node:dns'
import type { Lookup } from '../../src/lib/connections.ts'
import { type Begun, type DoorWatch, watchDoor } from './door-watch.ts'
import { CANARY, complaintAtLoad, type Door, type DoorOptions, vendorDoor, webhookDoor } from './doors.ts'
import { nameVectors, PUBLIC } from './guard-names.ts'
import { type Lure, lures } from './guard-redirects.ts'
import { type Answer, addressVectors, type Vector } from './guard-vectors.ts'
import { type Answering, answering, type RefusingProxy, refusingProxy, setTraps } from './traps.ts'

export interface GuardOptions {
  /** One vector of so many is tried. */
  readonly every?: number
  readonly progress?: (done: number, total: number) => void
}

interface Room {
  readonly watch: DoorWatch
  readonly base: Answering
  readonly proxy: RefusingProxy
  readonly port: number
}

export async function proveGuard({ every = 1, progress = () => {} }: GuardOptions = {}) {
  const traps = await setTraps()
  const [base, proxy] = [await answering(), await refusingProxy()]
  const restore = setEnvironment(`http://127.0.0.1:${traps.port}`)
  const watch = watchDoor()
  const room: Room = { watch, base, proxy, port: traps.port }
  const found: string[] = []
  try {
    const vectors = someOf([...addressVectors(), ...nameVectors()], every)
    const origins = traps.hosts.map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${traps.port}`)
    const tempting = someOf(lures(base.url, origins), every)
    const total = vectors.length + tempting.length + PUBLIC.length
    let done = 0
    const tried = async (problems: Promise<string[]>): Promise<boolean> => {
      const wrong = await problems
      found.push(...wrong)
      progress(++done, total)
      return wrong.length === 0
    }
    for (const vector of vectors) await tried(wrongOf(vector, room))
    for (const lure of tempting) await tried(followed(lure, room))
    let allowed = 0
    for (const vector of PUBLIC) if (await tried(wrongOf(vector, room))) allowed++
    const [reached, bytes] = [traps.connections(), traps.bytes()]
    if (reached > 0) found.push(`${reached} connections at the traps`)
    if (!(await traps.work())) found.push('the traps do not log what reaches them')
    const kinds = new Set([...vectors, ...tempting].map(({ kind }) => kind)).size
    return {
      vectors: vectors.length + tempting.length,
      lines: [
        `${vectors.length + tempting.length} vectors of ${kinds} kinds, each through both doors: ${reached} connections and ${bytes} bytes at the traps on ${traps.hosts.join(' and ')}`,
        `${allowed} of ${PUBLIC.length} public controls allowed`,
      ],
      holds: found.length === 0,
      found,
    }
  } finally {
    watch.stop()
    restore()
    await Promise.all([traps.close(), base.close(), proxy.close()])
  }
}

/** Of each kind the first, and one of so many. */
function someOf<T extends { readonly kind: string }>(all: readonly T[], every: number): T[] {
  return [...Map.groupBy(all, ({ kind }) => kind).values()].flatMap((kind) =>
    kind.filter((_, index) => index % every === 0),
  )
}

/** The variables by which other programs find a proxy: nobody configured it, so nobody may use it. */
function setEnvironment(proxy: string): () => void {
  const names = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()])
  const before = names.map((name) => [name, process.env[name]] as const)
  for (const name of names) process.env[name] = proxy
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** What went otherwise than it must, in words. */
async function wrongOf(vector: Vector, room: Room): Promise<string[]> {
  const text = vector.url.replace('PORT', String(room.port))
  const url = URL.parse(text)
  const wrong: string[] = []
  const complaint = complaintAtLoad(text, vector.allow ?? [])
  const taken = isTaken(vector, url)
  if ((complaint === null) !== taken) wrong.push(`the configuration ${taken ? `says ${complaint}` : 'takes it'}`)
  if (url === null) {
    if (vector.reaches !== null) wrong.push('is no URL')
  } else {
    for (const open of [vendorDoor.bind(null, url), webhookDoor])
      wrong.push(...(await wrongAt(open, url, vector, room)))
  }
  return wrong.map((words) => `${vector.kind} ${JSON.stringify(text)} ${JSON.stringify(vector.allow ?? [])}: ${words}`)
}

/** Whether the configuration takes it: what is certain is refused there, what a name means is asked later. */
function isTaken({ taken, answers, reaches }: Vector, url: URL | null): boolean {
  if (taken !== undefined) return taken
  if (url === null || reaches === null || url.username !== '' || url.password !== '') return false
  return answers !== undefined || reaches.length > 0
}

async function wrongAt(
  open: (options: DoorOptions) => Door,
  url: URL,
  { allow = [], answers, tries = 1, proxy = false, reaches }: Vector,
  room: Room,
): Promise<string[]> {
  const asked = { count: 0 }
  const options = { allow, lookup: scripted(answers, asked), proxy: proxy ? room.proxy.url.href : null }
  let door: Door
  try {
    door = open(options)
  } catch (error) {
    return reaches === null ? [] : [`cannot be opened: ${(error as Error).message}`]
  }
  const said: string[] = []
  try {
    for (let n = 0; n < tries; n++) {
      const headers = { authorization: `Bearer ${CANARY}` }
      said.push(await door.send({ url, method: 'GET', headers, body: null }))
    }
  } finally {
    await door.close()
  }
  const begun = room.watch.taken()
  const reached = proxy ? room.proxy.taken() : begun.flatMap(({ addresses }) => addresses)
  const want = (reaches ?? []).map((place) => place.replace('PORT', String(room.port)))
  const wrong: string[] = []
  if (reached.join() !== want.join())
    wrong.push(`reached ${reached.join() || 'nothing'}, not ${want.join() || 'nothing'}`)
  if (!isThere(begun, proxy ? room.proxy.url : url)) wrong.push('went to another port')
  // A name is asked for once, and not again when it is connected to.
  if (asked.count > tries) wrong.push(`asked ${asked.count} times for a name`)
  if (
    want.length < tries &&
    !said.some((words) => /refused|was not sent|not known|not be resolved|Invalid URL/.test(words))
  )
    wrong.push(`was not refused: ${said.join(', ')}`)
  if (said.some((words) => words.includes(CANARY))) wrong.push('tells the credential')
  return wrong.map((words) => `${door.name} ${words}`)
}

function isThere(begun: readonly Begun[], { port, protocol }: URL): boolean {
  const wanted = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  return begun.every((one) => one.port === wanted)
}

function scripted(answers: readonly Answer[] | undefined, asked: { count: number }): Lookup {
  if (answers === undefined) return systemLookup
  return (_name, _options, found) => {
    const answer = answers[Math.min(asked.count++, answers.length - 1)]!
    const [error, addresses] =
      typeof answer === 'string'
        ? [Object.assign(new Error(answer), { code: answer, syscall: 'script' }), []]
        : [null, answer]
    const family = (address: string): number => (address.includes(':') ? 6 : 4)
    process.nextTick(() =>
      found(
        error,
        addresses.map((address) => ({ address, family: family(address) })),
      ),
    )
  }
}

/** The places that are tempted to may be reached, so that only what never goes there holds. */
const LOOPBACK = ['127.0.0.0/8', '::1/128']

async function followed({ kind, name, sent, answer, unsent }: Lure, { watch, base }: Room): Promise<string[]> {
  const wrong: string[] = []
  for (const open of [vendorDoor.bind(null, base.url), webhookDoor]) {
    base.answer(answer)
    const door = open({ allow: LOOPBACK, lookup: systemLookup, proxy: null })
    const said = await door.send(sent)
    await door.close()
    const begun = watch.taken()
    const asked = base.answer(answer)
    const words: string[] = []
    if (asked.length !== (unsent === true ? 0 : 1)) words.push(`${asked.length} calls arrived (${said})`)
    if (begun.some(({ port }) => String(port) !== base.url.port)) words.push('went somewhere else')
    if (asked.some(({ headers }) => headers['host'] !== base.url.host)) words.push('named another host')
    if (said.includes(CANARY)) words.push(`tells the credential: ${said}`)
    wrong.push(...words.map((one) => `${kind}, ${name}: ${door.name} ${one}`))
  }
  return wrong
}
