/** The request log of a pull as columns: what repeats costs next to nothing once compressed, moments are steps. */
import type { RequestNote } from '../domain/connector.ts'
import type { Instant } from '../domain/time.ts'

/** What a note says that the answer at its place says too. */
export interface NotePlace<P> {
  readonly place: P
  readonly answer: { readonly sha256: string; readonly request: string } | null
}

/** Stands for "as the answer at this place". */
const SAME = 0

export interface PackedNotes {
  readonly places: readonly number[]
  readonly requests: readonly (string | typeof SAME)[]
  readonly sha256: readonly (string | null | typeof SAME)[]
  readonly startedAt: readonly (number | string)[]
  readonly rest: { readonly [K in Rest]: readonly RequestNote[K][] }
}
type Rest = 'host' | 'address' | 'certificate' | 'durationMs' | 'status' | 'bytes' | 'date' | 'requestId' | 'error'

export function packNotes(
  notes: readonly RequestNote[],
  placeOf: (note: RequestNote) => NotePlace<number>,
): PackedNotes {
  const places = notes.map(placeOf)
  return {
    places: packNumbers(places.map(({ place }) => place)),
    requests: notes.map(({ request }, at) => (places[at]!.answer?.request === request ? SAME : request)),
    sha256: notes.map(({ sha256 }, at) => (places[at]!.answer?.sha256 === sha256 ? SAME : sha256)),
    startedAt: packInstants(notes.map(({ startedAt }) => startedAt)),
    rest: {
      host: notes.map(({ host }) => host),
      address: notes.map(({ address }) => address),
      certificate: notes.map(({ certificate }) => certificate),
      durationMs: notes.map(({ durationMs }) => durationMs),
      status: notes.map(({ status }) => status),
      bytes: notes.map(({ bytes }) => bytes),
      date: notes.map(({ date }) => date),
      requestId: notes.map(({ requestId }) => requestId),
      error: notes.map(({ error }) => error),
    },
  }
}

export function unpackNotes(packed: PackedNotes, placeOf: (place: number) => NotePlace<string>): RequestNote[] {
  const startedAt = unpackInstants(packed.startedAt)
  const { rest } = packed
  return unpackNumbers(packed.places).map((id, at) => {
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
      durationMs: rest.durationMs[at]!,
      status: rest.status[at]!,
      bytes: rest.bytes[at]!,
      sha256: sha256 === SAME ? (answer?.sha256 ?? null) : sha256,
      date: rest.date[at]!,
      requestId: rest.requestId[at]!,
      error: rest.error[at]!,
    }
  })
}

export function packNumbers(values: readonly number[]): number[] {
  return values.map((value, at) => value - (values[at - 1] ?? 0))
}

export function unpackNumbers(steps: readonly number[]): number[] {
  let value = 0
  return steps.map((step) => {
    value += step
    return value
  })
}

/** Milliseconds as steps; as they are where one is not written our way. */
export function packInstants(values: readonly Instant[]): (number | string)[] {
  const moments = values.map((value) => Date.parse(value))
  const exact = moments.every((at, index) => !Number.isNaN(at) && new Date(at).toISOString() === values[index])
  return exact ? packNumbers(moments) : [...values]
}

export function unpackInstants(packed: readonly (number | string)[]): Instant[] {
  let at = 0
  return packed.map((step) => {
    if (typeof step === 'string') return step
    at += step
    return new Date(at).toISOString()
  })
}
