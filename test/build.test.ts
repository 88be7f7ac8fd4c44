import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
let copy: string

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'exhibit-build-'))
  for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'src/build.ts', 'src/lib/digest.ts'])
    cpSync(join(root, part), join(copy, part))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

function build(): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(copy, 'src/build.ts')])
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => resolve({ code, output }))
  })
}

test('two that start at once both find one whole build, silently, and leave nothing beside it', async () => {
  const both = await Promise.all([build(), build(), build()])
  expect(both).toEqual([1, 2, 3].map(() => ({ code: 0, output: '' })))
  expect(existsSync(join(copy, 'dist/src/lib/digest.js'))).toBe(true)
  expect(readdirSync(copy).filter((name) => name.startsWith('dist'))).toEqual(['dist'])
})

test('a changed source is built again; what does not compile names its line and keeps the build that was there', async () => {
  await build()
  writeFileSync(join(copy, 'src/lib/broken.ts'), 'export const x: number = "text"\n')
  const { code, output } = await build()
  expect(code).toBe(70)
  expect(output).toContain('src/lib/broken.ts(1,14)')
  expect(existsSync(join(copy, 'dist/src/lib/digest.js'))).toBe(true)
  rmSync(join(copy, 'src/lib/broken.ts'))
  writeFileSync(join(copy, 'src/lib/more.ts'), 'export const more = 1\n')
  expect(await build()).toEqual({ code: 0, output: '' })
  expect(existsSync(join(copy, 'dist/src/lib/more.js'))).toBe(true)
})
