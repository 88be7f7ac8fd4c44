import { byText } from '../../domain/json.ts'
import { facts } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { STYLE } from './tokens.ts'

const WORDS: readonly (readonly [string, string])[] = [
  [
    'Accepted risk',
    'A failure that the organisation has chosen to bear until a stated day, with an owner, an approver and a reason. It stays a failure.',
  ],
  ['Account', 'A login in a tailnet.'],
  ['Attestation', 'An answer given by a person: who, what, on which day, valid until when.'],
  ['Check', 'A yes-or-no question with a stated rule. Yes is good.'],
  [
    'Critical system',
    'A tailnet whose access is governed: which roles are valid for whom, and how soon a leaver must be out.',
  ],
  ['Device', 'A machine in a tailnet.'],
  [
    'EDR/MDM record',
    'What an endpoint protection or device management vendor holds of a machine. It is matched to a device by serial number, and by nothing else.',
  ],
  ['Facts', 'The values that decided an answer, as the vendor sent them, with the limits that they were held against.'],
  ['Fails', 'The question is answered no, on complete data.'],
  ['First seen', 'The state in which a failure was met first, without a pass since. The time to fix counts from it.'],
  ['Not applicable', 'The question does not concern the subject: out of scope, another platform, not a leaver.'],
  [
    'Not evaluated',
    'What is needed for an answer was not there: a source was not read, a field was missing, no match was found. The reason stands beside it.',
  ],
  [
    'Overdue',
    'A failure that has lasted longer than the time to fix that its severity allows, or is past the deadline that the question itself holds.',
  ],
  ['Passes', 'The question is answered yes, on complete data.'],
  ['Person', 'Someone in the roster of the organisation.'],
  [
    'Population',
    'Every subject that a check looked at. Subjects are those that pass, fail, were not evaluated and are not applicable, added up.',
  ],
  ['Run', 'One reading of the sources, and the answers of all checks to it.'],
  ['Source', 'A configured system that is read.'],
  ['State at', 'The moment at which the last reading of the run ended. All answers speak of it.'],
  [
    'Waiting for confirmation',
    'A reading with far fewer records than the one before. It is not used until somebody confirms that it is right.',
  ],
]

/** Said of a period alone. */
const PERIOD_WORDS: readonly (readonly [string, string])[] = [
  ['Deviated', 'A subject that failed at some time of the period.'],
  [
    'Evaluated',
    'The share of the period in which an answer stood on complete and recent readings. The rest is a gap, and each gap has a cause.',
  ],
  [
    'Judged nothing',
    'A check that had nobody and nothing to judge in the period, or was never evaluated in it. It is counted by itself and is no pass.',
  ],
  [
    'Leaver',
    'A person whose employment was seen to end. Access ended between the last reading that showed it and the first that did not.',
  ],
  [
    'Met',
    'A subject that never failed and was never left open while the check was evaluated. How much of the period that was stands beside it.',
  ],
  [
    'Not determinable',
    'A subject that could not be evaluated at some time of the period and was never seen failing: what nobody saw may have failed.',
  ],
  ['Period', 'The time that an audit covers. A result over it is a test of its own, never that of its last day.'],
  ['Tested', 'Subjects that met or deviated, added up.'],
]

export async function glossary(book: Book): Promise<void> {
  const words = book.coverage === null ? WORDS : [...WORDS, ...PERIOD_WORDS].sort(([a], [b]) => byText(a, b))
  await chapter(book, 'glossary', () => {
    facts(book.sheet, words, { names: 124, style: STYLE.body })
  })
}
