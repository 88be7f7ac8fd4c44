import { defineCheck } from '../src/domain/check.ts'
import { joined } from '../src/domain/coverage.ts'
import { judgeOwnDevices, type Own, said } from '../src/domain/device-checks.ts'
import { notEvaluated, setAside } from '../src/domain/sentence.ts'
import { deviceIdentity } from './controls.ts'

export const deviceOddities = defineCheck({
  id: 'device-oddities',
  ref: 'DEV-22',
  version: 1,
  title: 'Machine names that tell of people, and node keys used twice',
  question: 'Do machine names keep their owners to themselves, and is no node key connected twice?',
  why: 'Machine names end up in public certificate logs where HTTPS is on. A node key that is connected twice means that the state of a client was copied. Both are shown and never fail.',
  remediation:
    'Rename the machine under Machines in the Tailscale admin console. On the copy of a cloned machine run "tailscale logout", then sign in anew.',
  severity: 'low',
  controls: deviceIdentity,
  informational: true,
  needs: [{ kind: 'device' }],
  run: (snapshot) =>
    judgeOwnDevices(snapshot, (own) => {
      const tells = tellsOf(own)
      const { multipleConnections } = own.device
      const facts = { multipleConnections, nameTells: tells }
      const twice = multipleConnections ? 'Its node key is connected twice: its state was copied.' : null
      return said(own, 'not_applicable', facts, joined(twice, tells === null ? null : `Its name tells of ${tells}.`))
    }),
  say(finding) {
    if (finding.status === 'unknown') return notEvaluated(finding)
    return finding.notice === null ? `${finding.subject.label} shows nothing odd.` : setAside(finding)
  },
})

/** The part of the owner's login that the machine's name repeats: "alice" in alice-mac. Short ones are chance. */
function tellsOf({ device }: Own): string | null {
  if (device.hostname === null || device.user === null || device.tags.length > 0) return null
  const name = device.hostname.toLowerCase()
  const login = device.user.toLowerCase()
  const end = login.indexOf('@')
  for (const [part] of (end === -1 ? login : login.slice(0, end)).matchAll(LETTERS)) {
    if (part.length >= 3 && hasWord(name, part)) return part
  }
  return null
}

const LETTERS = /[a-z]+/g

/** Whether the letters stand in the text with none before or behind them. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isLetter(text, at - 1) && !isLetter(text, at + word.length)) return true
  }
  return false
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x61 && code <= 0x7a
}
