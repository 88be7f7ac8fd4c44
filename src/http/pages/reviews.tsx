/** Reviews of access: what was decided, by whom, what is still to be done, and when the next is due. */
import { type Followed, HOW_DONE, type ReviewState } from '../../domain/follow-up.ts'
import type { Decision } from '../../domain/review.ts'
import { durationMs, type Instant, instant, plus } from '../../domain/time.ts'
import { counted, number } from '../../domain/words.ts'
import { Card, Empty, PageHead, Paging, pageOf, Row, Table } from '../components/blocks.tsx'
import { type Asked, address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { Ago, bearable, Moment, Name } from '../components/text.tsx'
import type { View } from '../view.ts'

export function ReviewsPage({
  frame,
  view,
  reviews,
  asked,
}: {
  frame: Frame
  view: View
  reviews: readonly ReviewState[]
  asked: Asked
}) {
  const newestFirst = reviews.toReversed()
  const open = newestFirst.flatMap(({ followUps }) => followUps).filter(({ doneAt }) => doneAt === null)
  return (
    <Layout frame={frame} title="Access reviews" section="reviews">
      <PageHead
        title="Access reviews"
        lead="Who keeps an account is decided by people, account by account; every removal is followed until a reading shows it."
      />
      <div class="stack">
        <Due view={view} reviews={reviews} now={frame.now} />
        <Open list={open} asked={asked} now={frame.now} />
        <Card title="Reviews" id="reviews" note={reviews.length === 0 ? undefined : counted(reviews.length, 'review')}>
          {reviews.length === 0 ? (
            <>
              <Empty title="No review yet">
                The accounts of a system go out as a table, with a decision, a reason and a reviewer for each; the
                filled table comes back and is signed off.
              </Empty>
              <pre class="raw">
                {'exhibit review export --system tailnet -o review.csv\nexhibit review import review.csv'}
              </pre>
            </>
          ) : (
            <Table
              caption="Reviews"
              columns={[
                { word: 'Review' },
                { word: 'Accounts as of' },
                { word: 'Signed off' },
                { word: 'Decisions' },
                { word: 'Followed' },
              ]}
            >
              {newestFirst.map((review) => (
                <ReviewRow review={review} />
              ))}
            </Table>
          )}
        </Card>
      </div>
    </Layout>
  )
}

function ReviewRow({ review: { frozen, signed, followUps } }: { review: ReviewState }) {
  const open = followUps.filter(({ doneAt }) => doneAt === null).length
  return (
    <Row>
      <th scope="row">
        {frozen.id}
        <span class="sub">
          <Name text={frozen.system} />
        </span>
      </th>
      <td>
        <Moment at={frozen.frozenAt} />
        <span class="sub">{counted(frozen.accounts, 'account')}</span>
      </td>
      <td>
        {signed === null ? (
          <StatusMark mark="unknown" word="Waits for decisions" />
        ) : (
          <>
            <Moment at={signed.at} />
            <span class="sub">
              <Name text={signed.by} />
            </span>
          </>
        )}
      </td>
      <td>{signed === null ? <span class="muted">none yet</span> : decisionsText(signed.decisions)}</td>
      <td>
        {followUps.length === 0 ? (
          <span class="muted">nothing to follow</span>
        ) : open === 0 ? (
          `all ${number(followUps.length)} done`
        ) : (
          `${number(open)} of ${number(followUps.length)} open`
        )}
        {followUps.length === 0 ? null : (
          <details>
            <summary>Which</summary>
            <ul>
              {followUps.slice(0, SHOWN).map((one) => (
                <li>
                  <Name text={one.login} />: {decisionText(one)},{' '}
                  {one.how === null ? (
                    'open'
                  ) : (
                    <>
                      {HOW_DONE[one.how]} <Moment at={one.doneAt} />
                    </>
                  )}
                </li>
              ))}
            </ul>
            {followUps.length > SHOWN ? <p class="muted">and {number(followUps.length - SHOWN)} more</p> : null}
          </details>
        )}
      </td>
    </Row>
  )
}

/** Decisions of one review that are listed. */
const SHOWN = 50

function decisionsText(decisions: readonly { readonly decision: Decision }[]): string {
  return (['keep', 'remove', 'change role'] as const)
    .map((word) => `${number(decisions.filter(({ decision }) => decision === word).length)} ${word}`)
    .join(', ')
}

function decisionText({ decision, newRole }: Followed): string {
  return newRole === null ? decision : `${decision} to ${bearable(newRole, 60)}`
}

function Open({ list, asked, now }: { list: readonly Followed[]; asked: Asked; now: Instant }) {
  if (list.length === 0) return null
  const page = pageOf(
    list.toSorted((a, b) => (a.decidedAt < b.decidedAt ? -1 : 1)),
    asked['page'],
  )
  return (
    <Card title="Decided and not done yet" id="open" note={counted(list.length, 'account')}>
      <Table
        caption="Decided and not done yet"
        columns={[
          { word: 'Account' },
          { word: 'Decision' },
          { word: 'Why' },
          { word: 'Decided' },
          { word: 'What to do' },
        ]}
      >
        {page.items.map((one) => (
          <Row>
            <th scope="row">
              <Name text={one.login} />
              <span class="sub">
                <Name text={one.system} />, {one.review}
              </span>
            </th>
            <td>{decisionText(one)}</td>
            <td class="cell-sentence">
              {one.reason === null ? <span class="muted">none</span> : bearable(one.reason)}
            </td>
            <td class="nowrap">
              <Ago at={one.decidedAt} now={now} />
            </td>
            <td class="cell-sentence">
              In the Tailscale admin console: Users, the menu at the end of the row,{' '}
              {one.decision === 'remove'
                ? 'Suspend user or Delete user'
                : `Edit role, ${bearable(one.newRole ?? '', 60)}`}
              .
            </td>
          </Row>
        ))}
      </Table>
      <Paging page={page} link={(number) => address('/reviews', { page: String(number) })} one="account" />
    </Card>
  )
}

/** The check that asks whether access was reviewed in time. */
const REVIEWED = 'ID-20'

interface NextDue {
  readonly system: string
  readonly last: Instant | null
  readonly dueAt: Instant | null
}

function Due({ view, reviews, now }: { view: View; reviews: readonly ReviewState[]; now: Instant }) {
  const asked = view.report.results.filter(({ check }) => check.ref === REVIEWED)
  if (asked.length === 0) return null
  const next = asked.map((result): NextDue => {
    const { system, parameters } = result
    const signed = reviews.flatMap((each) => (each.signed?.system === system ? each.signed.at : []))
    const last = signed.toSorted().at(-1) ?? null
    const every = durationMs(String(parameters['every']))
    // Before the first one the check counts from when it first saw the tailnet.
    const first = view.findingsOf(result).at(0)?.facts['dueAt']
    const dueAt = last === null || every === null ? instant(first) : plus(last, every)
    return { system: system ?? '', last, dueAt }
  })
  return (
    <Card title="Due next" id="due" note={<a href={checkPath(asked[0]!.check.id)}>{REVIEWED}</a>}>
      <Table caption="Due next" columns={[{ word: 'System' }, { word: 'Last signed off' }, { word: 'Next due' }]}>
        {next.map(({ system, last, dueAt }) => (
          <Row>
            <th scope="row">
              <Name text={system} />
            </th>
            <td>
              <Moment at={last} />
            </td>
            <td class={dueAt !== null && dueAt < now ? 'overdue' : undefined}>
              <Moment at={dueAt} none="not known" />
            </td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}
