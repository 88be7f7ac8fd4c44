/** Which state or period a form asks for: a declared period, or two days, or neither. */
import type { PeriodChoice } from '../audit.ts'
import { Field } from './fields.tsx'
import { bearable } from './text.tsx'

export const NEWEST = 'newest'

/** @param name sets the fields of several forms on a page apart */
export function SpanFields({ periods, name }: { periods: readonly PeriodChoice[]; name: string }) {
  return (
    <>
      <Field id={`${name}-period`} label="Of">
        <select id={`${name}-period`} name="period">
          <option value={NEWEST}>The state of the newest run</option>
          {periods.map(({ id, title, from, to }) => (
            <option value={id}>{`${bearable(title ?? id, 60)}, ${from.slice(0, 10)} to ${to.slice(0, 10)}`}</option>
          ))}
        </select>
      </Field>
      <Field id={`${name}-from`} label="or from this day">
        <input id={`${name}-from`} type="date" name="from" />
      </Field>
      <Field id={`${name}-to`} label="to this day">
        <input id={`${name}-to`} type="date" name="to" />
      </Field>
    </>
  )
}
