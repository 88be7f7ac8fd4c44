import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
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

  function start(task: 'hold'): { child: ChildProcess; lines: AsyncIterator<string> } {
    const script = join(import.meta.dirname, 'child.ts')
    const child = spawn(process.execPath, ['--no-warnings', script, task, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() }
  }

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
})
