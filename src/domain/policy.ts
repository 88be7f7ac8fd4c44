/**
 * The tailnet's policy file as data, https://tailscale.com/docs/reference/syntax/policy-file. Names of sections and
 * fields are read without regard to case and in their older spelling (`users`, `ports`), as Tailscale's own decoder
 * does. Nothing is dropped: what has another shape than the page describes is named in `unread`.
 */
import { type Duplicate, type HuDocument, type HuNode, minimize, type Place, parseHuJson } from './hujson.ts'
import type { Policy } from './record.ts'

export type RuleSection = 'acls' | 'grants' | 'ssh'

export interface Destination {
  readonly selector: string
  /** "22", "80,443", "1000-2000", "*"; null where the rule writes no ports there (grants, ssh). */
  readonly ports: string | null
}

export interface PolicyRule {
  readonly section: RuleSection
  readonly index: number
  readonly place: Place
  /** The rule as written, without whitespace and comments: its label. */
  readonly text: string
  readonly action: string | null
  readonly src: readonly string[]
  readonly dst: readonly Destination[]
  /** Ports and protocols of a grant. */
  readonly ip: readonly string[]
  /** Names of the capabilities of a grant. */
  readonly app: readonly string[]
  readonly via: readonly string[]
  /** Protocol of an acl; null: TCP, UDP and what follows them. */
  readonly proto: string | null
  /** Login names that an ssh rule opens. */
  readonly users: readonly string[]
  /** How long a check of an ssh rule lasts; null: the vendor's 12 hours. */
  readonly checkPeriod: string | null
  /** Where sessions of an ssh rule are recorded, and whether one without a recorder is refused. */
  readonly recorder: readonly string[]
  readonly enforceRecorder: boolean | null
  /** Null: the rule has none of its own. An empty list is not documented and counts as none. */
  readonly srcPosture: readonly string[] | null
  readonly emptySrcPosture: boolean
  /** Fields of another shape than documented: nothing may be concluded from them. */
  readonly unread: readonly string[]
}

export type Lists = ReadonlyMap<string, readonly string[]>

/** An entry of `nodeAttrs`: what devices may do beyond the rules. */
export interface NodeAttribute {
  readonly index: number
  readonly place: Place
  readonly text: string
  readonly target: readonly string[]
  readonly attr: readonly string[]
  /** Names of the capabilities. */
  readonly app: readonly string[]
}

/** A test of the policy, which Tailscale runs at each change. */
export interface PolicyTest {
  readonly section: 'tests' | 'sshTests'
  readonly index: number
  readonly place: Place
  readonly src: string | null
  readonly accept: readonly string[]
  readonly check: readonly string[]
  readonly deny: readonly string[]
}

export interface PolicyModel {
  readonly document: HuDocument
  /** Sections that the file has, in lower case. */
  readonly sections: ReadonlySet<string>
  readonly groups: Lists
  readonly tagOwners: Lists
  readonly hosts: ReadonlyMap<string, string>
  readonly ipsets: Lists
  /** Conditions as written; a condition that is no text stands here as its source, which no reader understands. */
  readonly postures: Lists
  /** Null: none, or an empty list. */
  readonly defaultSrcPosture: readonly string[] | null
  readonly autoApprovers: { readonly routes: Lists; readonly exitNode: readonly string[]; readonly services: Lists }
  readonly acls: readonly PolicyRule[]
  readonly grants: readonly PolicyRule[]
  readonly ssh: readonly PolicyRule[]
  readonly nodeAttrs: readonly NodeAttribute[]
  readonly tests: readonly PolicyTest[]
  readonly sshTests: readonly PolicyTest[]
  /** Where a named entry is written: "tagOwners.tag:x", "groups.group:dev", "autoApprovers.exitNode". */
  readonly places: ReadonlyMap<string, Place>
  readonly unread: readonly Unread[]
  /** Names written twice, `acls` and `ACLs` among them; the last one counts. */
  readonly duplicates: readonly Duplicate[]
}
export interface Unread {
  /** "groups.group:dev", "acls[3].src" */
  readonly path: string
  readonly line: number
}
export interface PolicyProblem {
  /** "line 3, column 9: invalid character …" */
  readonly problem: string
}

const models = new WeakMap<Policy, PolicyModel | PolicyProblem>()

/** The same record gives the same model. */
export function policyOf(record: Policy): PolicyModel | PolicyProblem {
  let model = models.get(record)
  if (model === undefined) {
    model = readPolicy(record.text)
    models.set(record, model)
  }
  return model
}

export function readPolicy(text: string): PolicyModel | PolicyProblem {
  const document = parseHuJson(text)
  if (!document.ok) return { problem: `line ${document.line}, column ${document.column}: ${document.message}` }
  if (document.value.type !== 'object') return { problem: 'line 1: the policy file is no object' }
  const reader = new PolicyReader(document)
  const top = reader.fields(document.value, '')
  const section = (name: string) => top.get(name.toLowerCase())
  const approvers = section('autoApprovers')
  const approver = approvers === undefined ? new Map<string, HuNode>() : reader.fields(approvers, 'autoApprovers')
  const own = {
    groups: reader.lists(section('groups'), 'groups'),
    tagOwners: reader.lists(section('tagOwners'), 'tagOwners'),
    hosts: reader.texts(section('hosts'), 'hosts'),
    ipsets: reader.lists(section('ipsets'), 'ipsets'),
    postures: reader.lists(section('postures'), 'postures', true),
    defaultSrcPosture: noneIfEmpty(reader.list(section('defaultSrcPosture'), 'defaultSrcPosture')),
    autoApprovers: {
      routes: reader.lists(approver.get('routes'), 'autoApprovers.routes'),
      exitNode: reader.list(approver.get('exitnode'), 'autoApprovers.exitNode'),
      services: reader.lists(approver.get('services'), 'autoApprovers.services'),
    },
    acls: reader.rules(section('acls'), 'acls'),
    grants: reader.rules(section('grants'), 'grants'),
    ssh: reader.rules(section('ssh'), 'ssh'),
    nodeAttrs: reader.nodeAttrs(section('nodeAttrs')),
    tests: reader.tests(section('tests'), 'tests'),
    sshTests: reader.tests(section('sshTests'), 'sshTests'),
  }
  const duplicates = [...document.duplicates, ...reader.duplicates]
  const { places, unread } = reader
  return { document, sections: new Set(top.keys()), ...own, places, unread, duplicates }
}

/** Every text of the policy, names included, with its place: for questions that span all sections. */
export function* textsOf(model: PolicyModel): Generator<{ readonly text: string; readonly place: Place }> {
  const waiting: HuNode[] = [model.document.value]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === 'string') yield { text: node.value, place: node }
    else if (node.type === 'array') waiting.push(...node.items.toReversed())
    else if (node.type === 'object') {
      for (const member of [...node.members.values()].toReversed()) waiting.push(member.value, member.name)
    }
  }
}

function noneIfEmpty(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list
}

class PolicyReader {
  readonly unread: Unread[] = []
  readonly duplicates: Duplicate[] = []
  readonly places = new Map<string, Place>()
  readonly #document: HuDocument
  constructor(document: HuDocument) {
    this.#document = document
  }

  /** The members under their names in lower case; of two that differ in case only, the last. */
  fields(node: HuNode, path: string): Map<string, HuNode> {
    const fields = new Map<string, HuNode>()
    const names = new Map<string, Place>()
    if (node.type !== 'object') {
      this.#misread(node, path)
      return fields
    }
    const written = [...node.members.values()].sort((a, b) => a.name.offset - b.name.offset)
    for (const { name, value } of written) {
      const folded = name.value.toLowerCase()
      const first = names.get(folded)
      if (first !== undefined) this.duplicates.push({ name: name.value, first, second: name })
      names.set(folded, first ?? name)
      fields.set(folded, value)
      if (path === 'autoApprovers') this.places.set(`${path}.${folded}`, placeOf(name))
    }
    return fields
  }

  /** A list of texts. With `keepOdd`, anything else in it stays as its source text instead of being left out. */
  list(node: HuNode | undefined, path: string, keepOdd = false): readonly string[] {
    if (node === undefined || node.type === 'null') return []
    if (node.type !== 'array') {
      this.#misread(node, path)
      return keepOdd ? [minimize(this.#document, node)] : []
    }
    const texts: string[] = []
    for (const item of node.items) {
      if (item.type === 'string') texts.push(item.value)
      else {
        this.#misread(item, path)
        if (keepOdd) texts.push(minimize(this.#document, item))
      }
    }
    return texts
  }

  lists(node: HuNode | undefined, path: string, keepOdd = false): Lists {
    const lists = new Map<string, readonly string[]>()
    for (const [name, value] of this.#entries(node, path)) {
      lists.set(name, this.list(value, `${path}.${name}`, keepOdd))
    }
    return lists
  }

  texts(node: HuNode | undefined, path: string): ReadonlyMap<string, string> {
    const texts = new Map<string, string>()
    for (const [name, value] of this.#entries(node, path)) {
      if (value.type === 'string') texts.set(name, value.value)
      else this.#misread(value, `${path}.${name}`)
    }
    return texts
  }

  rules(node: HuNode | undefined, section: RuleSection): readonly PolicyRule[] {
    if (node === undefined || node.type === 'null') return []
    if (node.type !== 'array') {
      this.#misread(node, section)
      return []
    }
    return node.items.map((item, index) => this.#rule(item, section, index))
  }

  #rule(node: HuNode, section: RuleSection, index: number): PolicyRule {
    const path = `${section}[${index}]`
    const before = this.unread.length
    const fields = this.fields(node, path)
    const strings = (...names: string[]) =>
      names.flatMap((name) => this.list(fields.get(name.toLowerCase()), `${path}.${name}`))
    const action = this.#text(fields.get('action'), `${path}.action`)
    const app = fields.get('app')
    const acl = section === 'acls'
    const posture = fields.get('srcposture')
    const srcPosture = noneIfEmpty(strings('srcPosture'))
    const rule = {
      section,
      index,
      place: placeOf(node),
      text: minimize(this.#document, node),
      action,
      src: acl ? strings('src', 'users') : strings('src'),
      dst: acl ? strings('dst', 'ports').map(withPorts) : strings('dst').map((text) => plain(text)),
      ip: strings('ip'),
      app: app === undefined ? [] : [...this.#entries(app, `${path}.app`)].map(([name]) => name),
      via: strings('via'),
      proto: acl ? this.#text(fields.get('proto'), `${path}.proto`) : null,
      users: section === 'ssh' ? strings('users') : [],
      checkPeriod: this.#text(fields.get('checkperiod'), `${path}.checkPeriod`),
      recorder: strings('recorder'),
      enforceRecorder: this.#flag(fields.get('enforcerecorder'), `${path}.enforceRecorder`),
      srcPosture,
      emptySrcPosture: posture?.type === 'array' && posture.items.length === 0,
    }
    const unread = this.unread.slice(before).map((each) => each.path.slice(path.length + 1) || 'rule')
    return { ...rule, unread: [...new Set(unread)] }
  }

  nodeAttrs(node: HuNode | undefined): readonly NodeAttribute[] {
    return this.#objects(node, 'nodeAttrs').map(({ item, fields, path, index }) => ({
      index,
      place: placeOf(item),
      text: minimize(this.#document, item),
      target: this.list(fields.get('target'), `${path}.target`),
      attr: this.list(fields.get('attr'), `${path}.attr`),
      app: [...this.#entries(fields.get('app'), `${path}.app`)].map(([name]) => name),
    }))
  }

  tests(node: HuNode | undefined, section: PolicyTest['section']): readonly PolicyTest[] {
    return this.#objects(node, section).map(({ item, fields, path, index }) => ({
      section,
      index,
      place: placeOf(item),
      src: this.#text(fields.get('src'), `${path}.src`),
      accept: this.list(fields.get('accept'), `${path}.accept`),
      check: this.list(fields.get('check'), `${path}.check`),
      deny: this.list(fields.get('deny'), `${path}.deny`),
    }))
  }

  #objects(node: HuNode | undefined, section: string) {
    if (node === undefined || node.type === 'null') return []
    if (node.type !== 'array') {
      this.#misread(node, section)
      return []
    }
    return node.items.map((item, index) => {
      const path = `${section}[${index}]`
      return { item, fields: this.fields(item, path), path, index }
    })
  }

  #text(node: HuNode | undefined, path: string): string | null {
    if (node === undefined || node.type === 'null') return null
    if (node.type === 'string') return node.value
    // A number is as good as its digits: protocols are written either way.
    if (node.type === 'number') return minimize(this.#document, node)
    this.#misread(node, path)
    return null
  }

  #flag(node: HuNode | undefined, path: string): boolean | null {
    if (node === undefined || node.type === 'null') return null
    if (node.type === 'boolean') return node.value
    this.#misread(node, path)
    return null
  }

  *#entries(node: HuNode | undefined, path: string): Generator<readonly [string, HuNode]> {
    if (node === undefined || node.type === 'null') return
    if (node.type !== 'object') {
      this.#misread(node, path)
      return
    }
    for (const [name, member] of node.members) {
      this.places.set(`${path}.${name}`, placeOf(member.name))
      yield [name, member.value]
    }
  }

  #misread(node: HuNode, path: string): void {
    this.unread.push({ path, line: node.line })
  }
}

function placeOf({ offset, line, column }: Place): Place {
  return { offset, line, column }
}

function plain(text: string): Destination {
  return { selector: unbracketed(text), ports: null }
}

const PORTS = /^(?:\*|[0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*)$/

/** "tag:prod:443": the ports stand behind the last colon. */
function withPorts(text: string): Destination {
  const colon = text.lastIndexOf(':')
  const ports = text.slice(colon + 1)
  return colon > 0 && PORTS.test(ports) ? { selector: unbracketed(text.slice(0, colon)), ports } : plain(text)
}

/** "[fd7a::1]" → "fd7a::1" */
function unbracketed(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
}
