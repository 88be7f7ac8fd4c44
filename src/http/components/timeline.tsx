/** Moments in their order. */

import type { Child } from 'hono/jsx'
import type { Instant } from '../../domain/time.ts'
import { Moment } from './text.tsx'

export interface Event {
  readonly at: Instant
  readonly what: Child
  readonly now?: boolean
}

export function Timeline({ events }: { events: readonly Event[] }) {
  return (
    <ol class="timeline">
      {events.map(({ at, what, now }) => (
        <li class={now === true ? 'now' : undefined}>
          <span class="sub">
            <Moment at={at} />
          </span>
          {what}
        </li>
      ))}
    </ol>
  )
}
