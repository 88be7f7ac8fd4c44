import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { NOW } from '../helpers/build.ts'
import { eachInItsFolder } from './folder.ts'

const folder = eachInItsFolder()
const { withStore } = folder

describe('other processes', () => {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    }
  })

  function start(task: 'seal' | 'hold'): { child: ChildProcess; lines: AsyncIterator<string> } {
    const script = join(import.meta.dirname, 'child.ts')
    const child = spawn(process.execPath, ['--no-warnings', script, task, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() }
  }

  test('P8: kill -9 at any moment loses no acknowledged run and leaves no half one', async () => {
    const kills = 15
    let acknowledged = 0
    for (let kill = 0; kill < kills; kill++) {
      const { child, lines } = start('seal')
      const seen: string[] = []
      const reading = (async () => {
        for (let line = await lines.next(); line.done !== true; line = await lines.next()) seen.push(line.value)
      })()
      if (kill % 5 !== 0) while (seen.length < 1 && child.exitCode === null) await new Promise((r) => setTimeout(r, 1))
      await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 60))
      child.kill('SIGKILL')
      await Promise.all([once(child, 'exit'), reading])
      acknowledged += seen.length
      await withStore(async (store) => {
        const runs = await store.runs(100_000)
        const ids = new Set(runs.map(({ id }) => id))
        expect(seen.filter((id) => !ids.has(id))).toEqual([])
        expect(await store.leavesOf('run')).toHaveLength(runs.length)
        expect(await Array.fromAsync(store.checkpoints(0))).toHaveLength(runs.length)
        expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
        if (runs.length > 0) {
          const view = (await store.runAt('latest'))!
          expect(view.snapshot.of('device').every(({ hostname }) => hostname === view.run.id)).toBe(true)
        }
      })
      expect(quickCheck()).toBe('ok')
    }
    expect(acknowledged).toBeGreaterThanOrEqual(12)
    console.log(`P8: ${kills} kills, ${acknowledged} acknowledged runs, 0 lost, 0 half`)
  }, 60_000)

  test('the writer of a folder that dies gives its place back', async () => {
    const { child, lines } = start('hold')
    expect((await lines.next()).value).toBe('held')
    await withStore(async (store) => {
      await expect(store.lock(AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' })
      const waiting = store.lock(AbortSignal.timeout(15_000))
      child.kill('SIGKILL')
      await once(child, 'exit')
      await (await waiting)()
    })
  })

  function quickCheck(): unknown {
    const db = new Database(folder.path)
    const answer = db.pragma('quick_check', { simple: true })
    db.close()
    return answer
  }
})
