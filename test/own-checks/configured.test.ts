/** What `exhibit.yaml` says of own checks and own controls. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { checksFolderOf, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'

const LEAST = `organization: { id: acme, name: Acme }
sources: [{ id: roster, kind: csv, path: people.csv }]
`
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configured-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const parsed = (yaml: string) =>
  parseConfig(LEAST + yaml, join(folder, 'exhibit.yaml'), { connectors, checks, env: {} })

describe('the folder of own checks', () => {
  test.each([
    { name: 'is read relative to the file', yaml: 'checksFolder: ./our-checks\n', want: 'our-checks' },
    { name: 'may come from the environment', yaml: `checksFolder: "\${FOLDER}"\n`, want: 'elsewhere' },
    { name: 'is none where none is named', yaml: '', want: null },
    {
      name: 'is none where its variable is missing: reading the file says so',
      yaml: `checksFolder: "\${NOWHERE}"\n`,
      want: null,
    },
    { name: 'is none where the file cannot be parsed: reading the file says so', yaml: 'a: [\n', want: null },
    { name: 'is none where it is no text', yaml: 'checksFolder: 7\n', want: null },
  ])('$name', ({ yaml, want }) => {
    const file = join(folder, 'exhibit.yaml')
    writeFileSync(file, LEAST + yaml)
    expect(checksFolderOf(file, { FOLDER: 'elsewhere' })).toBe(want === null ? null : join(folder, want))
  })

  test('is none where there is no file', () => {
    expect(checksFolderOf(join(folder, 'none.yaml'), {})).toBeNull()
  })
})

describe('the organisation’s own controls', () => {
  test('are part of the settings, and so of what is sealed', () => {
    const yaml =
      'controls: [{ id: AC-07, text: Leavers, owner: it@acme.example, criteria: { soc2: [CC6.2] }, checks: [ID-02] }]\n'
    expect(parsed(yaml).settings.controls).toEqual([
      { id: 'AC-07', text: 'Leavers', owner: 'it@acme.example', criteria: { soc2: ['CC6.2'] }, checks: ['ID-02'] },
    ])
    expect(parsed('').settings).toMatchObject({ controls: [], ownChecks: [] })
  })

  test.each([
    {
      name: 'a check that nobody knows',
      yaml: 'controls: [{ id: A, text: a, checks: [ID-022] }]\n',
      says: /exhibit\.yaml:3: control A: there is no check "ID-022"; did you mean "ID-02"\?/,
    },
    {
      name: 'no check at all',
      yaml: 'controls: [{ id: A, text: a, checks: [] }]\n',
      says: /exhibit\.yaml:3: controls\.0\.checks/,
    },
    {
      name: 'one id twice',
      yaml: 'controls: [{ id: A, text: a, checks: [ID-02] }, { id: A, text: b, checks: [ID-03] }]\n',
      says: /two controls are called "A"/,
    },
    {
      name: 'a key of another section',
      yaml: 'controls: [{ id: A, text: a, checks: [ID-02], criterion: {} }]\n',
      says: /unknown key "criterion".*did you mean "criteria"\?/,
    },
  ])('are refused with the line: $name', ({ yaml, says }) => {
    expect(() => parsed(yaml)).toThrow(says)
  })
})
