/** Card, banner, empty state, facts, table, paging: what pages are put together from. */
import { type Child, Children, cloneElement, createContext, isValidElement, useContext } from 'hono/jsx'
import type { JsonValue } from '../../domain/json.ts'
import { counted, factName, factText, number } from '../../domain/words.ts'
import { bearable } from './text.tsx'

type WithChildren = { children?: Child }

export function PageHead({ title, lead, children }: { title: Child; lead?: Child } & WithChildren) {
  return (
    <div class="page-head">
      <div>
        <h1>{title}</h1>
        {lead === undefined ? null : <p class="lead">{lead}</p>}
      </div>
      {children === undefined ? null : <div class="page-actions">{children}</div>}
    </div>
  )
}

export function Card({ title, id, note, children }: { title?: Child; id?: string; note?: Child } & WithChildren) {
  return (
    <section class="card" {...(id === undefined ? {} : { id, 'aria-labelledby': `${id}-title` })}>
      {title === undefined ? null : (
        <div class="card-head">
          <h2 {...(id === undefined ? {} : { id: `${id}-title` })}>{title}</h2>
          {note === undefined ? null : <span class="muted">{note}</span>}
        </div>
      )}
      {children}
    </section>
  )
}

export type Tone = 'fail' | 'unknown' | 'pass' | 'info'

export function Banner({ tone, children }: { tone: Tone } & WithChildren) {
  return <div class={`banner banner-${tone}`}>{children}</div>
}

/** What came of the form that led here. */
export function Said({ text }: { text: string | null }) {
  return text === null ? null : (
    <Banner tone="info">
      <p>{text}</p>
    </Banner>
  )
}

export function Empty({ title, children }: { title: string } & WithChildren) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <p class="muted">{children}</p>}
    </div>
  )
}

/** Names and values, side by side. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: Child])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** More than these are folded: the sentence beside them names what stands in the way. */
const FACTS_OPEN = 6

/** The values that decided, as the vendor sent them. */
export function FindingFacts({
  facts,
  whole = false,
}: {
  facts: Readonly<Record<string, JsonValue>>
  /** Unfolded, however many there are. */
  whole?: boolean
}) {
  const entries = Object.entries(facts)
  if (entries.length === 0) return <span class="muted">none</span>
  const list = (
    <dl class="decided">
      {entries.map(([name, value]) => (
        <>
          <dt>{bearable(factName(name), 120)}</dt>
          <dd dir="auto">{bearable(factText(value, name), 300)}</dd>
        </>
      ))}
    </dl>
  )
  if (whole || entries.length <= FACTS_OPEN) return list
  return (
    <details>
      <summary>{counted(entries.length, 'value')}</summary>
      {list}
    </details>
  )
}

export interface Column {
  readonly word: string
  /** Numbers stand to the right. */
  readonly numeric?: boolean
  /** Only for those who hear the page: the column explains itself to the eye. */
  readonly silent?: boolean
}

const Columns = createContext<readonly Column[]>([])

export function Table({ caption, columns, children }: { caption: string; columns: readonly Column[] } & WithChildren) {
  return (
    <section
      class={columns.length > 2 ? 'table-box stacks' : 'table-box'}
      tabindex={0}
      aria-label={`${caption}: table`}
    >
      <table>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ word, numeric, silent }) => (
              <th scope="col" class={numeric === true ? 'numeric' : undefined}>
                {silent === true ? <span class="sr">{word}</span> : word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Columns.Provider value={columns}>{children}</Columns.Provider>
        </tbody>
      </table>
    </section>
  )
}

/** A row of a table. Each cell carries its column's word, which a narrow window shows instead of the head. */
export function Row({ class: name, children }: { class?: string | undefined } & WithChildren) {
  const columns = useContext(Columns)
  return (
    <tr class={name}>
      {Children.map([children].flat(), (cell, index) => {
        const column = columns[index]
        return isValidElement(cell) && cell.tag === 'td' && column !== undefined && column.silent !== true
          ? cloneElement(cell, { 'data-word': column.word })
          : cell
      })}
    </tr>
  )
}

export const PAGE_SIZE = 100

export interface Page<T> {
  readonly items: readonly T[]
  readonly number: number
  readonly pages: number
  readonly total: number
}

export function pageOf<T>(all: readonly T[], asked: string | undefined, size = PAGE_SIZE): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / size))
  const wanted = /^\d{1,6}$/.test(asked ?? '') ? Number(asked) : 1
  const at = Math.min(Math.max(wanted, 1), pages)
  return { items: all.slice((at - 1) * size, at * size), number: at, pages, total: all.length }
}

/** `link` gives the address of a page of the list. */
export function Paging({
  page,
  link,
  one,
  many,
}: {
  page: Page<unknown>
  link: (number: number) => string
  one: string
  many?: string
}) {
  if (page.pages === 1) return <p class="paging muted">{counted(page.total, one, many)}</p>
  return (
    <nav class="paging" aria-label="Pages of the list">
      {page.number > 1 ? (
        <a class="button" href={link(page.number - 1)} rel="prev">
          Previous
        </a>
      ) : null}
      <span class="muted">
        Page {number(page.number)} of {number(page.pages)} · {counted(page.total, one, many)}
      </span>
      {page.number < page.pages ? (
        <a class="button" href={link(page.number + 1)} rel="next">
          Next
        </a>
      ) : null}
    </nav>
  )
}
