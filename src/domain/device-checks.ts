/** What the checks over the tailnet's own devices share: whose devices are judged, and answers that are made once. */
import { attributeReading, tailnetAttribute } from './attribute-sources.ts'
import { type Standing, standings } from './coverage.ts'
import { briefly, type Facts, type Finding, finding, unknown } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { Device } from './record.ts'
import type { Snapshot } from './snapshot.ts'

/** A device of the tailnet that is our own. */
export interface Own {
  readonly device: Device
}

interface Seat extends Own {
  /** The answer that every such check gives: shared in from elsewhere, or not said. Null for our own. */
  readonly settled: Finding | null
}

function seats(snapshot: Snapshot): readonly Seat[] {
  return snapshot.of('device').map((device) => ({
    device,
    settled: settledOf(device),
  }))
}

function settledOf(device: Device): Finding | null {
  if (device.isExternal === true) return finding('not_applicable', device, { notice: SHARED_IN })
  return device.isExternal === null ? unknown('no_data', device, { facts: { missing: 'isExternal' } }) : null
}

const SHARED_IN = 'It is shared in from another tailnet.'

/** One answer per device: shared-in ones belong to others and are not judged. */
export function judgeOwnDevices(snapshot: Snapshot, judge: (own: Own) => Finding): Finding[] {
  return snapshot.derive(seats).map((seat) => seat.settled ?? briefly(judge, seat))
}

export function said(
  { device }: Own,
  status: 'pass' | 'fail' | 'not_applicable',
  facts: Facts,
  notice: string | null = null,
): Finding {
  return finding(status, device, { facts, notice })
}

/** No answer, because Tailscale did not say what decides. */
export function unsaid({ device }: Own, missing: string, facts: Facts = {}): Finding {
  return unknown('no_data', device, { facts: { ...facts, missing } })
}

/** One posture attribute of every device in scope, as the tailnet holds it; absent and outdated ones stay open. */
export function judgeAttribute(
  snapshot: Snapshot,
  attribute: string,
  judge: (device: Device, value: JsonValue) => { status: 'pass' | 'fail'; facts: Facts } | null,
): Finding[] {
  const judgeOne = ({ device }: Standing): Finding => {
    const { record } = attributeReading(snapshot, device)
    const state = tailnetAttribute(snapshot, device, attribute)
    const answer = state.state === 'value' ? judge(device, state.value) : null
    if (answer !== null) return finding(answer.status, device, { with: [record], facts: answer.facts })
    const reason = state.state === 'unreadable' ? state.reason : 'no_data'
    return unknown(reason, device, { with: [record], facts: { missing: attribute } })
  }
  return standings(snapshot).map((standing) => standing.outside ?? briefly(judgeOne, standing))
}
