import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PolicyModel, policyOf, readPolicy, textsOf } from '../../src/domain/policy.ts'
import { effectivePosture, type KnownDevices, reaches, sourceEscapesPosture } from '../../src/domain/policy-reach.ts'
import { policy } from '../helpers/build.ts'

function model(text: string): PolicyModel {
  const read = readPolicy(text)
  if ('problem' in read) throw new Error(read.problem)
  return read
}

const POLICY = `// Who may reach what.
{
  "groups": { "group:dev": ["Alice@example.com", "bob@example.com"], "group:ops": ["bob@example.com"], "group:none": [] },
  "tagOwners": { "tag:prod": ["group:ops"], "tag:ci": [] },
  "hosts": { "db": "100.64.0.7", "office": "192.168.1.0/24", },
  "ipsets": {
    "ipset:dc": ["add 10.0.0.0/8", "remove 10.9.0.0/16", "db"],
    "ipset:all": ["add ipset:dc", "add 172.16.0.0/12"],
    "ipset:odd": ["add nowhere"],
  },
  "postures": {
    "posture:healthy": ["node:os == 'macos'", "sentinelOne:infected == false"],
    "posture:empty": [],
  },
  "defaultSrcPosture": ["posture:healthy"],
  "autoApprovers": { "routes": { "10.0.0.0/8": ["tag:router"] }, "exitNode": ["group:ops"] },
  "acls": [
    // Everybody, for now
    { "action": "accept", "src": ["*"], "dst": ["tag:prod:443,80", "[fd7a:115c:a1e0::7]:22", "*:*"] },
    { "Action": "accept", "Users": ["group:dev"], "Ports": ["db:5432"], "srcPosture": ["posture:healthy", "posture:lost"] },
  ],
  "grants": [
    { "src": ["autogroup:member"], "dst": ["tag:prod"], "ip": ["tcp:443"], "app": { "example.com/cap/x": [{}] }, "srcPosture": [], "via": ["tag:router"] },
  ],
  "ssh": [{ "action": "check", "src": ["group:ops"], "dst": ["tag:prod"], "users": ["root", "autogroup:nonroot"] }],
}
`

describe('the policy as data', () => {
  const read = model(POLICY)

  test('sections, groups, tags, hosts, postures', () => {
    expect([...read.sections]).toContain('defaultsrcposture')
    expect(read.groups.get('group:dev')).toEqual(['Alice@example.com', 'bob@example.com'])
    expect(read.tagOwners.get('tag:ci')).toEqual([])
    expect(read.hosts.get('office')).toBe('192.168.1.0/24')
    expect(read.postures.get('posture:healthy')).toEqual(["node:os == 'macos'", 'sentinelOne:infected == false'])
    expect(read.defaultSrcPosture).toEqual(['posture:healthy'])
    expect(read.autoApprovers.routes.get('10.0.0.0/8')).toEqual(['tag:router'])
    expect(read.autoApprovers.exitNode).toEqual(['group:ops'])
    expect([read.unread, read.duplicates]).toEqual([[], []])
  })

  test('what stands beside the rules: attributes, tests, and where each entry is written', () => {
    const beside = model(`{
      "tagOwners": { "tag:a": ["group:it"] },
      "autoApprovers": { "exitNode": ["tag:a"] },
      "acls": [{ "action": "accept", "proto": 6, "src": ["*"], "dst": ["*:*"] }],
      "ssh": [{ "action": "check", "checkPeriod": "20h", "recorder": ["tag:rec"], "enforceRecorder": true }],
      "nodeAttrs": [{ "target": ["tag:a"], "attr": ["funnel"], "app": { "example.com/x": [{}] } }, 7],
      "tests": [{ "src": "a@x.io", "accept": ["tag:a:22"], "deny": ["tag:b:22"] }],
      "sshTests": [{ "src": "a@x.io", "dst": ["tag:a"], "check": ["root"] }],
    }`)
    expect(beside.nodeAttrs[0]).toMatchObject({
      target: ['tag:a'],
      attr: ['funnel'],
      app: ['example.com/x'],
      place: { line: 6 },
    })
    expect(beside.tests).toMatchObject([{ section: 'tests', src: 'a@x.io', accept: ['tag:a:22'], deny: ['tag:b:22'] }])
    expect(beside.sshTests).toMatchObject([{ section: 'sshTests', check: ['root'], accept: [], deny: [] }])
    expect(beside.ssh[0]).toMatchObject({ checkPeriod: '20h', recorder: ['tag:rec'], enforceRecorder: true })
    expect(beside.acls[0]?.proto).toBe('6')
    expect(beside.places.get('tagOwners.tag:a')).toMatchObject({ line: 2, column: 22 })
    expect(beside.places.get('autoApprovers.exitnode')).toMatchObject({ line: 3, column: 26 })
    expect(beside.unread).toEqual([{ path: 'nodeAttrs[1]', line: 6 }])
  })

  test('rules, with line, text, selectors and ports', () => {
    expect(read.acls[0]).toMatchObject({
      section: 'acls',
      index: 0,
      place: { line: 19, column: 5 },
      text: '{"action":"accept","src":["*"],"dst":["tag:prod:443,80","[fd7a:115c:a1e0::7]:22","*:*"]}',
      action: 'accept',
      src: ['*'],
      dst: [
        { selector: 'tag:prod', ports: '443,80' },
        { selector: 'fd7a:115c:a1e0::7', ports: '22' },
        { selector: '*', ports: '*' },
      ],
      srcPosture: null,
      emptySrcPosture: false,
    })
  })

  test('older and differently written names are the same names', () => {
    expect(read.acls[1]).toMatchObject({
      action: 'accept',
      src: ['group:dev'],
      dst: [{ selector: 'db', ports: '5432' }],
      srcPosture: ['posture:healthy', 'posture:lost'],
      users: [],
    })
    expect(model('{"ACLs": [{"action": "accept"}], "Groups": {"group:A": []}}')).toMatchObject({
      acls: [{ action: 'accept' }],
      groups: new Map([['group:A', []]]),
    })
  })

  test('grants and ssh rules', () => {
    expect(read.grants[0]).toMatchObject({
      dst: [{ selector: 'tag:prod', ports: null }],
      ip: ['tcp:443'],
      app: ['example.com/cap/x'],
      via: ['tag:router'],
      srcPosture: null,
      emptySrcPosture: true,
    })
    expect(read.ssh[0]).toMatchObject({ action: 'check', users: ['root', 'autogroup:nonroot'], src: ['group:ops'] })
  })

  test('every text of it can be asked for, names too, with its line', () => {
    const texts = [...textsOf(read)]
    expect(texts[0]).toMatchObject({ text: 'groups', place: { line: 3 } })
    expect(texts.filter(({ text }) => text === 'tag:router').map(({ place }) => place.line)).toEqual([16, 23])
    expect(texts.at(-1)?.text).toBe('autogroup:nonroot')
  })
})

describe('what cannot be read', () => {
  test('a file that is no HuJSON is told with its place', () => {
    expect(readPolicy('{\n  "acls": [,]}')).toEqual({
      problem: "line 2, column 12: invalid character ',' at start of value",
    })
    expect(readPolicy('[]')).toEqual({ problem: 'line 1: the policy file is no object' })
  })

  test('parts of another shape are named, and taken for nothing', () => {
    const read = model(`{
      "groups": { "group:a": "alice@example.com", "group:b": ["x@y.z", 7] },
      "hosts": { "h": 1 },
      "postures": { "posture:p": ["node:os == 'linux'", { "not": "text" }], "posture:q": "node:os == 'linux'" },
      "acls": [{ "src": "*", "dst": ["*:*"] }, 5],
      "ssh": {},
      "grants": null,
    }`)
    expect(read.unread).toEqual([
      { path: 'groups.group:a', line: 2 },
      { path: 'groups.group:b', line: 2 },
      { path: 'hosts.h', line: 3 },
      { path: 'postures.posture:p', line: 4 },
      { path: 'postures.posture:q', line: 4 },
      { path: 'acls[0].src', line: 5 },
      { path: 'acls[1]', line: 5 },
      { path: 'ssh', line: 6 },
    ])
    expect(read.acls.map((rule) => rule.unread)).toEqual([['src'], ['rule']])
    // A posture is never judged on what is left of it.
    expect(read.postures.get('posture:p')).toEqual(["node:os == 'linux'", '{"not":"text"}'])
    expect(read.postures.get('posture:q')).toEqual(['"node:os == \'linux\'"'])
  })

  test('names written twice are reported, and the last one counts', () => {
    const read = model('{"acls": [], "acls": [{"src": ["a@b.c"]}], "ACLS": [{"src": ["*"]}, {}]}')
    expect(read.acls).toHaveLength(2)
    expect(read.duplicates.map(({ name, first, second }) => [name, first.column, second.column])).toEqual([
      ['acls', 2, 14],
      ['ACLS', 14, 44],
    ])
  })

  test('names of JavaScript are names like others', () => {
    const read = model(
      '{"groups": {"__proto__": ["a@b.c"]}, "__proto__": {"acls": [{}]}, "postures": {"constructor": []}}',
    )
    expect([...read.groups.keys()]).toEqual(['__proto__'])
    expect(read.acls).toEqual([])
    expect(read.postures.get('toString')).toBeUndefined()
  })
})

test('a policy of any shape is read without a crash, and its rules can be asked', () => {
  const name = fc.constantFrom(
    'acls',
    'grants',
    'ssh',
    'groups',
    'hosts',
    'ipsets',
    'postures',
    'autoApprovers',
    'defaultSrcPosture',
  )
  const inner = fc.constantFrom(
    'src',
    'dst',
    'users',
    'ports',
    'srcPosture',
    'app',
    'action',
    'group:a',
    'ipset:a',
    'routes',
    '__proto__',
  )
  const leaf = fc.constantFrom<unknown>(
    '*',
    'tag:a',
    'group:a',
    'ipset:a',
    'add ipset:a',
    'remove 10.0.0.0/8',
    'a@b.c',
    'x:1',
    '',
    7,
    null,
    true,
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(inner, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 6 }), leaf, (text, target) => {
      const read = model(JSON.stringify(text))
      for (const rule of [...read.acls, ...read.grants, ...read.ssh]) {
        expect(['yes', 'no', 'unknown']).toContain(reaches(rule, String(target), read))
        sourceEscapesPosture(rule, read)
        expect(effectivePosture(rule, read).postures).toEqual(rule.srcPosture ?? read.defaultSrcPosture ?? [])
      }
      expect([...textsOf(read)].every(({ place }) => place.line === 1)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('one record is read once', () => {
  const record = policy(POLICY)
  expect(policyOf(record)).toBe(policyOf(record))
  expect(policyOf(policy(POLICY))).not.toBe(policyOf(record))
  expect(policyOf(policy('{'))).toEqual({ problem: 'line 1, column 2: parsing value: unexpected EOF' })
})

describe('the posture that binds a rule', () => {
  const read = model(POLICY)
  test('its own list, of which names may be undefined', () => {
    expect(effectivePosture(read.acls[1]!, read)).toEqual({
      postures: ['posture:healthy', 'posture:lost'],
      from: 'rule',
      undefined: ['posture:lost'],
    })
  })
  test('the default where it has none, or an empty one', () => {
    const byDefault = { postures: ['posture:healthy'], from: 'default', undefined: [] }
    expect(effectivePosture(read.acls[0]!, read)).toEqual(byDefault)
    expect(effectivePosture(read.grants[0]!, read)).toEqual(byDefault)
    expect(effectivePosture(read.ssh[0]!, read)).toEqual(byDefault)
  })
  test('none', () => {
    const bare = model('{"acls": [{"src": ["*"], "dst": ["*:*"]}], "defaultSrcPosture": []}')
    expect(effectivePosture(bare.acls[0]!, bare)).toEqual({ postures: [], from: 'none', undefined: [] })
  })
})

/** The policy's definitions with one grant from everybody to the destinations given. */
function granting(dst: string[], src: string[] = ['*']): { read: PolicyModel; rule: PolicyModel['grants'][number] } {
  const start = POLICY.slice(0, POLICY.indexOf('"acls"'))
  const read = model(`${start} "grants": [${JSON.stringify({ src, dst, ip: ['*'] })}]}`)
  return { read, rule: read.grants[0]! }
}

describe('what a rule reaches', () => {
  test.each([
    // everything, and the same name
    ['*', 'tag:prod', 'yes'],
    ['tag:prod', '*', 'yes'],
    ['nonsense', '*', 'yes'],
    ['*', 'nonsense', 'yes'],
    ['nonsense', 'nonsense', 'yes'],
    ['tag:prod', 'tag:prod', 'yes'],
    ['ipset:lost', 'ipset:lost', 'yes'],
    // tags and people are apart
    ['tag:web', 'tag:prod', 'no'],
    ['autogroup:tagged', 'tag:prod', 'yes'],
    ['tag:prod', 'autogroup:tagged', 'yes'],
    ['autogroup:member', 'tag:prod', 'no'],
    ['group:dev', 'tag:prod', 'no'],
    ['alice@example.com', 'tag:prod', 'no'],
    ['autogroup:self', 'tag:prod', 'no'],
    ['autogroup:internet', 'tag:prod', 'no'],
    ['autogroup:new-kind', 'tag:prod', 'unknown'],
    // people
    ['alice@example.com', 'ALICE@example.com', 'yes'],
    ['alice@example.com', 'bob@example.com', 'no'],
    ['group:dev', 'alice@example.com', 'yes'],
    ['bob@example.com', 'group:ops', 'yes'],
    ['group:ops', 'alice@example.com', 'no'],
    ['group:dev', 'group:ops', 'yes'],
    ['group:none', 'group:dev', 'no'],
    ['group:none', 'autogroup:member', 'no'],
    ['group:synced@example.com', 'alice@example.com', 'unknown'],
    ['group:synced@example.com', 'autogroup:member', 'yes'],
    ['autogroup:member', 'alice@example.com', 'yes'],
    ['autogroup:members', 'group:dev', 'yes'],
    ['autogroup:self', 'alice@example.com', 'yes'],
    ['autogroup:admin', 'alice@example.com', 'unknown'],
    ['autogroup:admin', 'autogroup:admin', 'yes'],
    ['autogroup:admin', 'autogroup:owner', 'unknown'],
    ['autogroup:admin', 'autogroup:member', 'yes'],
    ['autogroup:shared', 'alice@example.com', 'unknown'],
    ['user:*@example.com', 'alice@example.com', 'yes'],
    ['user:*@example.com', 'vic@vendor.io', 'no'],
    ['user:*@example.com', 'group:dev', 'yes'],
    ['user:*@ple.com', 'alice@example.com', 'no'],
    ['user:*@vendor.io', 'user:*@example.com', 'no'],
    // addresses
    ['db', '100.64.0.7', 'yes'],
    ['db', '100.64.0.0/24', 'yes'],
    ['db', '100.64.1.0/24', 'no'],
    ['office', '192.168.1.77', 'yes'],
    ['192.168.0.0/16', 'office', 'yes'],
    ['fd7a:115c:a1e0::7', 'db', 'no'],
    ['0.0.0.0/0', 'office', 'yes'],
    ['nohost', 'office', 'unknown'],
    ['ipset:dc', '10.1.2.3', 'yes'],
    ['ipset:dc', '10.9.2.3', 'no'],
    ['ipset:dc', '10.9.0.0/17', 'no'],
    ['ipset:dc', '10.8.0.0/15', 'yes'],
    ['ipset:dc', 'db', 'yes'],
    ['ipset:dc', 'office', 'no'],
    ['ipset:all', '172.16.0.1', 'yes'],
    ['ipset:all', '8.8.8.8', 'unknown'],
    ['ipset:odd', 'office', 'unknown'],
    ['ipset:lost', 'office', 'unknown'],
    // addresses and names: only the whole tailnet is certain
    ['100.64.0.0/10', 'tag:prod', 'yes'],
    ['0.0.0.0/0', 'tag:prod', 'yes'],
    ['::/0', 'group:dev', 'yes'],
    ['db', 'tag:prod', 'unknown'],
    ['office', 'tag:prod', 'no'],
    ['office', 'group:dev', 'no'],
    ['tag:prod', 'db', 'unknown'],
    ['ipset:odd', 'tag:prod', 'unknown'],
    ['autogroup:internet', '8.8.8.8', 'unknown'],
    ['autogroup:internet', 'autogroup:internet', 'yes'],
    // services
    ['svc:web', 'svc:web', 'yes'],
    ['svc:web', 'svc:db', 'no'],
    ['svc:web', 'tag:prod', 'unknown'],
  ] as const)('dst %s, target %s: %s', (dst, target, answer) => {
    const { read, rule } = granting([dst])
    expect(reaches(rule, target, read)).toBe(answer)
  })

  test('one destination suffices, none is none, an unreadable one is unknown', () => {
    const { read, rule } = granting(['tag:web', 'autogroup:new-kind', 'tag:prod'])
    expect(reaches(rule, 'tag:prod', read)).toBe('yes')
    expect(reaches(rule, 'tag:db', read)).toBe('unknown')
    expect(reaches(granting([]).rule, '*', read)).toBe('no')
    const odd = model('{"acls": [{"src": ["*"], "dst": [7]}, {"users": ["*"], "ports": "*:*"}, "x"]}')
    expect(odd.acls.map((each) => reaches(each, 'tag:prod', odd))).toEqual(['unknown', 'unknown', 'unknown'])
  })

  test('the devices tell which tags and addresses go together', () => {
    const devices: KnownDevices = [
      { tags: ['tag:web', 'tag:prod'], addresses: ['100.64.0.7', 'fd7a:115c:a1e0::7'], isExternal: false },
      { tags: ['tag:db'], addresses: ['100.64.9.9'], isExternal: false },
    ]
    const asked = (dst: string, target: string) => {
      const { read, rule } = granting([dst])
      return reaches(rule, target, read, devices)
    }
    expect(asked('tag:web', 'tag:prod')).toBe('yes')
    expect(asked('tag:web', 'tag:db')).toBe('no')
    expect(asked('db', 'tag:prod')).toBe('yes')
    expect(asked('db', 'tag:db')).toBe('no')
    expect(asked('fd7a:115c:a1e0::7', 'autogroup:tagged')).toBe('yes')
    expect(asked('db', 'group:dev')).toBe('unknown')
  })

  test('sets that contain each other, and a group in itself, end', () => {
    const read =
      model(`{"ipsets": {"ipset:a": ["ipset:b"], "ipset:b": ["ipset:a", "10.0.0.0/8"]}, "groups": {"group:a": ["group:a"]},
      "grants": [{"dst": ["ipset:a"]}, {"dst": ["group:a"]}]}`)
    expect(reaches(read.grants[0]!, '10.1.1.1', read)).toBe('yes')
    expect(reaches(read.grants[0]!, '11.1.1.1', read)).toBe('unknown')
    expect(reaches(read.grants[1]!, 'a@b.c', read)).toBe('unknown')
  })
})

describe('sources that posture does not bind', () => {
  test.each([
    ['*', 'everyone'],
    ['autogroup:danger-all', 'everyone'],
    ['autogroup:shared', 'shared'],
    ['office', 'subnet'],
    ['10.0.0.0/8', 'subnet'],
    ['8.8.8.8', 'subnet'],
    ['ipset:dc', 'subnet'],
    ['0.0.0.0/0', 'subnet'],
    ['100.64.0.0/10', 'shared'],
    ['fd7a:115c:a1e0::/48', 'shared'],
    ['100.64.0.9', 'shared'],
    ['nohost', 'unknown'],
    ['ipset:lost', 'unknown'],
    ['autogroup:new-kind', 'unknown'],
    ['svc:web', 'unknown'],
    ['vic@vendor.io', 'shared'],
    ['user:*@vendor.io', 'shared'],
    ['alice@example.com', null],
    ['group:dev', null],
    ['group:synced@example.com', null],
    ['autogroup:member', null],
    ['autogroup:admin', null],
    ['tag:ci', null],
    ['autogroup:tagged', null],
    ['db', null],
    ['100.64.0.8', null],
  ] as const)('%s: %s', (selector, because) => {
    const { read, rule } = granting(['*'], [selector])
    const devices: KnownDevices = [{ tags: [], addresses: ['100.64.0.9'], isExternal: true }]
    const escapes = sourceEscapesPosture(rule, read, { shared: new Set(['vic@vendor.io']), devices })
    expect(escapes).toEqual(because === null ? [] : [{ selector, because }])
  })

  test('each of several sources is named, and one that is no text is unknown', () => {
    const read = model('{"acls": [{"src": ["group:dev", "*", 5, "192.168.0.1"]}, {"users": "*"}]}')
    expect(sourceEscapesPosture(read.acls[0]!, read)).toEqual([
      { selector: '*', because: 'everyone' },
      { selector: '192.168.0.1', because: 'subnet' },
      { selector: 'src', because: 'unknown' },
    ])
    expect(sourceEscapesPosture(read.acls[1]!, read)).toEqual([{ selector: 'src', because: 'unknown' }])
  })
})
