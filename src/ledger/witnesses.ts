/**
 * What makes a checkpoint leave the machine: the operator's file and a time stamp authority. Neither can make a run fail
 * that is sealed already; what went wrong is told, and tried again at the next run.
 */
import { appendCheckpoints, type CheckpointSource, type Noted } from './checkpoint-file.ts'
import { stampedAt, stampRequest } from './timestamp.ts'

export interface Stamp {
  readonly size: number
  readonly authority: string
  readonly stampedAt: string
  readonly reply: Uint8Array
}

export interface WitnessStore extends CheckpointSource {
  newestStamp(): Promise<Stamp | null>
  keepStamp(stamp: Stamp): Promise<void>
}

export interface Witnesses {
  /** Absolute path. */
  readonly checkpoints: string | null
  readonly timestamps: {
    readonly url: URL
    readonly everyMs: number
    /** How long before it would be too old a stamp is renewed: the time to the next run. */
    readonly earlyMs: number
  } | null
}

export interface WitnessTools {
  readonly store: WitnessStore
  /** POSTs a time stamp query through the guarded client. */
  send(url: URL, query: Uint8Array): Promise<Uint8Array>
  now(): string
  /** Unguessable. */
  randomBytes(count: number): Uint8Array
  /** Keeps why the newest attempt brought no stamp, for the check that judges the anchor; null when it did. */
  failed(message: string | null): Promise<void>
  /** For the person at the console. */
  notice(text: string): void
}

export async function publish(checkpoint: Noted, witnesses: Witnesses, tools: WitnessTools): Promise<void> {
  if (witnesses.checkpoints !== null) {
    try {
      await appendCheckpoints(witnesses.checkpoints, tools.store)
    } catch (error) {
      tools.notice(wordsOf(error, `ledger: ${witnesses.checkpoints} could not be appended to`))
    }
  }
  if (witnesses.timestamps === null || !(await isDue(witnesses.timestamps, tools))) return
  try {
    await stamp(checkpoint, witnesses.timestamps.url, tools)
    await tools.failed(null)
  } catch (error) {
    const message = wordsOf(error, `ledger: ${witnesses.timestamps.url.host} gave no time stamp`)
    await tools.failed(message)
    tools.notice(`${message}; tried again at the next run`)
  }
}

/** At most one per `everyMs`, taken at the last run before the newest would be older than that. */
async function isDue(
  { everyMs, earlyMs }: NonNullable<Witnesses['timestamps']>,
  { store, now }: WitnessTools,
): Promise<boolean> {
  const newest = await store.newestStamp()
  if (newest === null) return true
  // A stamp every few minutes must still keep its distance.
  const wait = everyMs - Math.min(earlyMs, everyMs / 2)
  return Date.parse(now()) - Date.parse(newest.stampedAt) >= wait
}

async function stamp({ size, note }: Noted, url: URL, { store, send, randomBytes }: WitnessTools): Promise<void> {
  const request = stampRequest(note, randomBytes(8))
  const reply = await send(url, request.query)
  await store.keepStamp({
    size,
    authority: `${url.origin}${url.pathname}`,
    stampedAt: stampedAt(reply, request),
    reply,
  })
}

function wordsOf(error: unknown, what: string): string {
  const { message, code } = error as { message?: string; code?: string }
  if (message?.startsWith('ledger')) return message
  return `${what} (${message ?? code ?? 'unknown cause'})`
}
