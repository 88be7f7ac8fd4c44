/** What is told, addressed: events with their ids, their links and those who asked for them. */
import type { Config } from './config.ts'
import { type EventFrame, type EventType, isWanted } from './domain/event.ts'
import type { JsonObject, JsonValue } from './domain/json.ts'
import type { NewEvent } from './domain/outbox.ts'
import type { Told } from './domain/run-events.ts'
import type { Instant } from './domain/time.ts'
import { cutMiddle } from './lib/cut.ts'
import { sha256 } from './lib/digest.ts'

type TellingConfig = Pick<Config, 'settings' | 'origin' | 'webhooks'>

export interface Occasion {
  readonly at: Instant
  /** Null where it is about no run. */
  readonly run: string | null
  /** What no other occasion has: the ids of its events are made of it. */
  readonly id: string
}

/** Events that somebody wants; an endpoint given is told whatever it asked for. */
export function addressed(told: readonly Told[], config: TellingConfig, occasion: Occasion, only?: string): NewEvent[] {
  const { settings, origin, webhooks } = config
  return told.flatMap(({ type, data, page, api }, index) => {
    const endpoints = only === undefined ? wanting(type, webhooks) : [only]
    if (endpoints.length === 0) return []
    const frame: EventFrame = {
      organization: settings.organization.id,
      demo: settings.demo,
      run: occasion.run,
      link: new URL(page, origin).href,
      api: new URL(api, origin).href,
    }
    const id = `evt_${sha256(`${occasion.id}\0${index}`).slice(0, 32)}`
    const whole = bearable({ ...frame, ...data } as unknown as JsonObject) as JsonObject
    return [{ id, type, at: occasion.at, data: whole, endpoints }]
  })
}

/** Receivers are promised small bodies; what a vendor calls its things by has no bound. */
const LONGEST = 500

function bearable(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.length > LONGEST ? cutMiddle(value, LONGEST) : value
  if (Array.isArray(value)) return value.slice(0, LONGEST / 10).map(bearable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, bearable(each)]))
}

function wanting(type: EventType, webhooks: TellingConfig['webhooks']): string[] {
  return webhooks.filter(({ events }) => isWanted(type, events)).map(({ id }) => id)
}

/** A test of one endpoint, on request. */
export function testEvent(endpoint: string, config: TellingConfig, occasion: Occasion): NewEvent {
  const told: Told<'webhook.test'> = {
    type: 'webhook.test',
    data: { endpoint },
    page: '/webhooks',
    api: '/api/v1/webhooks',
  }
  return addressed([told as Told], config, occasion, endpoint)[0]!
}
