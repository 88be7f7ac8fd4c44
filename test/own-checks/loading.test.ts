/** What a folder of own checks may hold, and how each thing that it may not hold is refused. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { AppError } from '../../src/domain/error.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { distrust, loadOwnChecks } from '../../src/own-checks.ts'
import { device, findingsOf, snapshotOf } from '../helpers/build.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-checks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, source: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true, mode: 0o755 })
  writeFileSync(join(folder, file), source, { mode: 0o644 })
}

/** A whole check as a file; `over` replaces members, as source text. */
function source(over: Record<string, string> = {}, head = ''): string {
  const members = {
    id: "'names-are-short'",
    ref: "'OWN-01'",
    version: '1',
    title: "'Names are short'",
    question: "'Is the name of every device short?'",
    why: "'So that it fits the label.'",
    remediation: "'Rename it.'",
    severity: "'low'",
    controls: '[]',
    needs: "[{ kind: 'device' }]",
    run: "(snapshot) => snapshot.of('device').map((device) => kit.finding(device.name.length < 99 ? 'pass' : 'fail', device))",
    say: "({ subject }) => subject.label + ' has a name.'",
    ...over,
  }
  const body = Object.entries(members).map(([name, text]) => `  ${name}: ${text},`)
  return `${head}export default (kit) => kit.defineCheck({\n${body.join('\n')}\n})\n`
}

async function refusal(): Promise<string> {
  const error = await loadOwnChecks(folder, checks).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).code).toBe('configuration')
  return (error as AppError).message
}

test('JavaScript and TypeScript files are checks, files in folders below their helpers; all are kept for the seal', async () => {
  write('short.js', source())
  write(
    'tags.mts',
    source(
      {
        id: "'tags-are-few'",
        ref: "'OWN-02'",
        run: "(snapshot: any): any[] => snapshot.of('device').map((d: any) => kit.finding(few(d.tags), d))",
      },
      "import { few } from './lib/few.ts'\nimport type { CheckKit } from '../../elsewhere/check-kit.ts'\n/** @see import('../../elsewhere/notes.ts') */\n",
    ).replace('(kit)', '(kit: CheckKit)'),
  )
  write('lib/few.ts', "export const few = (tags: string[]): string => (tags.length < 2 ? 'pass' : 'fail')\n")
  write('notes.md', 'not a check')
  const own = await loadOwnChecks(folder, checks)
  expect(own.checks.map(({ ref, operator }) => [ref, operator])).toEqual([
    ['OWN-01', true],
    ['OWN-02', true],
  ])
  expect(own.sources.map(({ file }) => file)).toEqual(['lib/few.ts', 'short.js', 'tags.mts'])
  for (const { source: text, sha256: digest } of own.sources) expect(digest).toBe(sha256(text))
  const [short, few] = own.checks
  expect(findingsOf(short!, snapshotOf([device()])).map(({ status }) => status)).toEqual(['pass'])
  expect(findingsOf(few!, snapshotOf([device({ tags: ['tag:a', 'tag:b'] })])).map(({ status }) => status)).toEqual([
    'fail',
  ])
})

test('an edited file is loaded anew', async () => {
  write('short.js', source())
  expect((await loadOwnChecks(folder, checks)).checks[0]!.title).toBe('Names are short')
  write('short.js', source({ title: "'Names fit the label'" }))
  expect((await loadOwnChecks(folder, checks)).checks[0]!.title).toBe('Names fit the label')
})

describe('refused, with the file and the way out:', () => {
  test.each([
    { name: 'a file that does not parse', text: 'export default (kit) => {', says: /a\.js cannot be loaded: / },
    {
      name: 'a file that fails when it is loaded',
      text: 'throw new Error("no luck")',
      says: /a\.js cannot be loaded: Error: no luck/,
    },
    { name: 'no default export', text: 'export const check = 1', says: /a\.js has no function as its default export/ },
    {
      name: 'a function that throws',
      text: 'export default () => { throw new RangeError("odd") }',
      says: /a\.js failed when it was asked for its check: RangeError: odd/,
    },
    { name: 'a function that returns nothing', text: 'export default () => {}', says: /a\.js returns no check/ },
    { name: 'a promise of a check', text: 'export default async (kit) => kit', says: /a\.js returns a promise/ },
    {
      name: 'an object that defineCheck did not make',
      text: source().replace('kit.defineCheck({', '({'),
      says: /not made by kit\.defineCheck/,
    },
    { name: 'a ref that looks like ours', text: source({ ref: "'ID-99'" }), says: /`ref` that starts with OWN-/ },
    { name: 'an id of ours', text: source({ id: "'client-current'" }), says: /has the id "client-current" of DEV-07/ },
    { name: 'no version', text: source({ version: '0' }), says: /`version` from 1/ },
    { name: 'no question', text: source({ question: "''" }), says: /needs a `question`/ },
    {
      name: 'an unknown severity',
      text: source({ severity: "'huge'" }),
      says: /`severity`: low, medium, high or critical/,
    },
    { name: 'no sentence', text: source({ say: 'undefined' }), says: /function `say`/ },
    {
      name: 'an import from outside the folder',
      text: source({}, "import x from '../x.js'\n"),
      says: /imports "\.\.\/x\.js", which is no file of the folder/,
    },
    { name: 'a package', text: source({}, "import fs from 'node:fs'\n"), says: /imports "node:fs"/ },
    { name: 'a bare import', text: source({}, "import 'left-pad'\n"), says: /imports "left-pad"/ },
    {
      name: 'a passed-on export from outside',
      text: source({}, "export { y } from '/etc/y.js'\n"),
      says: /imports "\/etc\/y\.js"/,
    },
    {
      name: 'an import at run time',
      text: source({ run: "async () => import('node:fs')" }),
      says: /imports while it runs/,
    },
  ])('$name', async ({ text, says }) => {
    write('a.js', text)
    expect(await refusal()).toMatch(says)
  })

  test('two files with one ref, by the name of the second', async () => {
    write('a.js', source())
    write('b.js', source({ id: "'another'" }))
    expect(await refusal()).toBe(
      'checksFolder: b.js has the ref OWN-01 of OWN-01 names-are-short; give it one of its own',
    )
  })

  test('a folder that is not there, or holds no check', async () => {
    expect(await refusal()).toMatch(/holds no check/)
    rmSync(folder, { recursive: true })
    expect(await refusal()).toMatch(/cannot be read \(ENOENT\); create the folder or correct the path$/)
  })

  test.skipIf(process.getuid === undefined).each([
    {
      what: '',
      mode: 0o777,
      says: /the folder .* can be written by others than its owner; chmod go-w it; what lies there runs with our rights/,
    },
    { what: 'a.js', mode: 0o664, says: /a\.js .* can be written by others/ },
    { what: 'lib', mode: 0o775, says: /lib .* can be written by others/ },
    { what: 'lib/b.js', mode: 0o646, says: /lib\/b\.js .* can be written by others/ },
  ])('"$what" that others can write', async ({ what, mode, says }) => {
    write('a.js', source())
    write('lib/b.js', 'export const b = 1')
    chmodSync(join(folder, what), mode)
    expect(await refusal()).toMatch(says)
  })

  test('a file of another account; root’s is as good as ours', () => {
    expect(distrust({ mode: 0o100644, uid: 1001 }, 1000)).toMatch(
      /belongs to another account of this machine \(uid 1001, we are 1000\)/,
    )
    expect(distrust({ mode: 0o100644, uid: 0 }, 1000)).toBeNull()
    expect(distrust({ mode: 0o100644, uid: 1000 }, 1000)).toBeNull()
  })
})
