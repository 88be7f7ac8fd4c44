/**
 * One request over one connection, and what comes back of it. By undici's handler and not by its `request()`: the stream
 * that it makes for each body costs more than all else of a call for a kilobyte, and a pull makes 20,000.
 */
import type { Client, Dispatcher } from 'undici'
import { type Intake, intakeOf } from './body.ts'

export interface Outgoing {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  readonly body: string | Uint8Array | null
}

/** What came of an answer, filled in as it arrives. */
export interface Seen {
  /** 0 while nothing came. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Null while it is not here whole. */
  readonly body: Uint8Array | null
}

export class Exchange implements Seen, Dispatcher.DispatchHandler {
  status = 0
  headers: Readonly<Record<string, string>> = {}
  body: Uint8Array | null = null
  private readonly boundOf: (seen: Seen) => number
  private readonly ended = Promise.withResolvers<void>()
  private controller: Dispatcher.DispatchController | null = null
  private intake: Intake | null = null
  private stopped: Error | null = null

  /** @param boundOf the bytes that the body may have, by status and headers */
  constructor(boundOf: (seen: Seen) => number) {
    this.boundOf = boundOf
  }

  /** Resolves when the answer is here whole; throws the errors of an intake and whatever breaks the connection. */
  over(client: Client, outgoing: Outgoing): Promise<void> {
    if (this.stopped === null) client.dispatch(outgoing, this)
    return this.ended.promise
  }

  /** Ends it wherever it stands, while it waits for its connection too. */
  stop(): void {
    this.stopped = new Error('the exchange was stopped')
    this.controller?.abort(this.stopped)
    this.failed(this.stopped)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.stopped === null) this.controller = controller
    else controller.abort(this.stopped)
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Received): void {
    // An interim answer (RFC 9110 section 15.2): the answer is still to come.
    if (status < 200) return
    this.status = status
    this.headers = flat(headers)
    this.intake = intakeOf(this.headers, this.boundOf(this), controller)
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Uint8Array): void {
    this.intake!.add(part)
  }

  onResponseEnd(): void {
    try {
      const whole = this.intake!.whole()
      if (whole instanceof Promise)
        whole.then(
          (body) => this.arrived(body),
          (error: Error) => this.failed(error),
        )
      else this.arrived(whole)
    } catch (error) {
      this.failed(error as Error)
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.failed(error)
  }

  private arrived(body: Uint8Array): void {
    this.body = body
    this.ended.resolve()
  }

  private failed(error: Error): void {
    this.intake?.drop()
    this.ended.reject(error)
  }
}

type Received = Readonly<Record<string, string | string[] | undefined>>

function flat(headers: Received): Record<string, string> {
  const one: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined && name !== '__proto__') one[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return one
}
