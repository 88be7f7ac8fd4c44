/**
 * Sees every connection that this process begins, after names have become addresses, and lets none leave the machine: to
 * loopback it goes on as it was meant, everything else is held.
 */
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from 'node:net'

export interface Begun {
  /** Those that the system would try, in this order. */
  readonly addresses: readonly string[]
  readonly port: number
}

export interface DoorWatch {
  /** Since it was last asked. */
  taken(): readonly Begun[]
  stop(): void
}

/** This machine itself, by whatever form of address. */
const HERE = /^(?:127\.|0\.0\.0\.0$|::1?$|::ffff:127\.)/

export function watchDoor(): DoorWatch {
  const begun: Begun[] = []
  const onward = Socket.prototype.connect

  function connect(this: Socket, ...given: unknown[]): Socket {
    // `net.connect` hands on what it made of its arguments as a list.
    const options = (Array.isArray(given[0]) ? given[0][0] : given[0]) as TcpNetConnectOpts
    const host = options.host ?? 'localhost'
    if (isIP(host) !== 0) go(this, given, options, [{ address: host, family: isIP(host) }])
    else {
      const all = { all: true, hints: options.hints ?? 0 } as const
      options.lookup!(host, all, (error, found) => {
        if (error !== null) this.destroy(error)
        else go(this, given, options, found as unknown as LookupAddress[])
      })
    }
    return this
  }

  function go(socket: Socket, given: unknown[], options: TcpNetConnectOpts, found: readonly LookupAddress[]): void {
    const addresses = found.map(({ address }) => address)
    begun.push({ addresses, port: Number(options.port) })
    if (!addresses.every((address) => HERE.test(address))) {
      process.nextTick(() => socket.destroy(Object.assign(new Error('held at the door'), { code: 'EHELD' })))
      return
    }
    // It is not asked twice for what it has answered.
    options.lookup = ((_name, { all }, answer) =>
      all === true ? answer(null, [...found]) : answer(null, found[0]!.address, found[0]!.family)) as LookupFunction
    Reflect.apply(onward, socket, given)
  }

  Socket.prototype.connect = connect as Socket['connect']
  return {
    taken: () => begun.splice(0),
    stop() {
      Socket.prototype.connect = onward
    },
  }
}
