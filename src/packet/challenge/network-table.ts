/** What is changed for the checks over the policy file, logging and our own collection (checks.md sections 2.5 to 2.7). */
import { isObject } from '../../domain/reading.ts'
import type { Path } from './answer.ts'
import {
  all,
  everyOf,
  flag,
  inNextRun,
  inPolicy,
  inState,
  LONG_AGO,
  member,
  otherEvents,
  type Recipe,
  setMember,
} from './recipe.ts'

const EVERYBODY = { src: ['*'], dst: ['*'], ip: ['*'] }

function listIn(policy: Record<string, unknown>, name: string): readonly unknown[] {
  const list = policy[name]
  return Array.isArray(list) ? list : []
}

/** "grants[3]" is where the rule that the finding is about stands. */
const ruleWith = (members: Readonly<Record<string, unknown>>): Recipe =>
  inPolicy((_, { finding: { subject } }) => {
    const [, section, index] = /^(\w+)\[(\d+)\]$/.exec(subject.key) ?? []
    if (section === undefined) return []
    return Object.entries(members).map(([name, to]): [Path, unknown] => [[section, Number(index), name], to])
  })

/** The stream's own answer says that there is none, and its state was not asked for. */
const noStream: Recipe = async (copy, { finding: { subject } }) => {
  const pages = copy.ground.sources.get(subject.source)?.inputs.pages ?? []
  const own = pages.filter(({ request }) => request.includes(`/logging/${subject.key}/stream`))
  const stream = own.find(({ request }) => request.endsWith('/stream'))
  if (stream === undefined) return []
  for (const page of own) if (page !== stream) copy.leaveOut(page)
  return [copy.answered(stream, 404)]
}

/** The vendor counts one more than came. */
const countsOneMore: Recipe = async (copy, { finding }) => {
  for (const ref of finding.records) {
    const record = copy.ground.record(ref)
    const page = copy.ground.pageOf(ref)
    if (record?.kind !== 'total' || page === null) continue
    const answer = await copy.answer(page)
    const path = answer === null ? null : countAt(answer.root, record.value, [])
    const said = path === null ? null : copy.put(page, path, record.value + 1)
    if (said !== null) return [said]
  }
  return []
}

const COUNTS = /total|count/i

function countAt(value: unknown, wanted: number, path: Path): Path | null {
  if (!isObject(value)) return null
  for (const [name, inner] of Object.entries(value)) {
    if (inner === wanted && COUNTS.test(name)) return [...path, name]
    const found = countAt(inner, wanted, [...path, name])
    if (found !== null) return found
  }
  return null
}

/** Values of one type come as another in the source's first row that has them: nothing that we know how to read. */
const cameAs = (type: 'boolean' | 'number' | 'string', to: unknown): Recipe => {
  return async (copy, { finding: { subject } }) => {
    for (const record of copy.ground.sources.get(subject.source)?.records ?? []) {
      const row = await copy.row(`${record.source}/${record.kind}/${record.key}`)
      const done = Object.entries(row?.value ?? {})
        .filter(([name, value]) => typeof value === type && !/id$/i.test(name))
        .map(([name]) => row!.set([name], to))
        .filter((said) => said !== null)
      if (done.length > 0) return done
    }
    return []
  }
}

const pullFailed = inState(
  { status: 'failed', error: { code: 'truncated', message: 'the last answer never came' } },
  'its last answer never came, so the pull failed',
)

export const NETWORK: Readonly<Record<string, readonly Recipe[]>> = {
  'ACL-01': [inPolicy((policy) => [[['grants', listIn(policy, 'grants').length], EVERYBODY]])],
  'ACL-02': [
    inPolicy((policy) => [
      [['grants', listIn(policy, 'grants').length], { ...EVERYBODY, src: ['autogroup:danger-all'] }],
    ]),
  ],
  'ACL-03': [inPolicy(() => [[['tagOwners', 'tag:exhibit-challenge'], ['autogroup:member']]])],
  'ACL-04': [inPolicy(() => [[['autoApprovers', 'routes', '192.0.2.0/24'], ['autogroup:member']]])],
  'ACL-05': [inPolicy(() => [[['tests'], []]])],
  'ACL-06': [inPolicy(() => [[['groups', 'group:exhibit-challenge'], ['nobody@exhibit.invalid']]])],
  'ACL-07': [ruleWith({ dst: ['*:*'] }), ruleWith({ dst: ['tag:exhibit-challenge'] })],
  // The next run sees another policy, and no reference for it.
  'ACL-08': [inNextRun(inPolicy(() => [[['groups', 'group:exhibit-challenge'], []]]))],
  'SSH-01': [ruleWith({ action: 'accept', users: ['root'] })],
  'SSH-02': [ruleWith({ users: ['autogroup:nonroot'] })],
  'SSH-03': [ruleWith({ recorder: undefined, enforceRecorder: undefined })],
  'NET-01': [
    inPolicy((policy) => [[['nodeAttrs', listIn(policy, 'nodeAttrs').length], { target: ['*'], attr: ['funnel'] }]]),
  ],
  'POS-10': [
    all(
      ruleWith({ srcPosture: undefined }),
      inPolicy(() => [[['defaultSrcPosture'], undefined]]),
    ),
    ruleWith({ src: ['*'] }),
  ],
  'LOG-01': [noStream],
  'LOG-02': [setMember('logstream', 'lastActivity', LONG_AGO), setMember('logstream', 'lastError', 'refused')],
  'LOG-03': [flag(false)],
  'LOG-04': [member('contact', 'needsVerification', true), member('contact', 'email', '')],
  'LOG-05': [member('webhook', 'endpointUrl', 'http://exhibit.invalid/hook'), everyOf('webhook', 'subscriptions', [])],
  'COL-01': [pullFailed],
  'COL-02': [inState({ status: 'stale' }, 'its reading is older than its freshness allows')],
  'COL-03': [countsOneMore, everyOf('account', 'deviceCount', 1_000_000)],
  'COL-04': [
    inState(
      { status: 'held', error: { code: 'population_fell', message: 'far fewer came' } },
      'far fewer records came, so the pull is held',
    ),
  ],
  'COL-05': [member('integrity', 'failed', ['exhibit-challenge'])],
  'COL-06': [cameAs('boolean', 'exhibit-challenge'), cameAs('string', 1), pullFailed],
  'COL-09': [
    otherEvents,
    // Seen to change once more, and the vendor's log has nothing of it.
    inNextRun(
      all(
        member('account', 'role', (value) => (value === 'member' ? 'admin' : 'member')),
        setMember('key', 'revoked', LONG_AGO),
        inPolicy(() => [[['groups', 'group:exhibit-challenge'], []]]),
      ),
    ),
  ],
  'COL-08': [member('anchor', 'stampedAt', '2000-01-01T00:00:00.000Z')],
}
