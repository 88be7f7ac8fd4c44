/** The guarded client for who may never call: nothing of it is loaded before its first request, as undici is 20 MB. */
import type { GuardedClient } from './http.ts'
import type { GuardedClientOptions } from './http-call.ts'

export function lateClient(options: GuardedClientOptions): GuardedClient {
  let client: Promise<GuardedClient> | null = null
  const loaded = async (): Promise<GuardedClient> => (await import('./http.ts')).guardedClient(options)
  return {
    async request(call) {
      client ??= loaded()
      return (await client).request(call)
    },
    async close() {
      if (client !== null) await (await client).close()
    },
  }
}
