/** How long the demo takes from the command to its first results, in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'

const MAIN = join(import.meta.dirname, '../../dist/src/main.js')
const PATIENCE_MS = 30_000

/** Null where there is no build. Signs in by the link that the demo prints and asks until there is a run. */
export async function firstResultsMs(): Promise<number | null> {
  if (!existsSync(MAIN)) return null
  const start = performance.now()
  const demo = spawn(process.execPath, ['--enable-source-maps', MAIN, 'demo', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const link = new URL(await firstLine(demo.stdout))
    const cookie = await signedIn(link)
    while (performance.now() - start < PATIENCE_MS) {
      const answer = await request(new URL('/api/v1/results', link), { headers: { cookie } })
      const body = await answer.body.text()
      if (answer.statusCode === 200 && (JSON.parse(body) as { run: string | null }).run !== null) {
        return performance.now() - start
      }
      await sleep(20)
    }
    throw new Error(`the demo had no results after ${PATIENCE_MS / 1000} s`)
  } finally {
    demo.kill('SIGTERM')
    if (demo.exitCode === null) await once(demo, 'exit')
  }
}

async function firstLine(output: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += chunk.toString()
    const end = text.indexOf('\n')
    if (end >= 0) return text.slice(0, end)
  }
  throw new Error('the demo ended before it printed its link')
}

/** Presses the button of the one-time link. */
export async function signedIn(link: URL): Promise<string> {
  const token = link.pathname.slice('/enter/'.length)
  const answer = await request(new URL('/enter', link), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: link.origin },
    body: new URLSearchParams({ token }).toString(),
  })
  await answer.body.dump()
  const cookies = [answer.headers['set-cookie'] ?? []].flat()
  if (cookies.length === 0) throw new Error(`the demo's link answered ${answer.statusCode} and no session`)
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ')
}
