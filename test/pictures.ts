/**
 * `npm run pictures`: the pictures of README.md, made from the running demo with Debian's Chromium and poppler-utils.
 * They show moments of the day on which they are made, so they are made anew when the pages have changed, not in CI.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'
import { checks } from '../checks/index.ts'
import { parseConfig } from '../src/config.ts'
import { connectors } from '../src/connectors/index.ts'
import { installation } from '../src/installation.ts'
import { renderPdf } from '../src/outputs/pdf/index.ts'
import { startDemoVendors } from '../src/simulators/index.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { testLedger } from './helpers/ledger.ts'

const root = join(import.meta.dirname, '..')
const PICTURES = join(root, 'fixtures/pictures')
const MAX_BYTES = 200_000
/** A device of the demo that is not trusted, for a reason one can see. */
const DEVICE = 'hiroshi-mbp'
/** The check whose page of the report is shown: its title stands on the summary before. */
const CHECK = /ID-02\s+Access is removed when a person leaves[\s\S]*Has every account/

const folder = mkdtempSync(join(tmpdir(), 'exhibit-pictures-'))
mkdirSync(PICTURES, { recursive: true })
try {
  await pictureReport()
  await picturePages()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const name of ['overview', 'device', 'report']) {
  const { size } = statSync(join(PICTURES, `${name}.png`))
  process.stdout.write(`fixtures/pictures/${name}.png ${Math.round(size / 1000)} kB\n`)
  if (size > MAX_BYTES) process.exitCode = 1
}

async function pictureReport(): Promise<void> {
  const vendors = await startDemoVendors({
    now: () => new Date(),
    roster: join(folder, 'people.csv'),
    data: join(folder, 'data'),
  })
  const config = parseConfig(vendors.config, join(folder, 'exhibit.yaml'), { connectors, checks, env: {} })
  const store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
  let ids = 0
  const core = installation({
    config: { ...config, settings: { ...config.settings, demo: true } },
    checks,
    store,
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: () => `run-${++ids}`,
    newToken: () => `token-${++ids}`,
    random: Math.random,
    software: '0.1.0',
    build: '0'.repeat(64),
    actor: 'test',
    signal: new AbortController().signal,
    report: (error, where) => {
      throw new Error(where, { cause: error })
    },
  })
  try {
    await core.sync({ sources: null, respectPauses: false, accept: null }, () => {})
    const pdf = join(folder, 'report.pdf')
    const chunks = renderPdf(await core.report('latest'), (source, runId) => store.lastPull(source, runId))
    writeFileSync(pdf, Buffer.concat(await Array.fromAsync(chunks)))
    const texts = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' }).split('\f')
    const page = String(texts.findIndex((text) => CHECK.test(text)) + 1)
    const out = join(PICTURES, 'report')
    execFileSync('pdftoppm', ['-png', '-r', '80', '-f', page, '-l', page, '-singlefile', pdf, out])
  } finally {
    await core.close()
    await vendors.close()
  }
}

async function picturePages(): Promise<void> {
  const main = join(root, 'dist/src/main.js')
  const demo = spawn(process.execPath, [main, 'demo', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  try {
    const [link] = String(await once(demo.stdout, 'data')).split('\n', 1)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
    await page.goto(link!)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const origin = new URL(link!).origin
    await untilRead(page, origin)
    await page.goto(origin)
    await page.setViewportSize({ width: 1280, height: 1120 })
    await page.screenshot({ path: join(PICTURES, 'overview.png') })
    await page.goto(`${origin}/devices?text=${DEVICE}`)
    await page.getByRole('link', { name: DEVICE }).first().click()
    await page.getByRole('heading', { level: 1, name: DEVICE }).waitFor()
    await page.setViewportSize({ width: 1280, height: 720 })
    await page.screenshot({ path: join(PICTURES, 'device.png') })
  } finally {
    await browser.close()
    demo.kill('SIGTERM')
    if (demo.exitCode === null) await once(demo, 'exit')
  }
}

async function untilRead(page: Page, origin: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await page.request.get(`${origin}/api/v1/sources`)
    if (((await answer.json()) as { run: string | null }).run !== null) return
    await sleep(100)
  }
  throw new Error('the demo had no results after 30 s')
}
