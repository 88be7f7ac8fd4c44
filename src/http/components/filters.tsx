/** The filter bar: a plain form that asks by address, so that every view of a list can be kept and sent on. */
import { Field } from './fields.tsx'
export interface Choice {
  readonly value: string
  readonly word: string
}

interface SelectField {
  readonly as: 'select'
  readonly name: string
  readonly label: string
  readonly any: string
  readonly choices: readonly Choice[]
}
interface TextField {
  readonly as: 'text'
  readonly name: string
  readonly label: string
  readonly hint: string
}
export type FilterField = SelectField | TextField

export type Asked = Readonly<Record<string, string | undefined>>

export function FilterBar({
  action,
  fields,
  asked,
  keep = {},
}: {
  action: string
  fields: readonly FilterField[]
  asked: Asked
  keep?: Asked
}) {
  const active = fields.some(({ name }) => (asked[name] ?? '') !== '')
  return (
    <search>
      <form class="filters" method="get" action={action} data-instant="">
        {Object.entries(keep).map(([name, value]) =>
          value === undefined || value === '' ? null : <input type="hidden" name={name} value={value} />,
        )}
        {fields.map((field) => (
          <Field id={`filter-${field.name}`} label={field.label}>
            {field.as === 'text' ? (
              <input
                id={`filter-${field.name}`}
                type="search"
                name={field.name}
                value={asked[field.name] ?? ''}
                placeholder={field.hint}
                maxlength={200}
                autocomplete="off"
              />
            ) : (
              <select id={`filter-${field.name}`} name={field.name}>
                <option value="">{field.any}</option>
                {field.choices.map(({ value, word }) => (
                  <option value={value} selected={asked[field.name] === value}>
                    {word}
                  </option>
                ))}
              </select>
            )}
          </Field>
        ))}
        <div class="filter-actions">
          <button class="button" type="submit">
            Filter
          </button>
          {active ? (
            <a class="button quiet" href={address(action, keep)}>
              Clear
            </a>
          ) : null}
        </div>
      </form>
    </search>
  )
}

/** A path with a query; empty values are left out. */
export function address(path: string, query: Asked): string {
  const text = new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  ).toString()
  return text === '' ? path : `${path}?${text}`
}

export function contains(text: string, asked: string | undefined): boolean {
  return asked === undefined || asked === '' || text.toLowerCase().includes(asked.trim().toLowerCase())
}
