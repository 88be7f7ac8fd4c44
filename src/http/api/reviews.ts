import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ReviewState } from '../../domain/follow-up.ts'
import type { Decision } from '../../domain/review.ts'
import type { Audit } from '../audit.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, Moment, MomentOrNull, PAGED, Text, TextOrNull } from './shapes.ts'

const FollowUp = z
  .object({
    account: Text,
    login: Text,
    decision: z.enum(['remove', 'change role']),
    newRole: TextOrNull,
    reason: TextOrNull,
    decidedAt: Moment,
    doneAt: MomentOrNull.openapi({
      description: 'Of the first accepted reading that showed it done; null while open.',
    }),
    how: z.enum(['gone', 'suspended', 'role']).nullable(),
  })
  .openapi('ReviewFollowUp')
const Review = z
  .object({
    id: Text,
    system: Text,
    state: z.enum(['frozen', 'signed']),
    run: Text,
    frozenAt: Moment.openapi({ description: 'Snapshot of the accounts.' }),
    accounts: Count,
    digest: Text.openapi({ description: 'SHA-256 over the frozen rows as canonical JSON (RFC 8785).' }),
    exportedAt: Moment,
    exportedBy: Text,
    signedAt: MomentOrNull,
    signedBy: TextOrNull,
    leaf: Count.openapi({ description: 'Index of its newest leaf in the evidence ledger.' }),
    decisions: z.object({ keep: Count, remove: Count, changeRole: Count }).nullable(),
    followUps: z.array(FollowUp),
  })
  .openapi('AccessReview')

const places = cursorOf('reviews', z.int().min(0))

export function reviews(app: OpenAPIHono, audited: Audit): void {
  route(
    app,
    {
      method: 'get',
      path: '/reviews',
      id: 'listReviews',
      summary: 'Reviews of access, and what became of each removal and change of role',
      tag: 'periods',
      query: { ...PAGED },
      answers: {
        200: { description: 'Newest first.', schema: itemsSchema(Review, {}), headers: { ...TAGGED, ...LINK } },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor } }) => {
      const before = cursor === undefined ? null : places.read(cursor, null)
      if (cursor !== undefined && before === null) return badCursor(c)
      // By the order in which they were frozen: a signature does not move them.
      const all = (await audited.reviews()).map((review, nth) => ({ review, nth })).reverse()
      const found = all.filter(({ nth }) => before === null || nth < before)
      const shown = found.slice(0, limit)
      const nextCursor = found.length > limit ? places.write(shown.at(-1)!.nth, null) : null
      const body = { items: shown.map(({ review }) => reviewJson(review)), nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )
}

function reviewJson({ frozen, signed, leaf, followUps }: ReviewState) {
  const { id, system, run, frozenAt, accounts, digest, at, by } = frozen
  const count = (word: Decision): number => signed!.decisions.filter(({ decision }) => decision === word).length
  return {
    id,
    system,
    state: signed === null ? 'frozen' : 'signed',
    run,
    frozenAt,
    accounts,
    digest,
    exportedAt: at,
    exportedBy: by,
    signedAt: signed?.at ?? null,
    signedBy: signed?.by ?? null,
    leaf,
    decisions:
      signed === null ? null : { keep: count('keep'), remove: count('remove'), changeRole: count('change role') },
    followUps: followUps.map(({ review: _, system: __, ...followUp }) => followUp),
  }
}
