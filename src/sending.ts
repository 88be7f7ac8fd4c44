/** What an installation tells the outside: the sender over its outbox, and what people do with endpoints. */
import { setTimeout as realSleep } from 'node:timers/promises'
import type { Endpoint, Outbox } from './domain/outbox.ts'
import type { InstallationCore } from './installation.ts'
import { testEvent } from './telling.ts'
import type { Sender } from './webhooks/sender.ts'

export interface SendingParts {
  readonly core: Pick<InstallationCore, 'config' | 'store' | 'software' | 'now'>
  /** For people: what befell an endpoint. */
  notice(endpoint: string | null, says: string): void
  report(error: unknown, where: string): void
}

/** Closing it gives back what is under way, after a while. */
export interface Sending extends Pick<Sender, 'nudge' | 'drain'> {
  close(): Promise<void>
}

/** An attempt may take 15 s; who stops us waits for part of that. */
const STOPPING_MS = 5_000

export async function sending({ core, notice, report }: SendingParts): Promise<Sending> {
  const { config, store, software, now } = core
  // Most commands send nothing, and the client below is 20 MB of memory.
  const [{ poster }, { startSender }] = await Promise.all([
    import('./webhooks/post.ts'),
    import('./webhooks/sender.ts'),
  ])
  const { allow, proxy, ca } = config.network
  const out = poster({
    allow,
    connectMs: config.limits.requestMs,
    userAgent: `exhibit/${software}`,
    ...(proxy === null ? {} : { proxy: proxy.href }),
    ...(ca === null ? {} : { ca }),
  })
  const sender = await startSender({
    endpoints: config.webhooks,
    outbox: store,
    post: out.post,
    clock: {
      now,
      monotonic: () => performance.now(),
      sleep: (ms, signal) => realSleep(ms, undefined, { signal }),
    },
    random: Math.random,
    notice,
    report,
  })
  return {
    nudge: sender.nudge,
    drain: sender.drain,
    async close() {
      await sender.stop(STOPPING_MS)
      await out.close()
    },
  }
}

export interface WebhookActs {
  readonly endpoints: readonly Endpoint[]
  readonly outbox: Outbox
  /** Writes a test event for one endpoint down; gives its id. */
  test(endpoint: string): Promise<string>
}

export function webhookActs(
  { config, store, now }: Pick<InstallationCore, 'config' | 'store' | 'now'>,
  newId: () => string,
): WebhookActs {
  return {
    endpoints: config.webhooks,
    outbox: store,
    async test(endpoint) {
      const event = testEvent(endpoint, config, { at: now(), run: null, id: `test\0${newId()}` })
      await store.tell([event])
      return event.id
    },
  }
}
