/** Every join of a snapshot made beforehand, in steps: of 20,000 devices and three vendors they take a third of a second. */
import { TAILNET } from './evaluate.ts'
import { accountOfDevice, agentOf, devicesBySerial, ownerOf, serialsOf } from './match.ts'
import type { Vendor } from './record.ts'
import { narrow, type Snapshot, usable } from './snapshot.ts'

const A_STEP = 1_000
const VENDORS: readonly Vendor[] = ['sentinelone', 'crowdstrike', 'kandji']

/** What checks then ask for is remembered (perDevice). */
export function* joinSteps(snapshot: Snapshot): Generator<void, void> {
  const judged = usable(snapshot)
  const vendors = VENDORS.filter((vendor) => judged.sources.some(({ kind }) => kind === vendor))
  for (const { id } of judged.sources.filter(({ kind }) => kind === TAILNET)) {
    const tailnet = narrow(judged, id)
    const devices = tailnet.of('device')
    for (const [place, account] of tailnet.of('account').entries()) {
      ownerOf(tailnet, account)
      if (place % A_STEP === A_STEP - 1) yield
    }
    for (const [place, device] of devices.entries()) {
      serialsOf(tailnet, device)
      accountOfDevice(tailnet, device)
      if (place % A_STEP === A_STEP - 1) yield
    }
    devicesBySerial(tailnet)
    yield
    for (const vendor of vendors) {
      for (const [place, device] of devices.entries()) {
        agentOf(tailnet, device, vendor)
        if (place % A_STEP === A_STEP - 1) yield
      }
      yield
    }
  }
}
