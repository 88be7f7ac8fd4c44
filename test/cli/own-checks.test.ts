/** Own checks through the built program, where the runtime itself takes the types out of a file. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'own-process-'))
const own = join(folder, 'our-checks')

beforeAll(() => {
  // Does nothing where dist/ is fresh.
  execFileSync(process.execPath, [join(root, 'src/build.ts')])
  mkdirSync(own, { mode: 0o755 })
  cpSync(join(root, 'fixtures/own-checks/laptops-have-asset-tags.ts'), join(own, 'laptops-have-asset-tags.ts'))
  chmodSync(join(own, 'laptops-have-asset-tags.ts'), 0o644)
  writeFileSync(join(folder, 'people.csv'), 'email\nalice@acme.example\n')
  const yaml = `organization: { id: acme, name: Acme }
sources: [{ id: roster, kind: csv, path: people.csv }]
checks: { OWN-01: { params: { prefix: NL- } } }
`
  writeFileSync(join(folder, 'exhibit.yaml'), `${yaml}checksFolder: "\${CHECKS}"\n`)
  writeFileSync(join(folder, 'typo.yaml'), `${yaml}checksFoldr: ./our-checks\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function exhibit(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, 'dist/src/main.js'), ...argv], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', CHECKS: './our-checks' },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    child.on('close', (code) => done({ code, out, err }))
  })
}

test('a TypeScript file is a check beside ours; its parameter can be set; nothing is printed beside the results', {
  timeout: 60_000,
}, async () => {
  const { code, out, err } = await exhibit('explain', 'OWN-01', '--format', 'json')
  expect([code, err]).toEqual([2, ''])
  const [result] = JSON.parse(out).results
  expect(result).toMatchObject({
    check: { id: 'laptops-have-asset-tags', operator: true },
    status: 'unknown',
    parameters: { prefix: 'NL-' },
  })
})

test('what is wrong with a file or with the setting ends with 64 and is told', { timeout: 60_000 }, async () => {
  writeFileSync(join(own, 'broken.ts'), 'export enum Colour { Red }\nexport default () => null\n', { mode: 0o644 })
  const [broken, typo] = await Promise.all([exhibit('check'), exhibit('check', '--config', 'typo.yaml')])
  expect(broken).toMatchObject({
    code: 64,
    out: '',
    err: expect.stringMatching(/^checksFolder: broken\.ts cannot be loaded: /),
  })
  expect(typo.code).toBe(64)
  expect(typo.err).toContain('unknown key "checksFoldr"; did you mean "checksFolder"?')
  rmSync(join(own, 'broken.ts'))
})
