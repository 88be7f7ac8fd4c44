/** Promise P28: names that others chose reach every page as text, and never as anything else. */
import { expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { createApp } from '../../src/http/app.tsx'
import { HOSTILE } from './hostile-names.ts'
import { hostileParts, loginOf } from './hostile-world.ts'

const app = createApp(hostileParts())

/** Names of elements and attributes of a page, as an HTML parser that knows quotes reads them. */
function anatomy(html: string): { elements: Set<string>; attributes: Set<string> } {
  const elements = new Set<string>()
  const found = new Set<string>()
  for (const [, name, rest] of html.matchAll(/<([a-zA-Z][^\s/>]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/g)) {
    elements.add(name!.toLowerCase())
    for (const [, attribute] of rest!.matchAll(/([^\s"'=/]+)(?:="[^"]*")?/g)) found.add(attribute!.toLowerCase())
  }
  return { elements, attributes: found }
}

const ELEMENTS =
  'a b bdi body br button caption circle code dd details dialog div dl dt figcaption figure footer form g h1 h2 h3 head header html input label li link main meta nav ol option p path pre rect script search section select span strong summary svg symbol table tbody td text textarea th thead time title tr ul use wbr'.split(
    ' ',
  )
const ATTRIBUTES =
  'action aria-current aria-hidden aria-label aria-labelledby aria-live autocomplete charset class content cx cy command commandfor d data-copy data-instant data-keep data-mark data-word datetime dir download fill for hidden height href id lang max maxlength method min name placeholder preserveaspectratio r readonly rel required role rows rowspan rx scope selected src tabindex title type value viewbox width x y'.split(
    ' ',
  )

const paths = [
  '/',
  '/fixes',
  '/checks',
  '/people',
  '/people?view=accounts',
  '/devices',
  '/sources',
  '/sources/tailnet',
  '/exports',
  '/periods',
  '/leavers',
  '/reviews',
  '/samples',
  '/log',
  '/keys',
  '/settings',
]
const ones = HOSTILE.flatMap((_, index) => [
  `/devices/tailnet/n${index}`,
  `/people/roster/${encodeURIComponent(loginOf(index).toWellFormed())}`,
])
const ofChecks = checks.map(({ id }) => `/checks/${id}`)

test.each([...paths, ...ofChecks])('%s holds fifty hostile names as text', async (path) => {
  const answer = await app.request(path, { headers: { host: 'localhost', cookie: 'exhibit=x' } })
  const html = await answer.text()
  expect(answer.status).toBe(200)
  const { elements, attributes: found } = anatomy(html)
  expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
  expect([...found].filter((each) => !ATTRIBUTES.includes(each))).toEqual([])
  expect(html).not.toMatch(/href="(?:javascript|data|vbscript):/i)
  expect(Buffer.byteLength(html)).toBeLessThan(1_500_000)
})

test('each hostile name has pages of its own, whole and harmless', async () => {
  for (const path of ones) {
    const answer = await app.request(path, { headers: { host: 'localhost', cookie: 'exhibit=x' } })
    const html = await answer.text()
    // Half a surrogate pair cannot be asked for.
    if (path.includes('%EF%BF%BD')) continue
    expect([path, answer.status]).toEqual([path, 200])
    const { elements, attributes: found } = anatomy(html)
    expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
    expect([...found].filter((each) => !ATTRIBUTES.includes(each))).toEqual([])
  }
})

test('what a visitor asks for comes back as text', async () => {
  for (const name of HOSTILE.slice(0, 20)) {
    for (const path of ['/checks', '/devices', '/people', '/fixes', '/checks/ID-02']) {
      const answer = await app.request(
        `${path}?text=${encodeURIComponent(name.slice(0, 300))}&system=${encodeURIComponent(name.slice(0, 300))}`,
        {
          headers: { host: 'localhost', cookie: 'exhibit=x' },
        },
      )
      const { elements } = anatomy(await answer.text())
      expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
    }
  }
})
