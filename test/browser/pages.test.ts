/** The running demo in Debian's Chromium: what only a browser can tell. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.tsx'
import { type Listening, listen } from '../../src/http/listen.ts'
import { PROVING } from '../helpers/proving.ts'
import { HOSTILE } from '../http/hostile-names.ts'
import { hostileParts, loginOf } from '../http/hostile-world.ts'
import { type House, openHouse, periodUnderWay } from '../http/house.ts'
import { startChromium } from './chromium.ts'
import { building, fewest, looksAt, SIZES, sideways, thinned, violations, withAxe } from './looks.ts'

/** As many pages as are looked at side by side. */
const LANES = 2

let house: House
let server: Listening
let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  house = await openHouse({ periods: [periodUnderWay()] })
  server = await listen(house.app, { host: '127.0.0.1', port: 0, fallback: false })
  browser = await startChromium()
  context = await browser.newContext({ viewport: SIZES[0] })
  page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== server.url.origin) complaints.push(`asked ${request.url()}`)
  })
  await page.goto(at(await house.link()))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
  await house.close()
})

const at = (path: string): string => new URL(path, server.url).href

describe('every page', () => {
  const kinds = [
    '/',
    '/fixes',
    '/checks',
    '/controls',
    '/people',
    '/people?view=accounts&joined=none',
    '/devices?verdict=fail',
    '/sources',
    '/sources/tailnet',
    '/exports',
    '/periods',
    '/leavers',
    '/reviews',
    '/samples',
    '/log',
    '/webhooks',
    '/settings',
    '/keys',
    '/design',
    '/nowhere',
    '/enter/used',
  ]
  let looks = 0
  let seen = 0

  async function objections(on: Page, path: string): Promise<string[]> {
    const found: string[] = []
    // The page that shows every part of all others is looked at in every way.
    const ofThisPage = looksAt(seen++, PROVING || path === '/design')
    await on.setViewportSize(SIZES[1])
    await on.goto(at(path))
    const over = await sideways(on)
    if (over > 0) found.push(`${path} is ${over} px wider than its window`)
    if (!PROVING) await thinned(on)
    for (const { size, colorScheme, only } of ofThisPage) {
      await on.setViewportSize(size)
      await on.emulateMedia({ colorScheme })
      found.push(...(await violations(on, only)).map((what) => `${path} ${size.width} ${colorScheme} ${what}`))
      looks += 1
    }
    return found
  }

  /** Check pages that differ in what they are built of, and one page each of what lists lead to. */
  async function single(): Promise<string[]> {
    const text = async (path: string): Promise<string> => (await context.request.get(at(path))).text()
    const linked = (html: string, under: string): string[] => [
      ...new Set([...html.matchAll(new RegExp(`href="(/${under}/[^"?]+)`, 'g'))].map(([, path]) => path!)),
    ]
    const built = new Map<string, Set<string>>()
    for (const path of linked(await text('/checks'), 'checks')) built.set(path, building(await text(path), PROVING))
    expect(built.size).toBe(house.parts.checks.length)
    const [device] = linked(await text('/devices?verdict=fail'), 'devices')
    const [person] = linked(await text('/people?state=access'), 'people')
    return [...fewest(built), '/checks/POS-12?status=fail', device!, person!]
  }

  // `npm run prove -- pages` looks at all rows of each page, light and dark in both windows.
  test('has nothing that axe objects to, light or dark, and fits both windows', {
    timeout: PROVING ? 600_000 : 120_000,
  }, async () => {
    const left = [...kinds, await house.link(), ...(await single())]
    const found: string[] = []
    const lane = async (): Promise<void> => {
      const on = await context.newPage()
      await withAxe(on)
      for (let path = left.pop(); path !== undefined; path = left.pop()) found.push(...(await objections(on, path)))
      await on.close()
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    process.stdout.write(`axe: ${found.length} violations in ${looks} looks at ${seen} pages\n`)
    expect(found).toEqual([])
  })

  test('is read without an error in the console and without a request elsewhere', () => {
    expect(complaints).toEqual([])
  })
})

test('a newcomer finds in three clicks from the overview why one named device is not trusted and what to do', async () => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(SIZES[0])
  await page.goto(at('/'))
  await page.getByRole('link', { name: 'Devices', exact: true }).click()
  await page.getByRole('link', { name: /^nl-win-0104/ }).click()
  await page.getByRole('heading', { name: /^nl-win-0104/, level: 1 }).waitFor()
  const why = page.getByRole('region', { name: 'Why this verdict' })
  expect(await why.locator('.conditions li').first().innerText()).toMatch(
    /Not met\s+sentinelOne:encryptedApplications == true\s+the device: false/,
  )
  const what = page.getByRole('region', { name: 'What to do' })
  expect(await what.innerText()).toContain('turn on FileVault or BitLocker')
  // The third click leads to the rule itself.
  await why.getByRole('link', { name: 'The rule' }).click()
  await page.getByRole('heading', { name: 'How to mend it' }).waitFor()
})

describe('with the script', () => {
  beforeAll(async () => {
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(SIZES[0])
  })

  test('a filter answers as soon as it is chosen, and can be sent on as an address', async () => {
    await page.goto(at('/checks'))
    await page.getByRole('combobox', { name: 'Result' }).selectOption('fail')
    await page.waitForURL('**/checks?result=fail')
    await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical')
    await page.waitForURL('**/checks?result=fail&severity=critical')
    const marks = await page.locator('tbody .mark').allInnerTexts()
    expect(new Set(marks)).toEqual(new Set(['Fails']))
    await page.getByRole('searchbox').fill('ID-02')
    await page.waitForURL('**text=ID-02**')
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(await page.getByRole('searchbox').inputValue()).toBe('ID-02')
    expect(await page.evaluate('document.activeElement.getAttribute("name")')).toBe('text')
  })

  test.each([
    ['/devices', 'Verdict', 'fail'],
    ['/devices', 'Platform', 'windows'],
    ['/devices', 'Vendor record', 'kandji'],
    ['/people', 'Employment', 'left'],
    ['/people?view=accounts', 'Person', 'none'],
    ['/people?view=accounts', 'Role', 'admin'],
    ['/people?view=accounts', 'Account is', 'suspended'],
    ['/checks', 'Framework', 'iso27001'],
    ['/checks', 'System', 'tailnet'],
    ['/checks/POS-12', 'Answer', 'unknown'],
    ['/fixes', 'Due', 'overdue'],
  ])('%s: the filter "%s" narrows the list', async (path, label, value) => {
    await page.goto(at(path))
    const rows = page.locator('#main tbody tr, #main .fix')
    const before = await rows.count()
    await page.getByRole('combobox', { name: label }).selectOption(value)
    await page.waitForURL((url) => url.search.includes(`=${value}`))
    const after = await rows.count()
    expect(after).toBeGreaterThan(0)
    expect(after).toBeLessThanOrEqual(before)
  })

  test('the text of the fix list is copied by a button', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(at('/fixes?owner=bianca.costa%40northlight.example'))
    await page.getByText('Text to send').click()
    await page.getByRole('button', { name: 'Copy the text' }).click()
    await page.getByRole('status').filter({ hasText: 'Copied.' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('To: Bianca Costa')
  })

  test('pull now reads one source, and the page shows it without being reloaded', async () => {
    await page.goto(at('/sources/mdm'))
    const tried = () => page.locator('dt:text-is("Last tried") + dd time').getAttribute('datetime')
    const before = await tried()
    await page.getByRole('button', { name: /^Pull now/ }).click()
    await page.getByText('A reading was asked for.').waitFor()
    await expect.poll(tried, { timeout: 10_000 }).not.toBe(before)
  })

  test('a source that fails and recovers does so before one’s eyes', async () => {
    await page.goto(at('/sources'))
    const row = page.getByRole('row').filter({ hasText: 'edr' }).first()
    await row.getByText('Complete').waitFor()
    const { faults } = house.vendors.servers['sentinelone']!
    faults.add({ kind: 'status', status: 403 })
    await house.read()
    await row.getByText('Failed').waitFor()
    await row.getByText(/checks not evaluated/).waitFor()
    faults.clear()
    await house.read()
    await row.getByText('Complete').waitFor()
  })

  test('the whole way from the overview to the remedy can be walked with the keyboard', async () => {
    await page.goto(at('/'))
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Skip to the page')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.getByRole('link', { name: 'Devices', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Devices', level: 1 }).waitFor()
    await page.getByRole('link', { name: /^nl-win-0104/ }).focus()
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    expect(outline).not.toBe('none')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'What to do' }).waitFor()
  })

  /** Light in the wide window, dark in the narrow one. */
  async function objectionsHere(on: Page): Promise<string[]> {
    const found: string[] = []
    for (const [size, colorScheme] of [
      [SIZES[0], 'light'],
      [SIZES[1], 'dark'],
    ] as const) {
      await on.setViewportSize(size)
      await on.emulateMedia({ colorScheme })
      if ((await sideways(on)) > 0) found.push(`too wide for ${size.width}`)
      found.push(...(await violations(on)))
    }
    return found
  }

  test('a key is made, stays on the page whatever is read meanwhile, and is revoked by a dialog', async () => {
    const on = await context.newPage()
    await withAxe(on)
    await on.goto(at('/keys'))
    await on.getByRole('textbox', { name: 'Who uses it' }).fill('the GRC tool')
    await on.getByRole('button', { name: 'Make the key' }).click()
    const key = on.getByRole('textbox', { name: /^Key / })
    const text = await key.inputValue()
    expect(text).toMatch(/^exk_/)
    await house.read()
    await on.getByRole('status').filter({ hasText: 'There is a newer reading' }).waitFor()
    expect(await key.inputValue()).toBe(text)
    expect(await objectionsHere(on)).toEqual([])
    await on.goto(at('/keys'))
    await on.getByRole('button', { name: 'Revoke' }).click()
    await on.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await on.getByText('The key is revoked').waitFor()
    await on.close()
  })

  test('a population is sealed and a sample drawn from it, each with its file beside', async () => {
    const on = await context.newPage()
    await withAxe(on)
    await on.goto(at('/samples'))
    await on.getByRole('combobox', { name: 'What' }).selectOption('account')
    await on.getByRole('button', { name: 'Seal' }).click()
    await on.getByRole('heading', { name: /^F-1: \d+ accounts$/ }).waitFor()
    await on.getByText('Draw from F-1').click()
    await on.getByRole('textbox', { name: /^Seed/ }).fill('four dice')
    await on.getByRole('button', { name: 'Draw' }).click()
    await on.getByRole('rowheader', { name: /^D-1/ }).waitFor()
    await expect.poll(() => on.getByRole('link', { name: /^Download/ }).count(), { timeout: 10_000 }).toBe(2)
    await on.getByText('Draw from F-1').click()
    expect(await objectionsHere(on)).toEqual([])
    await on.close()
  })

  test('a dialog opens, holds the focus and closes by Escape', async () => {
    const on = await context.newPage()
    await withAxe(on)
    await on.goto(at('/design'))
    await on.getByRole('button', { name: 'Open the dialog' }).click()
    await on.getByRole('dialog', { name: 'Is that right?' }).waitFor()
    expect(await violations(on)).toEqual([])
    await on.keyboard.press('Escape')
    await on.getByRole('dialog').waitFor({ state: 'hidden' })
    await on.close()
  })
})

test('without script the same list is filtered by its button', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() })
  const visitor = await plain.newPage()
  await visitor.goto(at('/checks'))
  await visitor.getByRole('combobox', { name: 'Severity' }).selectOption('critical')
  await visitor.getByRole('button', { name: 'Filter' }).click()
  await visitor.waitForURL('**severity=critical**')
  expect(await visitor.locator('tbody tr').count()).toBeGreaterThan(0)
  await plain.close()
})

test('on paper names are whole and there is nothing to press', async () => {
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await page.goto(at('/design'))
  expect(await page.locator('.button:visible').count()).toBe(0)
  expect(await page.locator('.name-whole').first().isVisible()).toBe(true)
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
  await page.emulateMedia({ media: 'screen' })
})

test('signing out by its button leads to a page that says so', async () => {
  const other = await browser.newContext()
  const visitor = await other.newPage()
  await visitor.goto(at(await house.link()))
  await visitor.getByRole('button', { name: 'Sign in' }).click()
  await visitor.getByRole('button', { name: 'Sign out' }).click()
  await visitor.getByRole('heading', { name: 'You are not signed in' }).waitFor()
  await other.close()
})

describe('names that somebody chose to do harm', () => {
  const paths = [
    ...['/', '/fixes', '/checks', '/controls', '/people', '/people?view=accounts', '/devices', '/sources', '/exports'],
    ...['/periods', '/leavers', '/reviews', '/samples', '/log', '/keys', '/settings'],
    // One of each kind of subject; test/http/hostile.test.tsx reads every other.
    ...['ID-02', 'ID-06', 'DEV-07', 'POS-08', 'POS-12', 'S1-02', 'KEY-01'].map((ref) => `/checks/${ref}`),
    ...[0, 2, 4, 6, 13, 31].map((index) => `/devices/tailnet/n${index}`),
    ...[3, 14].map((index) => `/people/roster/${encodeURIComponent(loginOf(index).toWellFormed())}`),
    `/devices?text=${encodeURIComponent(HOSTILE[0]!)}`,
  ]

  test('run no script, ask for nothing and become no element in any page', async () => {
    const hostile = await listen(createApp(hostileParts()), { host: '127.0.0.1', port: 0, fallback: false })
    const visit = await browser.newContext({ viewport: SIZES[0] })
    const harm: string[] = []
    try {
      await visit.addCookies([{ name: 'exhibit', value: 'x', url: hostile.url.href }])
      await visit.addInitScript(WATCH)
      const left = [...paths]
      const lane = async (): Promise<void> => {
        const on = await visit.newPage()
        on.on('dialog', (dialog) => harm.push(`dialog ${dialog.message()}`))
        on.on('pageerror', (error) => harm.push(error.message))
        on.on('console', (message) => message.type() === 'error' && harm.push(message.text()))
        on.on('request', (asked) => new URL(asked.url()).origin !== hostile.url.origin && harm.push(asked.url()))
        for (let path = left.pop(); path !== undefined; path = left.pop()) {
          await on.goto(new URL(path, hostile.url).href, { waitUntil: 'domcontentloaded' })
          harm.push(...(await on.evaluate<string[]>(STRANGE)).map((what) => `${path}: ${what}`))
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      expect(harm).toEqual([])
    } finally {
      await visit.close()
      await hostile.close()
    }
  }, 60_000)
})

/** Runs in the browser before the page: notes what a name would do if it could. */
const WATCH = `
globalThis.harm = []
globalThis.alert = (text) => harm.push('alert(' + text + ')')
document.addEventListener('securitypolicyviolation', (event) => harm.push('refused: ' + event.violatedDirective))
`

/** Runs in the browser: what a page of ours never holds. */
const STRANGE = `(() => {
  const found = [...harm]
  const own = document.querySelectorAll('head script[src^="/assets/"]').length
  if (document.scripts.length !== own) found.push('a script that is not ours')
  const never = 'iframe,object,embed,img,base,style,math,link:not([href^="/assets/"])'
  for (const { localName } of document.querySelectorAll(never)) found.push('<' + localName + '>')
  const text = new Set(['value', 'title', 'aria-label'])
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      const acts = name.startsWith('on') || ['style', 'autofocus', 'srcdoc'].includes(name)
      const leads = !text.has(name) && /^\\s*(javascript|data|vbscript):/i.test(value)
      if (acts || leads) found.push(element.localName + ' ' + name + '=' + value.slice(0, 80))
    }
  }
  for (const form of document.forms)
    if (new URL(form.action).origin !== location.origin) found.push('a form that leads away')
  return found
})()`
