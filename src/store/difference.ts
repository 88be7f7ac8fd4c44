/**
 * What one state of a record says otherwise than another of the same shape, as a flat list of place and value. A state
 * is always told against a whole one, never against another difference: opening it takes one step, however old it is.
 */
import type { JsonValue } from '../domain/json.ts'
import type { Shape, Values } from './encode.ts'

/** Index of a field, or of one inside a field that nests. */
type Place = number | readonly [field: number, inside: number]

/** Above this share of the whole state a difference saves too little for what it costs to open. */
const LARGEST_SHARE = 0.5

/** The difference as it is stored; null where the whole state had better stand there. */
export function difference(shape: Shape, base: string, state: string): string | null {
  const from = JSON.parse(base) as Values
  const to = JSON.parse(state) as Values
  const list: (Place | JsonValue)[] = []
  for (const [at, field] of shape.fields.entries()) {
    if (typeof field === 'string') {
      if (!areEqual(from[at]!, to[at]!)) list.push(at, to[at]!)
      continue
    }
    const [before, after] = [from[at] as Values, to[at] as Values]
    for (const inside of field[1].keys()) {
      if (!areEqual(before[inside]!, after[inside]!)) list.push([at, inside], after[inside]!)
    }
  }
  const text = JSON.stringify(list)
  return text.length > state.length * LARGEST_SHARE ? null : text
}

/** The values of the state that the difference tells. */
export function applied(base: string, told: string): Values {
  const values = JSON.parse(base) as Values
  const list = JSON.parse(told) as JsonValue[]
  for (let at = 0; at < list.length; at += 2) {
    const place = list[at] as Place
    const value = list[at + 1]!
    if (typeof place === 'number') values[place] = value
    else (values[place[0]] as Values)[place[1]] = value
  }
  return values
}

function areEqual(some: JsonValue, other: JsonValue): boolean {
  return some === other || (typeof some === 'object' && JSON.stringify(some) === JSON.stringify(other))
}
