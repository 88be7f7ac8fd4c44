import { attributeReading } from '../src/domain/attribute-sources.ts'
import { defineCheck } from '../src/domain/check.ts'
import { standings } from '../src/domain/coverage.ts'
import { durationText } from '../src/domain/duration.ts'
import { briefly, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { byText } from '../src/domain/json.ts'
import type { Device } from '../src/domain/record.ts'
import { notEvaluated, setAside } from '../src/domain/sentence.ts'
import { plus } from '../src/domain/time.ts'
import { postureEnforced } from './controls.ts'

export const customAttributesNearExpiry = defineCheck({
  id: 'custom-attributes-near-expiry',
  ref: 'POS-11',
  version: 1,
  title: 'Custom attributes that end soon',
  question: 'Do the custom attributes of every device last long enough?',
  why: 'Tailscale drops an attribute when its time is over; a posture that asks for it then shuts the device out. Shown, never judged.',
  remediation: 'Let whatever writes the attribute write it again with a later expiry.',
  severity: 'low',
  controls: postureEnforced,
  informational: true,
  needs: [{ kind: 'device' }, { kind: 'attributes' }],
  parameters: {
    notice: {
      type: 'duration',
      default: '14d',
      min: '1h',
      max: '365d',
      says: 'How long before its end an attribute is shown.',
    },
  },
  run(snapshot, { notice }) {
    const until = plus(snapshot.at, notice)
    const within = durationText(notice)
    const judge = (device: Device): Finding => {
      const { record, why } = attributeReading(snapshot, device)
      if (why !== null) return unknown(why, device, { with: [record], facts: { missing: 'attributes' } })
      const ending = Object.entries(record.expiries)
        .filter(([, at]) => at > snapshot.at && at <= until)
        .sort(([a], [b]) => byText(a, b))
      const names = ending.map(([name, at]) => `${name} at ${at}`).join(', ')
      const facts = { ending: names === '' ? null : names, within }
      return finding('not_applicable', device, {
        with: [record],
        facts,
        notice: names === '' ? null : `Ending soon: ${names}.`,
      })
    }
    return standings(snapshot).map(({ device, outside }) => outside ?? briefly(judge, device))
  },
  say(finding) {
    if (finding.status === 'unknown') return notEvaluated(finding)
    return finding.notice === null ? `No attribute of ${finding.subject.label} ends soon.` : setAside(finding)
  },
})
