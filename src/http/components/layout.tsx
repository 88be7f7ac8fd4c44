/** The frame around every page: marks of honesty first (demo, strange hosts), then the way around, then the page. */
import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { Instant } from '../../domain/time.ts'
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from '../assets.ts'
import type { Activity, HttpParts } from '../parts.ts'
import { Progress } from './progress.tsx'
import { MarkShapes } from './status.tsx'
import { Moment } from './text.tsx'

/** What the frame of a page says, whatever the page. */
export interface Frame {
  readonly organization: string
  readonly demo: boolean
  readonly version: string
  readonly now: Instant
  readonly activity: Activity
  /** When what is shown was read; null before the first run. */
  readonly readAt: Instant | null
  /** Sources whose host is not one that the vendor publishes. */
  readonly strangeHosts: readonly string[]
  /** Of the state that is shown: the script compares it with what it is told, and fetches the page again. */
  readonly mark: string
}

export type Section =
  | 'overview'
  | 'fixes'
  | 'checks'
  | 'controls'
  | 'people'
  | 'devices'
  | 'sources'
  | 'periods'
  | 'leavers'
  | 'reviews'
  | 'samples'
  | 'log'
  | 'exports'
  | 'webhooks'
  | 'settings'
  | 'keys'
  | 'design'
  | 'none'

const SECTIONS: readonly { id: Section; path: string; word: string }[] = [
  { id: 'overview', path: '/', word: 'Overview' },
  { id: 'fixes', path: '/fixes', word: 'Fix list' },
  { id: 'checks', path: '/checks', word: 'Checks' },
  { id: 'controls', path: '/controls', word: 'Controls' },
  { id: 'people', path: '/people', word: 'People' },
  { id: 'devices', path: '/devices', word: 'Devices' },
  { id: 'sources', path: '/sources', word: 'Sources' },
  { id: 'periods', path: '/periods', word: 'Audit' },
  { id: 'exports', path: '/exports', word: 'Exports' },
  { id: 'webhooks', path: '/webhooks', word: 'Webhooks' },
  { id: 'settings', path: '/settings', word: 'Settings' },
]

/** What lies under a section: pages of their own, a step further down, the first of them the section's. */
const UNDER: readonly (readonly { id: Section; path: string; word: string }[])[] = [
  [
    { id: 'periods', path: '/periods', word: 'Periods' },
    { id: 'leavers', path: '/leavers', word: 'Leavers' },
    { id: 'reviews', path: '/reviews', word: 'Access reviews' },
    { id: 'samples', path: '/samples', word: 'Samples' },
    { id: 'log', path: '/log', word: 'Audit log' },
  ],
  [
    { id: 'settings', path: '/settings', word: 'Settings in force' },
    { id: 'keys', path: '/keys', word: 'API keys' },
  ],
]

export interface Crumb {
  readonly path: string
  readonly word: string
}

function Document({ title, children, live = false }: { title: string; children?: Child; live?: boolean }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="icon" href={ICON_PATH} />
        <link rel="stylesheet" href={STYLE_PATH} />
        {live ? <script type="module" src={SCRIPT_PATH} /> : null}
      </head>
      <body>
        <MarkShapes />
        {children}
      </body>
    </html>
  )
}

function DemoMark() {
  return (
    <div class="demo-mark">
      <strong>DEMO</strong> A made-up organisation and simulated vendors: nothing here is evidence.
    </div>
  )
}

export function Layout({
  frame,
  title,
  section,
  crumbs = [],
  children,
}: {
  frame: Frame
  title: string
  section: Section
  crumbs?: readonly Crumb[]
  children?: Child
}) {
  const currentOf = (id: Section, path: string): 'page' | 'true' | undefined =>
    id === section ? 'page' : path === group?.[0]?.path ? 'true' : undefined
  const group = UNDER.find((pages) => pages.some(({ id }) => id === section))
  const sections = frame.demo ? [...SECTIONS, { id: 'design' as const, path: '/design', word: 'Design' }] : SECTIONS
  return (
    <>
      {raw('<!doctype html>')}
      <Document title={`${title} · ${frame.organization} · Exhibit`} live>
        <a class="skip" href="#main">
          Skip to the page
        </a>
        <header class="bar">
          {frame.demo ? <DemoMark /> : null}
          <div class="bar-inner">
            <a class="brand" href="/">
              <span class="brand-name">Exhibit</span>
              <span class="brand-org">{frame.organization}</span>
            </a>
            <nav aria-label="Pages">
              <ul>
                {sections.map(({ id, path, word }) => (
                  <li>
                    <a href={path} aria-current={currentOf(id, path)}>
                      {word}
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
            <form method="post" action="/leave" class="leave">
              <button class="button quiet" type="submit">
                Sign out
              </button>
            </form>
          </div>
        </header>
        <main id="main" tabindex={-1} data-mark={frame.mark}>
          <Progress activity={frame.activity} now={frame.now} />
          {frame.strangeHosts.length === 0 ? null : (
            <div class="host-mark">
              <strong>Not the vendor’s host:</strong> {frame.strangeHosts.join(', ')}. What{' '}
              {frame.strangeHosts.length === 1 ? 'it says' : 'they say'} does not come from an address that the vendor
              publishes.
            </div>
          )}
          {group === undefined ? null : (
            <nav class="tabs" aria-label="In this section">
              {group.map(({ id, path, word }) => (
                <a href={path} aria-current={id === section ? 'page' : undefined}>
                  {word}
                </a>
              ))}
            </nav>
          )}
          {crumbs.length === 0 ? null : (
            <nav class="crumbs" aria-label="Where this page lies">
              <ol>
                {crumbs.map(({ path, word }) => (
                  <li>
                    <a href={path}>{word}</a>
                  </li>
                ))}
              </ol>
            </nav>
          )}
          {children}
        </main>
        <footer class="foot">
          <span>
            State read <Moment at={frame.readAt} none="never" />
          </span>
          <span>Page made {<Moment at={frame.now} />}</span>
          <span>Exhibit {frame.version}</span>
        </footer>
        <div id="toast" class="toast" role="status" aria-live="polite" />
      </Document>
    </>
  )
}

/** For those who are not signed in: no way around, because nothing is open to them. */
export function BareLayout({
  parts,
  title,
  children,
}: {
  parts: Pick<HttpParts, 'demo' | 'organization'>
  title: string
  children?: Child
}) {
  return (
    <>
      {raw('<!doctype html>')}
      <Document title={`${title} · Exhibit`}>
        {parts.demo ? (
          <header>
            <DemoMark />
          </header>
        ) : null}
        <main id="main" class="bare">
          <p class="brand">
            <span class="brand-name">Exhibit</span>
            <span class="brand-org">{parts.organization.name}</span>
          </p>
          {children}
        </main>
      </Document>
    </>
  )
}
