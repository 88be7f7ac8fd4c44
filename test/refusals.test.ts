/** What stands in the way of a start, a line each, and what only deserves a warning. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readableSecrets, refuseHost, refuseUnsafePlaces } from '../src/refusals.ts'

const folder = mkdtempSync(join(tmpdir(), 'refusals-'))
afterAll(() => rmSync(folder, { recursive: true }))

function data(name: string, mode: number): string {
  const path = join(folder, name)
  mkdirSync(path)
  chmodSync(path, mode)
  return path
}

describe('the data folder', () => {
  test.each([0o700, 0o750, 0o770])('may have the rights %o', (mode) => {
    expect(() => refuseUnsafePlaces({ data: data(`good-${mode}`, mode) })).not.toThrow()
  })

  test('may not be there yet', () => {
    expect(() => refuseUnsafePlaces({ data: join(folder, 'later/still') })).not.toThrow()
  })

  test.each([0o755, 0o701, 0o777])('is refused with the rights %o, which let everybody in', (mode) => {
    const path = data(`bad-${mode}`, mode)
    expect(() => refuseUnsafePlaces({ data: path })).toThrow(
      `data: ${path} has the rights ${mode.toString(8)}: everybody on this machine can reach the evidence in it; run "chmod 700 ${path}"`,
    )
  })

  test('is refused on a network file system, before anything is written there', () => {
    const refuse = () => refuseUnsafePlaces({ data: '/mnt/share/exhibit' }, () => 'nfs')
    expect(refuse).toThrow(/^data: \/mnt\/share\/exhibit lies on a network file system \(nfs\).*a disk of this machine/)
    expect(refuse).toThrow(expect.objectContaining({ code: 'configuration' }))
  })
})

test('a file with credentials that everybody can read is warned of', () => {
  const [open, closed] = [join(folder, 'open'), join(folder, 'closed')]
  for (const [file, mode] of [
    [open, 0o644],
    [closed, 0o640],
  ] as const) {
    writeFileSync(file, 'x')
    chmodSync(file, mode)
  }
  expect(readableSecrets({ secretFiles: [open, closed, join(folder, 'gone')] })).toEqual([
    `${open} holds credentials and has the rights 644; run "chmod 600 ${open}"`,
  ])
})

test('an address given to the command is held to the same as the one in the file', () => {
  const server = { host: '127.0.0.1', port: 8787, publicUrl: null }
  expect(() => refuseHost('localhost', { server })).not.toThrow()
  expect(() => refuseHost('0.0.0.0', { server })).toThrow(/--host 0\.0\.0\.0 is reached by other machines/)
  const publicUrl = new URL('https://evidence.acme.example')
  expect(() => refuseHost('0.0.0.0', { server: { ...server, publicUrl } })).not.toThrow()
})
