/**
 * What an operator reads while we run: a line of JSON each, for whatever gathers logs, or a readable line where a person
 * sits at a terminal. Nothing leaves here that was not cleaned of credentials.
 */
import { pino, stdTimeFunctions } from 'pino'
import { redact } from './redact.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

export type Fields = Readonly<Record<string, string | number | boolean | null>>

export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

export interface LogOptions {
  readonly level: Level
  /** A person reads it. */
  readonly readable: boolean
  /** Takes one line, its end included. */
  write(line: string): void
  /** Credentials as they are now: no line holds one. Those known by their shape go without being named. */
  secrets?(): readonly string[]
}

/** What `LOG` says; "info" where it says nothing or nothing known. */
export function levelOf(text: string | undefined): Level {
  return LEVELS.find((level) => level === text?.trim().toLowerCase()) ?? 'info'
}

export function openLog({ level, readable, write, secrets = () => [] }: LogOptions): Log {
  const clean = (line: string): void => write(redact(readable ? readableLine(line) : line, secrets()))
  const out = pino(
    {
      level,
      // Process id and host are what the system's own log adds.
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: clean },
  )
  const at =
    (name: Level) =>
    (message: string, fields: Fields = {}): void =>
      out[name](fields, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** "09:15:00 warn  mdm: … · status 503": fields behind the message, a stack below it. */
function readableLine(line: string): string {
  const { level, time, message, stack, ...fields } = JSON.parse(line) as Record<string, string>
  const beside = Object.entries(fields).map(([name, value]) => ` · ${name} ${value}`)
  const below = stack === undefined ? '' : `\n${stack.replace(/^/gm, '  ')}`
  const mark = level === 'info' ? '' : `${level} `
  return `${time!.slice(11, 19)} ${mark}${message}${beside.join('')}${below}\n`
}

/** What is known of an error, for the log alone: people are shown an id. */
export function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: String(error) }
  const stack = error.stack ?? error.message
  return { stack: error.cause === undefined ? stack : `${stack}\ncaused by ${causeOf(error.cause)}` }
}

function causeOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
