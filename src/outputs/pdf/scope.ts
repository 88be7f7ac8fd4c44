/** Which systems were read, how far, how old the reading is, and what lies in scope. */

import type { DeviceTrust, Settings } from '../../domain/settings.ts'
import { sourceSettings } from '../../domain/settings.ts'
import type { SourceState } from '../../domain/snapshot.ts'
import { between, type Instant } from '../../domain/time.ts'
import { counted, countedKind, lengthText, SOURCE_WORD, vendorWord } from '../../domain/words.ts'
import { gauge } from '../../lib/chart.ts'
import { bullets, facts, h2, notice, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import type { Sheet } from './sheet.ts'
import { type Cell, cell, Table } from './table.ts'
import { COLOUR, STYLE } from './tokens.ts'
import { momentOrNever, SOURCE_MARK } from './words.ts'

export async function scope(book: Book): Promise<void> {
  const { sheet, report } = book
  const settings = report.snapshot?.settings ?? null
  await chapter(book, 'scope', () => {
    h2(sheet, 'Sources')
    paragraph(
      sheet,
      'The systems that were read. A result rests on a source only while its newest reading is complete and younger than its limit; otherwise the checks that need it are not evaluated.',
    )
    sources(sheet, report.sources, settings, report.evaluatedAt)
    for (const source of report.sources) {
      if (source.error !== null) notice(sheet, `${source.id}: ${source.error.message}`, COLOUR.fail, COLOUR.failSoft)
    }
    blind(sheet, report.sources)
    if (settings === null) return
    systems(sheet, settings)
    trust(sheet, settings.deviceTrust)
    people(sheet, settings)
    clocks(sheet, settings)
  })
}

export function sources(sheet: Sheet, states: readonly SourceState[], settings: Settings | null, now: Instant): void {
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Source', width: 88 },
      { title: 'Status', width: 92 },
      { title: 'Records', width: 137 },
      { title: 'Read at (UTC)', width: 86 },
      { title: 'Age, and its limit', width: 84 },
    ])
    for (const state of states) {
      table.row([
        {
          header: true,
          text: [
            [span(state.id, STYLE.cellStrong)],
            [span(vendorWord(state.kind), STYLE.note)],
            ...(state.notVendorHost
              ? [[span('not the vendor’s host', { ...STYLE.note, colour: COLOUR.unknown })]]
              : []),
          ],
        },
        { mark: SOURCE_MARK[state.status], word: SOURCE_WORD[state.status] },
        cell(
          Object.entries(state.records)
            .map(([kind, count]) => countedKind(count, kind))
            .join(', ') || 'none',
        ),
        cell(momentOrNever(state.collectedAt).replace(' UTC', '')),
        age(sheet, state, settings, now),
      ])
    }
  })
  sheet.space(8)
}

/** The age of a reading against the age at which it no longer counts. */
function age(sheet: Sheet, state: SourceState, settings: Settings | null, now: Instant): Cell {
  const limit = settings === null ? undefined : sourceSettings(settings, state.id)?.freshnessMs
  if (state.collectedAt === null || limit === undefined) return cell('–', STYLE.zero)
  const ms = Math.max(0, between(state.collectedAt, now))
  const text = `${lengthText(ms)} of ${lengthText(limit)}`
  return {
    alt: text,
    height: 24,
    draw(x, y, width) {
      const shape = gauge(ms, limit, { width, height: 5 })
      sheet.text(text, x, y, STYLE.cell)
      sheet.rect(x, y + 15, width, 5, COLOUR.sunken)
      sheet.path(shape.d, x, y + 15, ms > limit ? COLOUR.unknownBar : COLOUR.passBar)
      sheet.rect(x + shape.limit - 0.5, y + 12.5, 1, 10, COLOUR.text)
    },
  }
}

function blind(sheet: Sheet, states: readonly SourceState[]): void {
  const entries = states.flatMap((state) => state.blind.map((each) => ({ id: state.id, ...each })))
  if (entries.length === 0) return
  h2(sheet, 'What the credentials may not see')
  bullets(
    sheet,
    entries.map(({ id, kind, fields, scope, because }) => {
      const what = fields === null ? countedKind(2, kind).replace('2 ', '') : `${fields.join(', ')} (${kind})`
      return `${id}: ${what}. ${because}; the right ${scope} would reveal it.`
    }),
    STYLE.cell,
  )
}

function systems(sheet: Sheet, { criticalSystems }: Settings): void {
  h2(sheet, 'Critical systems', 60)
  if (criticalSystems.length === 0) {
    paragraph(sheet, 'None is declared: nobody has said who may have which role.')
    return
  }
  for (const system of criticalSystems) {
    const access = (system.access ?? []).map(
      ({ roles, people }): string =>
        `${roles.join(', ')}: ${
          people === null
            ? 'any account'
            : Object.entries(people)
                .map(([column, values]) => `${column} is ${values.join(' or ')}`)
                .join(' and ')
        }`,
    )
    facts(sheet, [
      ['System', [span(`${system.id} (source ${system.source})`, STYLE.cellStrong)]],
      ['Access is removed within', `${lengthText(system.offboardingWithinMs)} of the end of the last day`],
      ...(system.access === null
        ? [['Who may have which role', 'not declared'] as const]
        : access.map((line, index) => [index === 0 ? 'Who may have which role' : '', line] as const)),
    ])
  }
}

function trust(sheet: Sheet, { scope, postures, require }: DeviceTrust): void {
  h2(sheet, 'Device trust', 60)
  facts(sheet, [
    [
      'Devices in scope',
      `${scope.os.join(', ')}; tagged devices ${scope.tagged ? 'are judged too' : 'are left out'}; external devices are left out`,
    ],
    ...(require === null
      ? [['Required', 'not declared'] as const]
      : [
          ...(require.allOf.length > 0 ? [['All of', require.allOf.join(', ')] as const] : []),
          ...(require.anyOf.length > 0 ? [['At least one of', require.anyOf.join(', ')] as const] : []),
        ]),
    ...Object.entries(postures).map(([name, conditions]) => [`Posture ${name}`, conditions.join(' and ')] as const),
  ])
}

function people(sheet: Sheet, { people, organization }: Settings): void {
  const aliases = Object.entries(people.aliases)
  h2(sheet, 'People', 50)
  facts(sheet, [
    ['Days end in', organization.timeZone],
    ['Service accounts', people.serviceAccounts.join(', ') || 'none declared'],
    ['Declared aliases', aliases.map(([login, email]) => `${login} is ${email}`).join(', ') || 'none declared'],
  ])
}

function clocks(sheet: Sheet, { slaMs, attestations, waivers }: Settings): void {
  h2(sheet, 'Time to fix', 50)
  facts(sheet, [
    [
      'From first seen to overdue',
      (['critical', 'high', 'medium', 'low'] as const).map((each) => `${each} ${lengthText(slaMs[each])}`).join(', '),
    ],
    [
      'Entries by people',
      `${counted(waivers.length, 'accepted risk')}, ${counted(attestations.length, 'attestation')}`,
    ],
  ])
}
