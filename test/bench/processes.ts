/** Everything measured has a process of its own: a fresh heap, a cold compiler, and a peak of memory that is nobody else's. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * Starts a file of this folder and gives it its task, by one message; it answers by another.
 * @param env beside our own environment
 */
export async function started<T>(
  file: string,
  task: object,
  env: Readonly<Record<string, string>> = {},
): Promise<{ answer: T; child: ChildProcess }> {
  const child = fork(join(import.meta.dirname, file), { serialization: 'advanced', env: { ...process.env, ...env } })
  child.send(task)
  const answer = await new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`${file} ended with ${code ?? signal} before it answered`)))
  })
  return { answer, child }
}

/** Runs a file of this folder to its end. */
export async function ran<T>(file: string, task: object): Promise<T> {
  const { answer, child } = await started<T>(file, task)
  await ended(child)
  return answer
}

/** Asks a child that serves to stop. */
export async function stopped(child: ChildProcess): Promise<void> {
  child.disconnect()
  await ended(child)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => child.once('exit', resolve))
}

/** The task that this process was started for. */
export async function task<T>(): Promise<T> {
  const [message] = (await once(process, 'message')) as [T]
  return message
}

/** Answers, and lets the process end when nothing is left to do. */
export function answer(message: object): void {
  if (process.send === undefined) throw new Error(`${process.argv[1]} is started by bench.ts`)
  process.send(message, () => process.disconnect?.())
}

/** Peak resident memory of this process so far, in bytes. */
export function peakBytes(): number {
  // libuv gives kilobytes on every system.
  return process.resourceUsage().maxRSS * 1024
}
