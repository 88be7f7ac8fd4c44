import { type Followed, HOW_DONE, type ReviewState } from '../domain/follow-up.ts'
import type { ReviewFrozen, ReviewSigned } from '../domain/review.ts'
import type { Instant } from '../domain/time.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { table } from './table.ts'
import { moment, styler, widthOf } from './terminal.ts'

/** What an installation can do with reviews of access. */
export interface Reviews {
  freeze(asked: { readonly system: string; readonly asOf: Instant | 'latest'; readonly by: string }): Promise<{
    readonly review: ReviewFrozen
    readonly sheet: Iterable<string>
    readonly fresh: boolean
    readonly oldRosters: readonly {
      readonly id: string
      readonly status: string
      readonly collectedAt: Instant | null
    }[]
  }>
  sign(asked: { readonly file: Uint8Array; readonly by: string }): Promise<{
    readonly review: ReviewSigned
    readonly leaf: number
  }>
  list(): Promise<readonly ReviewState[]>
}

/** Freezes the accounts of a system and writes the table to decide in. */
export async function runReviewExport(
  options: { config: string; system: string; output: string; asOf?: string },
  parts: CliParts,
): Promise<ExitCode> {
  const asOf = options.asOf === undefined ? 'latest' : parseMoment(options.asOf)
  const installation = await parts.open(options.config)
  try {
    const frozen = await installation.reviews.freeze({ system: options.system, asOf, by: parts.actor() })
    const { review, sheet, fresh, oldRosters } = frozen
    await parts.writeFile(options.output, sheet)
    const { err } = parts.terminal
    const was = fresh ? 'frozen' : `frozen before, at ${moment(review.at)},`
    err.write(
      `wrote ${options.output}: review ${review.id}, ${counted(review.accounts, 'account')} of ${review.system} as of ${moment(review.frozenAt)}, ${was} with the digest ${review.digest}\n`,
    )
    for (const { id, status, collectedAt } of oldRosters) {
      err.write(`${id} is ${status}: whose the accounts are is told by its reading of ${moment(collectedAt)}\n`)
    }
    err.write(
      'Fill in decision (keep, remove or change role), new role, reason and reviewer of every row, change nothing else, save as CSV UTF-8;\n' +
        `then: exhibit review import ${options.output}\n`,
    )
    return 0
  } finally {
    await installation.close()
  }
}

/** Takes the filled table back and signs it off. */
export async function runReviewImport(
  file: string,
  options: { config: string; by?: string },
  parts: CliParts,
): Promise<ExitCode> {
  const bytes = parts.readFile(file)
  const installation = await parts.open(options.config)
  try {
    const { review, leaf } = await installation.reviews.sign({ file: bytes, by: options.by ?? parts.actor() })
    const { out } = parts.terminal
    const style = styler(out)
    out.write(
      `${style('bold', `Review ${review.id}`)} of ${review.system}: ${decisionsText(review)}, signed by ${review.by} as leaf ${leaf} of the evidence ledger\n`,
    )
    const toDo = review.decisions.filter(({ decision }) => decision !== 'keep')
    if (toDo.length === 0) return 0
    out.write(`\nTo be done in the Tailscale admin console, ${CONSOLE}, the menu at the end of each row:\n`)
    for (const { login, decision, newRole } of toDo) {
      out.write(`  ${login}: ${decision === 'remove' ? 'Suspend user or Delete user' : `Edit role, ${newRole}`}\n`)
    }
    out.write(
      'Where accounts are provisioned by an identity provider, remove the person there: it would bring them back.\n',
    )
    out.write('Each is followed until a reading shows it done: "exhibit review list".\n')
    return 0
  } finally {
    await installation.close()
  }
}

const CONSOLE = 'Users (https://login.tailscale.com/admin/users)'

export async function runReviewList(
  options: { config: string; format: 'table' | 'json' },
  parts: CliParts,
): Promise<ExitCode> {
  const installation = await parts.open(options.config)
  try {
    const reviews = await installation.reviews.list()
    if (options.format === 'json') {
      parts.terminal.out.write(`${JSON.stringify({ schema: 'exhibit.reviews/1', reviews }, null, 2)}\n`)
    } else printList(reviews, parts)
    return 0
  } finally {
    await installation.close()
  }
}

function printList(reviews: readonly ReviewState[], parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const dim = (text: string): string => style('dim', text)
  if (reviews.length === 0) {
    out.write('No review yet. "exhibit review export --system tailnet -o review.csv" begins one.\n')
    return
  }
  const columns = [
    { title: 'Review' },
    { title: 'System', flexible: true },
    { title: 'Accounts as of' },
    { title: 'Accounts', align: 'right' as const },
    { title: 'State', flexible: true, min: 20 },
  ]
  const rows = reviews.map(({ frozen, signed }) => [
    frozen.id,
    frozen.system,
    moment(frozen.frozenAt),
    String(frozen.accounts),
    signed === null ? 'waits for decisions' : `signed ${moment(signed.at)} by ${signed.by}: ${decisionsText(signed)}`,
  ])
  out.write(`${table(columns, rows, widthOf(out), dim)}\n`)
  const followed = reviews.flatMap(({ followUps }) => followUps)
  if (followed.length === 0) return
  out.write('\n')
  const kept = [
    { title: 'Review' },
    { title: 'Account', flexible: true, min: 16 },
    { title: 'Decision' },
    { title: 'Decided' },
    { title: 'Done' },
  ]
  const cells = followed.map(({ review, login, decision, newRole, decidedAt, ...rest }) => [
    review,
    login,
    newRole === null ? decision : `${decision}: ${newRole}`,
    moment(decidedAt),
    doneText(rest),
  ])
  out.write(`${table(kept, cells, widthOf(out), dim)}\n`)
  out.write(`\nA removal is done when a reading no longer has the account (gone) or has it suspended.\n`)
}

function decisionsText({ decisions }: ReviewSigned): string {
  return (['keep', 'remove', 'change role'] as const)
    .map((word) => `${decisions.filter(({ decision }) => decision === word).length} ${word}`)
    .join(', ')
}

function doneText({ doneAt, how }: Pick<Followed, 'doneAt' | 'how'>): string {
  return doneAt === null || how === null ? 'open' : `${moment(doneAt)} ${HOW_DONE[how]}`
}
