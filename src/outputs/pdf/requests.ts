/**
 * The request log, summed up: what was asked of whom, when, and the digests of the answers, so that an auditor can judge
 * whether information produced by the entity is complete and accurate.
 */

import type { RequestNote } from '../../domain/connector.ts'
import { counted, factText, momentText, number, vendorWord } from '../../domain/words.ts'
import { sha256 } from '../../lib/digest.ts'
import { facts, h2, notice, paragraph, span } from './blocks.ts'
import { type Book, chapter, type PullLog } from './book.ts'
import type { Sheet } from './sheet.ts'
import { cell, figure, Table } from './table.ts'
import { COLOUR, STYLE, WIDTH } from './tokens.ts'
import { bytesText, secondText } from './words.ts'
import { cutMiddle } from './wrap.ts'

/** Endpoints that one source lists; a vendor has a dozen. */
const ENDPOINTS = 40

export async function requests(book: Book): Promise<void> {
  const { sheet, report } = book
  await chapter(book, 'requests', async (bookmark) => {
    paragraph(
      sheet,
      'How each source was read for this state. Calls to one endpoint are one line. The digest of a line is the SHA-256 of the answer’s body as received; where there were several calls, it is the SHA-256 of their digests, one a line, in the order of the calls.',
    )
    for (const source of report.sources) {
      await book.breathe()
      const pull = await book.pullLog(source.id, report.run?.id)
      await sheet.groupAsync('Sect', async () => {
        h2(sheet, `${source.id}  ${vendorWord(source.kind)}`, 130)
        sheet.bookmark(source.id, bookmark)
        if (pull !== null) await one(book, pull)
        else {
          paragraph(
            sheet,
            source.collectedAt === null
              ? 'It has not been read yet.'
              : `It was not read in this run. What is known of it was read at ${momentText(source.collectedAt)}; the report of that run has its calls.`,
          )
        }
      })
    }
  })
}

const OUTCOME = {
  complete: 'complete',
  failed: 'failed: its answers are not used',
  held: 'waiting for confirmation: its answers are not used',
}

async function one(book: Book, pull: PullLog): Promise<void> {
  const { sheet } = book
  const groups = endpoints(pull.requests)
  await book.breathe()
  const some = (pick: (note: RequestNote) => string | null): string =>
    listed(new Set(pull.requests.map(pick).filter((each) => each !== null)))
  facts(sheet, [
    ['Outcome', OUTCOME[pull.outcome]],
    ['Read', `${secondText(pull.collectedAt)} to ${secondText(pull.endedAt)} UTC`],
    ['Host', `${some((note) => note.host) || 'none'}${pull.notVendorHost ? ', not the vendor’s host' : ''}`],
    ['Address', some((note) => note.address) || 'none: no network'],
    ['TLS certificate (SHA-256)', some((note) => note.certificate) || 'none: not over TLS'],
    [
      'Calls',
      `${counted(pull.requests.length, 'call')}, ${bytesText(sum(pull.requests))} received, ${counted(pull.pages.length, 'answer')} kept`,
    ],
    ...(pull.requests.length === 0 ? pull.pages.slice(0, ENDPOINTS).flatMap(fileFacts) : []),
    ['Configuration (SHA-256)', pull.configDigest],
  ])
  if (pull.error !== null) notice(sheet, pull.error.message, COLOUR.fail, COLOUR.failSoft)
  if (groups.length > 0) table(sheet, groups)
}

/** A file is read without a call: what vouches for it is its own digest. */
function fileFacts({ request, sha256, headers }: PullLog['pages'][number]): [string, string][] {
  const modifiedAt = headers['modified-at']
  return [
    ['File', cutMiddle(request, 160)],
    ...(modifiedAt === undefined ? [] : [['Last changed', factText(modifiedAt)] as [string, string]]),
    ['Contents (SHA-256)', sha256],
  ]
}

function sum(notes: readonly RequestNote[]): number {
  return notes.reduce((total, note) => total + note.bytes, 0)
}

function listed(values: ReadonlySet<string>): string {
  const [shown, rest] = [[...values].slice(0, 4), values.size - 4]
  return shown.join(', ') + (rest > 0 ? ` and ${number(rest)} more` : '')
}

interface Endpoint {
  readonly name: string
  readonly notes: RequestNote[]
}

function endpoints(notes: readonly RequestNote[]): Endpoint[] {
  const groups = new Map<string, Endpoint>()
  for (const note of notes) {
    const name = endpointOf(note.request)
    const own = groups.get(name)
    if (own === undefined) groups.set(name, { name, notes: [note] })
    else own.notes.push(note)
  }
  return [...groups.values()]
}

/** "GET /api/v2/device/nABC123CNTRL/attributes?x=1" → "GET /api/v2/device/{id}/attributes" */
function endpointOf(request: string): string {
  const [path = ''] = request.split('?')
  return path.replace(/\/(?:(?=[^/]*\d)[^/]{8,}|(?=[^/]*[A-Z])[^/]{8,})/g, '/{id}')
}

function table(sheet: Sheet, groups: readonly Endpoint[]): void {
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Call', width: WIDTH - 176 },
      { title: 'Calls', width: 36, align: 'right' },
      { title: 'Answers', width: 44, align: 'right' },
      { title: 'Received', width: 50, align: 'right' },
      { title: 'First, last (UTC)', width: 46, align: 'right' },
    ])
    for (const { name, notes } of groups.slice(0, ENDPOINTS)) {
      const first = notes[0]!.startedAt
      const last = notes.at(-1)!.startedAt
      table.row([
        {
          header: true,
          text: [[span(cutMiddle(name, 160), STYLE.cellStrong)], [span(digestText(notes), STYLE.small)]],
        },
        figure(number(notes.length)),
        cell(statuses(notes), STYLE.figures),
        figure(bytesText(sum(notes))),
        {
          text: [
            [span(first.slice(11, 19), STYLE.figures)],
            ...(last === first ? [] : [[span(last.slice(11, 19), STYLE.figures)]]),
          ],
        },
      ])
    }
  })
  if (groups.length > ENDPOINTS) {
    sheet.space(4)
    paragraph(sheet, `${number(groups.length - ENDPOINTS)} more endpoints are not listed here.`, STYLE.cellStrong)
  }
}

/** "200 (17), 404 (1)"; a call without an answer counts as none. */
function statuses(notes: readonly RequestNote[]): string {
  const counts = new Map<string, number>()
  for (const { status } of notes) {
    const name = status === 0 ? 'none' : String(status)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  if (counts.size === 1) return [...counts.keys()][0]!
  return [...counts].map(([name, count]) => `${name} (${number(count)})`).join(', ')
}

function digestText(notes: readonly RequestNote[]): string {
  const digests = notes.flatMap((note) => (note.sha256 === null ? [] : [note.sha256]))
  if (digests.length === 0) return 'no digest: the answer holds a credential, or none came'
  if (digests.length === 1) return `SHA-256 ${digests[0]}`
  return `SHA-256 over ${number(digests.length)} digests ${sha256(`${digests.join('\n')}\n`)}`
}
