/** The request log of a pull as columns: what repeats costs next to nothing once compressed, moments are steps. */
import type { RequestNote } from '../domain/connector.ts'
import type { Instant } from '../domain/time.ts'
import { millisOf } from './moments.ts'
import { type NumbersCoding, packNumbers, packSigned, sizeOf, unpackNumbers, unpackSigned } from './numbers.ts'

/** What a note says that the answer at its place says too. */
export interface NotePlace<P> {
  readonly place: P
  readonly answer: { readonly sha256: string; readonly request: string; readonly bytes: number | null } | null
}

/** Stands for "as the answer at this place". */
const SAME = 0
/** The same for a number of bytes, which may be 0. */
const SAME_BYTES = -1

export interface PackedNotes {
  readonly places: readonly number[]
  readonly requests: readonly (string | typeof SAME)[]
  readonly sha256: readonly (string | null | typeof SAME)[]
  readonly startedAt: PackedInstants
  /** How the durations stand in the bytes behind the log; as they are where one is no whole number. */
  readonly durationMs: NumbersCoding | readonly number[]
  readonly bytes: readonly number[]
  readonly rest: { readonly [K in Rest]: readonly RequestNote[K][] }
}
type Rest = 'host' | 'address' | 'certificate' | 'status' | 'date' | 'requestId' | 'error'

export function packNotes(
  notes: readonly RequestNote[],
  placeOf: (note: RequestNote) => NotePlace<number>,
): { notes: PackedNotes; behind: readonly Uint8Array[] } {
  const places = notes.map(placeOf)
  const durations = notes.map(({ durationMs }) => durationMs)
  const packed = durations.every((ms) => Number.isSafeInteger(ms) && ms >= 0) ? packNumbers(durations) : null
  const started = packInstants(notes.map(({ startedAt }) => startedAt))
  const packedNotes: PackedNotes = {
    places: packSteps(places.map(({ place }) => place)),
    requests: notes.map(({ request }, at) => (places[at]!.answer?.request === request ? SAME : request)),
    sha256: notes.map(({ sha256 }, at) => (places[at]!.answer?.sha256 === sha256 ? SAME : sha256)),
    startedAt: started.packed,
    durationMs: packed?.coding ?? durations,
    bytes: notes.map(({ bytes, sha256 }, at) => {
      const answer = places[at]!.answer
      return answer !== null && answer.sha256 === sha256 && answer.bytes === bytes ? SAME_BYTES : bytes
    }),
    rest: {
      host: notes.map(({ host }) => host),
      address: notes.map(({ address }) => address),
      certificate: notes.map(({ certificate }) => certificate),
      status: notes.map(({ status }) => status),
      date: notes.map(({ date }) => date),
      requestId: notes.map(({ requestId }) => requestId),
      error: notes.map(({ error }) => error),
    },
  }
  return { notes: packedNotes, behind: packed === null ? [started.bytes] : [started.bytes, packed.bytes] }
}

export function unpackNotes(
  packed: PackedNotes,
  next: NextBytes,
  placeOf: (place: number) => NotePlace<string>,
): RequestNote[] {
  const startedAt = unpackInstants(packed.startedAt, next)
  const { rest, bytes } = packed
  const durationMs: readonly number[] =
    'low' in packed.durationMs ? unpackNumbers(packed.durationMs, next(sizeOf(packed.durationMs))) : packed.durationMs
  return unpackSteps(packed.places).map((id, at) => {
    const { place, answer } = placeOf(id)
    const request = packed.requests[at]!
    const sha256 = packed.sha256[at]!
    return {
      place,
      request: request === SAME ? (answer?.request ?? '') : request,
      host: rest.host[at]!,
      address: rest.address[at]!,
      certificate: rest.certificate[at]!,
      startedAt: startedAt[at]!,
      durationMs: durationMs[at]!,
      status: rest.status[at]!,
      bytes: bytes[at] === SAME_BYTES ? (answer?.bytes ?? 0) : bytes[at]!,
      sha256: sha256 === SAME ? (answer?.sha256 ?? null) : sha256,
      date: rest.date[at]!,
      requestId: rest.requestId[at]!,
      error: rest.error[at]!,
    }
  })
}

export function packSteps(values: readonly number[]): number[] {
  return values.map((value, at) => value - (values[at - 1] ?? 0))
}

export function unpackSteps(steps: readonly number[]): number[] {
  let value = 0
  return steps.map((step) => {
    value += step
    return value
  })
}

/** The bytes behind a log, one part after the other. */
export type NextBytes = (length: number) => Uint8Array

export type PackedInstants =
  /** From the first on as steps of milliseconds. */
  | { readonly first: number; readonly steps: NumbersCoding }
  /** Milliseconds after the call ended that brought the answer. */
  | { readonly late: NumbersCoding }
  /** As they are where one is not written our way. */
  | { readonly instants: readonly Instant[] }

/** @param ends in milliseconds, of the calls that brought the answers; null where one is not known */
export function packInstants(
  values: readonly Instant[],
  ends: readonly (number | null)[] = [],
): { packed: PackedInstants; bytes: Uint8Array } {
  const moments = new Float64Array(values.length)
  for (let at = 0; at < values.length; at++) {
    const millis = millisOf(values[at]!)
    if (millis === null) return { packed: { instants: values }, bytes: new Uint8Array() }
    moments[at] = millis
  }
  const first = moments[0] ?? 0
  const steps = packSigned(moments.map((at, index) => at - (moments[index - 1] ?? first)))
  if (ends.length === moments.length && ends.every((end) => Number.isSafeInteger(end))) {
    const late = packSigned(moments.map((at, index) => at - ends[index]!))
    if (late.bytes.length < steps.bytes.length) return { packed: { late: late.coding }, bytes: late.bytes }
  }
  return { packed: { first, steps: steps.coding }, bytes: steps.bytes }
}

export function unpackInstants(
  packed: PackedInstants,
  next: NextBytes,
  ends: readonly (number | null)[] = [],
): Instant[] {
  if ('instants' in packed) return [...packed.instants]
  if ('late' in packed) {
    const late = unpackSigned(packed.late, next(sizeOf(packed.late)))
    return late.map((ms, index) => new Date(ends[index]! + ms).toISOString())
  }
  let at = packed.first
  return unpackSigned(packed.steps, next(sizeOf(packed.steps))).map((step) => {
    at += step
    return new Date(at).toISOString()
  })
}
