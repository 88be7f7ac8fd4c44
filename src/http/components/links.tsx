/** Where things have their page. */
import type { Shown } from '../../domain/deep-link.ts'
import type { Subject } from '../../domain/finding.ts'
import { kindWord } from '../../domain/words.ts'
import { Name } from './text.tsx'

type Place = Pick<Subject, 'kind' | 'source' | 'key'>

/** Half a surrogate pair, which no address can hold, becomes U+FFFD: the link leads nowhere, and the page stands. */
export function part(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

export function checkPath(id: string, query = ''): string {
  return `/checks/${part(id)}${query}`
}
export function devicePath({ source, key }: Pick<Place, 'source' | 'key'>): string {
  return `/devices/${part(source)}/${part(key)}`
}
export function personPath({ source, key }: Pick<Place, 'source' | 'key'>): string {
  return `/people/${part(source)}/${part(key)}`
}
export function sourcePath(id: string): string {
  return `/sources/${part(id)}`
}

/** The page of a subject; null where it has none of its own. */
export function pathOf({ kind, source, key }: Place): string | null {
  if (kind === 'device') return devicePath({ source, key })
  if (kind === 'person') return personPath({ source, key })
  if (kind === 'account') return `/people?view=accounts&text=${part(key)}`
  if (kind === 'source') return sourcePath(key)
  return null
}

/** Where the vendor itself shows a thing of a source; null where nobody knows. */
export type Screens = (source: string, thing: Shown) => string | null

/** To hold it against what the vendor itself shows; nothing where there is no such address. */
export function VendorScreen({ href }: { href: string | null }) {
  if (href === null) return null
  return (
    <a class="sub" href={href} rel="noreferrer">
      {new URL(href).host}
    </a>
  )
}

export function SubjectLink({ subject, max = 40 }: { subject: Subject; max?: number }) {
  const path = pathOf(subject)
  return (
    <span class="subject">
      {path === null ? (
        <Name text={subject.label} max={max} />
      ) : (
        <a href={path}>
          <Name text={subject.label} max={max} />
        </a>
      )}
      <span class="subject-kind">{kindWord(subject.kind)}</span>
    </span>
  )
}
