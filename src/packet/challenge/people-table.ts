/** What is changed for the checks over people, accounts and credentials (checks.md sections 2.1 and 2.4). */
import type { Recipe } from './recipe.ts'
import {
  all,
  everyOf,
  FAR_AHEAD,
  flag,
  forgotten,
  forLong,
  inNextRun,
  inSettings,
  LONG_AGO,
  member,
  otherEvents,
  setMember,
} from './recipe.ts'

/** An address that nobody can have (RFC 2606). */
const NOBODY = 'nobody@exhibit.invalid'

const leftLongAgo = all(setMember('person', 'end_date', '2000-01-01'), setMember('person', 'status', 'left'))
const live = member('account', 'status', 'active')

/** A leaver without an account is found to have one: a login of somebody else's becomes theirs. */
const hasAnAccount: Recipe = async (copy, { finding, system }) => {
  if (finding.subject.kind !== 'person' || system === null) return []
  const { key } = finding.subject
  const records = copy.ground.sources.get(system)?.records ?? []
  const accounts = records.filter(
    (record) => record.kind === 'account' && record.type === 'member' && record.status === 'active',
  )
  // Each leaver gets another one, so that all can be tried at once.
  const nth = [...key].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 65_521, 7)
  for (let step = 0; step < accounts.length; step++) {
    const account = accounts[(nth + step) % accounts.length]!
    const row = await copy.row(`${system}/account/${account.key}`)
    // One that another leaver was given stays theirs.
    if (row === null || row.get(['loginName']) !== (account as { login?: string }).login) continue
    const said = row.set(['loginName'], key)
    return said === null ? [] : [said]
  }
  return []
}

/** A system subject whose answer is counted over all accounts. */
const everybodyAdministers = everyOf(
  'account',
  'role',
  'admin',
  ({ type, status }) => type === 'member' && status !== 'suspended',
)

const notInTheLog = all(forgotten, otherEvents)

const noApprovals = inSettings((settings, { check }) => {
  const own = settings.checks[check]
  if (own === undefined || !Array.isArray(own.params['approved']) || own.params['approved'].length === 0) return null
  const changed = { ...own, params: { ...own.params, approved: [] } }
  return {
    settings: { ...settings, checks: { ...settings.checks, [check]: changed } },
    says: `checks.${check}.params.approved → []`,
  }
})

/** What somebody attested is answered otherwise. */
const attestedFail = inSettings((settings, { finding, check }) => {
  const id = finding.facts['attestation']
  if (!settings.attestations.some((entry) => entry.id === id)) return null
  return {
    settings: {
      ...settings,
      attestations: settings.attestations.map((entry) =>
        entry.id === id ? { ...entry, answer: 'fail' as const } : entry,
      ),
    },
    says: `attestation ${String(id)} of ${check}: answer "pass" → "fail"`,
  }
})

/** For what is only told and never failed: nobody attested it. */
const notAttested = inSettings((settings, { finding, check }) => {
  const id = finding.facts['attestation']
  const attestations = settings.attestations.filter((entry) => entry.id !== id)
  if (attestations.length === settings.attestations.length) return null
  return { settings: { ...settings, attestations }, says: `attestation ${String(id)} of ${check} taken out` }
})

/** A listing is refused, so the credential lacks what checks need. */
const refused: Recipe = async (copy, { finding: { subject } }) => {
  const pages = copy.ground.sources.get(subject.source)?.inputs.pages ?? []
  // Not what is asked for by the way: a count, what a token was granted.
  const page = pages.find(({ place }) => place.endsWith(' page 1')) ?? pages[0]
  return page === undefined ? [] : [copy.answered(page, 403)]
}

/** The entry that the subject is runs out. */
const entryRunsOut = inSettings((settings, { finding: { subject } }) => {
  const past = '2000-01-01'
  if (subject.kind === 'waiver') {
    const waivers = settings.waivers.map((entry) => (entry.id === subject.key ? { ...entry, expires: past } : entry))
    return { settings: { ...settings, waivers }, says: `waiver ${subject.key}: expires → "${past}"` }
  }
  const until = (entry: (typeof settings.attestations)[number]) =>
    entry.id === subject.key ? { ...entry, until: past } : entry
  return {
    settings: { ...settings, attestations: settings.attestations.map(until) },
    says: `attestation ${subject.key}: until → "${past}"`,
  }
})

const noAccessLines = inSettings((settings, { system }) => {
  const index = settings.criticalSystems.findIndex(({ source }) => source === system)
  if (index < 0) return null
  const criticalSystems = settings.criticalSystems.map((one, at) => (at === index ? { ...one, access: null } : one))
  return { settings: { ...settings, criticalSystems }, says: `criticalSystems[${index}].access taken out` }
})

export const PEOPLE: Readonly<Record<string, readonly Recipe[]>> = {
  'ID-01': [member('account', 'loginName', (_, { finding }) => `${finding.subject.key.toLowerCase()}@exhibit.invalid`)],
  'ID-02': [live, hasAnAccount],
  'ID-03': [leftLongAgo, all(live, leftLongAgo)],
  'ID-04': [leftLongAgo, all(live, leftLongAgo)],
  'ID-05': [noAccessLines],
  'ID-06': [member('account', 'role', 'exhibit-challenge')],
  'ID-07': [everybodyAdministers],
  'ID-08': [everybodyAdministers],
  'ID-09': [flag(false)],
  'ID-10': [all(member('account', 'status', 'needs-approval'), member('account', 'created', LONG_AGO))],
  'ID-11': [
    all(
      setMember('account', 'lastSeen', LONG_AGO),
      setMember('account', 'currentlyConnected', false),
      member('account', 'created', LONG_AGO),
    ),
  ],
  'ID-12': [forLong(async () => [])],
  'ID-13': [flag('member')],
  'ID-14': [member('account', 'loginName', NOBODY), noApprovals],
  'ID-15': [member('invite', 'lastEmailSentAt', LONG_AGO)],
  'ID-16': [member('person', 'mfa', 'false'), attestedFail],
  'ID-17': [inNextRun(member('account', 'role', (value) => (value === 'owner' ? 'admin' : 'owner'))), noApprovals],
  'ID-18': [live],
  'ID-20': [member('review', 'signedAt', '2000-01-01T00:00:00.000Z')],
  'ID-22': [notAttested],
  'ID-23': [notInTheLog, all(noApprovals, notInTheLog)],
  // Gone by one word and not by the other.
  'ID-24': [all(setMember('person', 'end_date', '2999-01-01'), setMember('person', 'status', 'left'))],
  'KEY-02': [member('key', 'created', LONG_AGO), setMember('key', 'expires', FAR_AHEAD)],
  'KEY-03': [setMember('key', 'capabilities.devices.create.reusable', true)],
  'KEY-04': [
    setMember('key', 'capabilities.devices.create.preauthorized', true),
    all(
      setMember('key', 'capabilities.devices.create.preauthorized', true),
      setMember('key', 'capabilities.devices.create.tags', []),
      member('key', 'tags', []),
    ),
  ],
  'KEY-05': [setMember('key', 'capabilities.devices.create.ephemeral', false)],
  'KEY-06': [member('key', 'scopes', ['all']), member('key', 'userId', '')],
  'KEY-07': [
    member('credential', 'expires', LONG_AGO),
    member('credential', 'expiresAt', LONG_AGO),
    member('credential', ['data', 'expiresAt'], LONG_AGO),
    refused,
  ],
  'KEY-08': [
    all(
      member('key', 'created', LONG_AGO),
      member('integration', 'configUpdated', LONG_AGO),
      member('webhook', 'created', LONG_AGO),
      member('webhook', 'lastModified', LONG_AGO),
    ),
  ],
  'DEV-16': [attestedFail],
  'LOG-06': [attestedFail],
  'COL-07': [entryRunsOut],
}
