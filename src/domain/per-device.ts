/** What is worked out of a device once and asked by many checks. */
import type { Device } from './record.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * The function, answering from memory when it is asked again. What it answers rests on the snapshot without its carried
 * records: a snapshot that differs in those alone shares the memory.
 */
export function perDevice<T>(
  make: (snapshot: Snapshot, device: Device) => T,
): (snapshot: Snapshot, device: Device) => T {
  const memory = (snapshot: Snapshot): Memory<T> => ({
    places: snapshot.derive(placesOf),
    made: new Array(snapshot.of('device').length),
  })
  return (snapshot, device) => {
    const { places, made } = snapshot.derive(memory)
    const place = places.of(device)
    if (place === -1) return make(snapshot, device)
    let answer = made[place]
    if (answer === undefined) {
      answer = make(snapshot, device)
      made[place] = answer
    }
    return answer
  }
}

interface Memory<T> {
  readonly places: Places
  readonly made: (T | undefined)[]
}

function placesOf(snapshot: Snapshot): Places {
  return new Places(snapshot.of('device'))
}

/**
 * Where a device stands among those of the snapshot. Checks go through all of them in order and ask several things of
 * each, so the last place and the one behind it are looked at before anything is looked up.
 */
class Places {
  readonly #devices: readonly Device[]
  #last = 0
  #byDevice: Map<Device, number> | null = null

  constructor(devices: readonly Device[]) {
    this.#devices = devices
  }

  /** -1 for a device of another snapshot. */
  of(device: Device): number {
    if (this.#devices[this.#last] === device) return this.#last
    if (this.#devices[this.#last + 1] === device) {
      this.#last += 1
      return this.#last
    }
    const found = this.#lookUp(device)
    if (found !== -1) this.#last = found
    return found
  }

  #lookUp(device: Device): number {
    if (this.#devices[0] === device) return 0
    this.#byDevice ??= new Map(this.#devices.map((each, place) => [each, place]))
    return this.#byDevice.get(device) ?? -1
  }
}
