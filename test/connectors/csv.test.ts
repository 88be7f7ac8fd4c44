import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endOfDayIn } from '../../src/connectors/csv/end-of-day.ts'
import { csv } from '../../src/connectors/csv/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { Person } from '../../src/domain/record.ts'
import { collectPages, TEST_START, testTools } from '../helpers/tools.ts'

let folder = ''
const tools = testTools({ source: 'roster' })
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roster-'))
})
afterAll(async () => {
  await tools.close()
  await rm(folder, { recursive: true })
})

/** A file of this content, last written on 1 November. */
async function rosterFile(content: string | Uint8Array) {
  const path = join(folder, 'people.csv')
  await writeFile(path, content)
  await utimes(path, new Date(), new Date('2026-11-01T08:00:00Z'))
  return csv.config.parse({ id: 'roster', kind: 'csv', path })
}

async function pull(content: string | Uint8Array): Promise<Page[]> {
  return collectPages(csv, await rosterFile(content), tools, { source: 'roster' })
}
async function people(content: string | Uint8Array, timeZone = 'UTC'): Promise<Person[]> {
  const pages = await pull(content)
  return pages.flatMap((page) => csv.read(page, { timeZone }).records as Person[])
}
async function refusal(content: string | Uint8Array): Promise<string> {
  const error = await people(content).then(
    () => expect.unreachable('the roster was accepted'),
    (caught: unknown) => caught as { code: string; message: string },
  )
  expect(error.code).toBe('schema_mismatch')
  return error.message
}

describe('a roster', () => {
  test('is one page, as old as the file', async () => {
    const [page, ...more] = await pull('email\nada@example.com\n')
    expect(more).toEqual([])
    expect(page).toMatchObject({
      source: 'roster',
      request: 'FILE people.csv',
      place: 'roster',
      status: 200,
      headers: { 'modified-at': '2026-11-01T08:00:00.000Z' },
      secret: false,
    })
    expect(page!.fetchedAt >= TEST_START).toBe(true)
    expect(Buffer.from(page!.body).toString()).toBe('email\nada@example.com\n')
    expect(page!.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  test('gives a person for each row', async () => {
    const rows = [
      'email,name,status,start_date,end_date,department,title,manager,type,mfa,aliases,cost centre',
      'Ada@Example.com,Ada Example,active,2024-12-01,,Engineering,Engineer,eve@example.com,employee,true,ADA@github; ada.e@example.com ;,CC-7',
      'bob@example.com,,left,,2026-10-31,,,,contractor,FALSE,,',
    ]
    expect(await people(rows.join('\r\n'))).toEqual([
      {
        kind: 'person',
        source: 'roster',
        key: 'ada@example.com',
        email: 'ada@example.com',
        name: 'Ada Example',
        status: 'active',
        startDate: '2024-12-01',
        endDate: null,
        endsAt: null,
        department: 'Engineering',
        title: 'Engineer',
        manager: 'eve@example.com',
        type: 'employee',
        mfa: true,
        aliases: ['ada@github', 'ada.e@example.com'],
        extra: { 'cost centre': 'CC-7' },
        unread: [],
      },
      {
        kind: 'person',
        source: 'roster',
        key: 'bob@example.com',
        email: 'bob@example.com',
        name: null,
        status: 'left',
        startDate: null,
        endDate: '2026-10-31',
        endsAt: '2026-11-01T00:00:00.000Z',
        department: null,
        title: null,
        manager: null,
        type: 'contractor',
        mfa: false,
        aliases: [],
        extra: {},
        unread: [],
      },
    ])
  })

  test.each([
    { name: 'with a byte order mark', content: '\uFEFFemail,name\nada@example.com,Ada' },
    { name: 'with columns in another order, case and spacing', content: ' Name ,EMAIL\nAda,ada@example.com' },
    { name: 'with line ends of Windows, of Unix and of old Macs', content: 'email,name\r\nada@example.com,Ada\n\r' },
    { name: 'with blank lines and lines of commas', content: 'email,name\n\n,\nada@example.com,Ada\n , \n' },
    { name: 'with quoted cells', content: '"email","name"\n"ada@example.com","Ada"' },
  ])('is read $name', async ({ content }) => {
    expect(await people(content)).toMatchObject([{ key: 'ada@example.com', name: 'Ada' }])
  })

  test('keeps quotes, commas and line breaks of a quoted cell', async () => {
    const [person] = await people('email,title\nada@example.com,"Head of ""R&D"",\nEurope"')
    expect(person!.title).toBe('Head of "R&D",\nEurope')
  })

  test('keeps a leading apostrophe and what a spreadsheet would take for a formula', async () => {
    const [person] = await people(`email,name,title\nada@example.com,'=SUM(1),=1+1`)
    expect(person).toMatchObject({ name: "'=SUM(1)", title: '=1+1' })
  })

  test('a column named like a part of every object is a column', async () => {
    const [person] = await people('email,__proto__,constructor\nada@example.com,x,y')
    expect(Object.entries(person!.extra)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  test('without rows has nobody in it', async () => {
    expect(await people('email,name\n')).toEqual([])
  })

  test('of 20,000 people with as many end dates is read whole', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, n) =>
        `p${n}@example.com,2026-${String((n % 12) + 1).padStart(2, '0')}-${String((n % 28) + 1).padStart(2, '0')}`,
    )
    expect(await people(`email,end_date\n${rows.join('\n')}`, 'America/New_York')).toHaveLength(20_000)
  })
})

describe('a roster with a row that cannot be read is refused whole', () => {
  test.each([
    { name: 'no email', row: ',Ada', says: 'line 2 has no email' },
    { name: 'an email that is none', row: 'ada,Ada', says: 'line 2 has "ada" as email' },
    { name: 'an email of two', row: 'a@example.com b@example.com,Ada', says: 'as email' },
    {
      name: 'a cell too many',
      row: 'ada@example.com,Ada,,,,,extra',
      says: 'line 2 has 7 cells where the first line names 6 columns',
    },
    { name: 'a cell too few', row: 'ada@example.com', says: 'line 2 has 1 cells' },
    {
      name: 'a status that is none',
      row: 'ada@example.com,Ada,gone,,,',
      says: 'line 2 has "gone" as status; write active, left or nothing',
    },
    {
      name: 'a day that does not exist',
      row: 'ada@example.com,Ada,left,2026-02-30,,',
      says: 'line 2 has "2026-02-30" as end_date; write YYYY-MM-DD',
    },
    { name: 'a date in another order', row: 'ada@example.com,Ada,left,31/10/2026,,', says: 'as end_date' },
    { name: 'a year that cannot be meant', row: 'ada@example.com,Ada,left,0026-10-31,,', says: 'as end_date' },
    { name: 'a type that is none', row: 'ada@example.com,Ada,,,intern,', says: 'line 2 has "intern" as type' },
    {
      name: 'an mfa that is neither true nor false',
      row: 'ada@example.com,Ada,,,,yes',
      says: 'line 2 has "yes" as mfa',
    },
  ])('$name', async ({ row, says }) => {
    const filled = row.split(',').length === 2 ? `${row},,,,` : row
    expect(await refusal(`email,name,status,end_date,type,mfa\n${filled}\n`)).toContain(says)
  })

  test('the same person twice, whatever the case', async () => {
    expect(await refusal('email\nada@example.com\nbob@example.com\nADA@example.com\n')).toContain(
      'line 4 names ADA@example.com again, which line 2 has'.replace('ADA', 'ada'),
    )
  })

  test('every such line is named in one error, ten of them in full', async () => {
    const rows = Array.from({ length: 14 }, (_, n) => `p${n}@example.com,bad`)
    const message = await refusal(`email,mfa\nfine@example.com,true\n${rows.join('\n')}`)
    expect(message).toContain('line 3 has "bad" as mfa')
    expect(message).toContain('line 12 has')
    expect(message).not.toContain('line 13 has')
    expect(message).toMatch(/; and 4 more\. Correct the file; none of it was used\.$/)
  })

  test('lines are counted as an editor counts them, over line breaks in cells', async () => {
    expect(await refusal('email,title\nada@example.com,"a\nb"\n\nbob,"c\nd"\n')).toContain('line 5 has "bob" as email')
  })

  test.each([
    { name: 'an empty file', content: '', says: 'the file is empty' },
    { name: 'no column for the email', content: 'mail,name\nada@example.com,Ada', says: 'the column email is missing' },
    {
      name: 'semicolons instead of commas',
      content: 'email;name\nada@example.com;Ada',
      says: 'separate the columns with commas',
    },
    { name: 'a column named twice', content: 'email,Name,name\n', says: 'names the column "name" twice' },
    { name: 'a column without a name', content: 'email,,name\n', says: 'has no name for column 2' },
    {
      name: 'a quote that is never closed',
      content: 'email,name\nada@example.com,"Ada\nbob@example.com,Bob\n',
      says: 'never closed',
    },
    {
      name: 'text after a closing quote',
      content: 'email,name\nada@example.com,"Ada"x\n',
      says: 'line 2: text follows a closing quote',
    },
    {
      name: 'a quote in an unquoted cell',
      content: 'email,name\nada@example.com,A"da\n',
      says: 'line 2: a quote stands inside',
    },
    {
      name: 'a row longer than any person',
      content: `email,name\nada@example.com,${'x'.repeat(70_000)}\n`,
      says: 'more than 65536 bytes',
    },
    { name: 'NUL characters', content: 'email\nada@example.com\0\n', says: 'NUL' },
    {
      name: 'another encoding',
      content: Buffer.from('email,name\nada@example.com,J\xfcrgen\n', 'latin1'),
      says: 'not UTF-8',
    },
    { name: 'UTF-16', content: Buffer.from('\uFEFFemail\nada@example.com\n', 'utf16le'), says: 'not UTF-8' },
  ])('$name', async ({ content, says }) => {
    expect(await refusal(content)).toContain(says)
  })

  test('a cell is quoted short and on one line', async () => {
    const message = await refusal(`email,mfa\nada@example.com,"${'x\n'.repeat(60)}"\n`)
    expect(message).toContain('…" as mfa')
    expect(message).not.toContain('\n')
  })
})

describe('a date ends', () => {
  test.each([
    { zone: 'UTC', date: '2026-10-31', ends: '2026-11-01T00:00:00.000Z' },
    { zone: 'America/New_York', date: '2026-10-31', ends: '2026-11-01T04:00:00.000Z' },
    { zone: 'America/New_York', date: '2026-11-01', ends: '2026-11-02T05:00:00.000Z' },
    { zone: 'Europe/Berlin', date: '2026-03-29', ends: '2026-03-29T22:00:00.000Z' },
    { zone: 'Asia/Kolkata', date: '2026-12-31', ends: '2026-12-31T18:30:00.000Z' },
    { zone: 'Pacific/Kiritimati', date: '2026-06-30', ends: '2026-06-30T10:00:00.000Z' },
    { zone: 'Etc/GMT+12', date: '2026-06-30', ends: '2026-07-01T12:00:00.000Z' },
    { zone: 'Pacific/Apia', date: '2011-12-29', ends: '2011-12-30T10:00:00.000Z' },
    { zone: 'Pacific/Apia', date: '2011-12-30', ends: '2011-12-30T10:00:00.000Z' },
    { zone: 'Asia/Beirut', date: '2022-03-26', ends: '2022-03-26T22:00:00.000Z' },
    { zone: 'America/Sao_Paulo', date: '2018-11-03', ends: '2018-11-04T03:00:00.000Z' },
    { zone: 'America/Sao_Paulo', date: '2018-02-17', ends: '2018-02-18T03:00:00.000Z' },
    { zone: 'America/St_Johns', date: '2006-10-28', ends: '2006-10-29T03:30:00.000Z' },
    { zone: 'Australia/Lord_Howe', date: '2026-04-04', ends: '2026-04-04T13:00:00.000Z' },
    { zone: 'Europe/Berlin', date: '9999-12-31', ends: '9999-12-31T23:59:59.999Z' },
  ])('$date in $zone at $ends', ({ zone, date, ends }) => {
    expect(endOfDayIn(zone)(date)).toBe(ends)
  })

  test('in the zone that the reading names', async () => {
    const [person] = await people('email,end_date\nada@example.com,2026-10-31\n', 'Pacific/Auckland')
    expect(person!.endsAt).toBe('2026-10-31T11:00:00.000Z')
  })
})

describe('the source', () => {
  test('says how many people it names, and since when', async () => {
    const config = await rosterFile('email\nada@example.com\n')
    expect(await csv.probe(config, tools)).toEqual({
      access: [
        {
          scope: 'the file',
          state: 'present',
          detail: 'FILE people.csv: 1 person, modified at 2026-11-01T08:00:00.000Z',
        },
      ],
      expiresAt: null,
      credential: null,
      clockSkewMs: null,
    })
  })

  test('fails where the file is not there', async () => {
    const config = csv.config.parse({ id: 'roster', kind: 'csv', path: join(folder, 'nobody.csv') })
    await expect(collectPages(csv, config, tools)).rejects.toMatchObject({ code: 'file_unreadable' })
  })

  test('is fresh for seven days unless it says otherwise, and has no host', () => {
    const config = csv.config.parse({ id: 'roster', kind: 'csv', path: 'people.csv' })
    expect(config).toMatchObject({ freshness: '7d' })
    expect(csv.baseUrl(config)).toBeNull()
    expect(() => csv.config.parse({ id: 'roster', kind: 'csv', path: 'people.csv', delimiter: ';' })).toThrow(
      /delimiter/,
    )
    expect(csv.config.jsonSchema()).toMatchObject({ type: 'object', additionalProperties: false })
  })
})
