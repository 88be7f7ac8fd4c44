/**
 * How the service does, for Prometheus (text format 0.0.4). Labels are ids of the configuration and words of ours: what
 * vendors or strangers say never makes a new series.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Status } from '../domain/finding.ts'
import type { EndpointState } from '../domain/outbox.ts'
import type { Severity } from '../domain/settings.ts'
import type { SourceState } from '../domain/snapshot.ts'
import type { PullOutcome } from '../domain/store.ts'
import { between, type Instant } from '../domain/time.ts'
import type { HookOutcome } from './hooks.ts'

export interface RunMeasured {
  readonly pulls: readonly { readonly source: string; readonly outcome: PullOutcome; readonly ms: number }[]
  readonly sources: readonly Pick<SourceState, 'status'>[]
  readonly results: Readonly<Record<Severity, Readonly<Record<Status, number>>>>
}

export interface MetricsParts {
  readonly version: string
  now(): Instant
  /** As the newest run left them. */
  states(): Promise<readonly Pick<SourceState, 'id' | 'status' | 'collectedAt'>[]>
  endpoints(): Promise<readonly Pick<EndpointState, 'id' | 'counts' | 'disabledAt'>[]>
  /** Processor, memory, garbage and the event loop, which are watched from then on. */
  readonly process?: boolean
}

export interface Metrics {
  readonly contentType: string
  /** As they are now. */
  text(): Promise<string>
  /** Null: it could not be made at all. */
  ran(run: RunMeasured | null, ms: number): void
  hooked(source: string, outcome: HookOutcome): void
}

const SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

export function metrics(parts: MetricsParts): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const name = (rest: string): string => `exhibit_${rest}`
  new Gauge({ name: name('build_info'), help: 'The program.', labelNames: ['version'], registers }).set(
    { version: parts.version },
    1,
  )
  const runs = new Counter({
    name: name('runs_total'),
    help: 'Runs by what came of them; failed: nothing was sealed.',
    labelNames: ['outcome'],
    registers,
  })
  const runSeconds = new Histogram({
    name: name('run_duration_seconds'),
    help: 'From the first request to the seal.',
    buckets: SECONDS,
    registers,
  })
  const pulls = new Counter({
    name: name('pulls_total'),
    help: 'Readings by source and outcome.',
    labelNames: ['source', 'outcome'],
    registers,
  })
  const pullSeconds = new Histogram({
    name: name('pull_duration_seconds'),
    help: 'Of one reading of one source.',
    labelNames: ['source'],
    buckets: SECONDS,
    registers,
  })
  const results = new Gauge({
    name: name('results'),
    help: 'Results of the newest run made by this process.',
    labelNames: ['severity', 'status'],
    registers,
  })
  const hooks = new Counter({
    name: name('hooks_total'),
    help: "Vendors' webhooks by source and what came of them.",
    labelNames: ['source', 'outcome'],
    registers,
  })
  const age = new Gauge({
    name: name('source_age_seconds'),
    help: 'Since the first request of the last accepted reading.',
    labelNames: ['source'],
    registers,
  })
  const complete = new Gauge({
    name: name('source_complete'),
    help: '1 where the newest reading was accepted.',
    labelNames: ['source'],
    registers,
  })
  const deliveries = new Gauge({
    name: name('deliveries'),
    help: 'Webhook deliveries by endpoint and state.',
    labelNames: ['endpoint', 'state'],
    registers,
  })
  const disabled = new Gauge({
    name: name('endpoint_disabled'),
    help: '1 where nothing is sent any more until people enable it.',
    labelNames: ['endpoint'],
    registers,
  })
  if (parts.process === true) collectDefaultMetrics({ register: registry })
  for (const outcome of ['completed', 'incomplete', 'failed']) runs.inc({ outcome }, 0)

  async function refresh(): Promise<void> {
    const now = parts.now()
    for (const gauge of [age, complete, deliveries, disabled]) gauge.reset()
    for (const { id: source, status, collectedAt } of await parts.states()) {
      if (collectedAt !== null) age.set({ source }, Math.max(0, between(collectedAt, now) / 1000))
      complete.set({ source }, status === 'complete' ? 1 : 0)
    }
    for (const { id: endpoint, counts, disabledAt } of await parts.endpoints()) {
      for (const [state, count] of Object.entries(counts)) deliveries.set({ endpoint, state }, count)
      disabled.set({ endpoint }, disabledAt === null ? 0 : 1)
    }
  }

  return {
    contentType: registry.contentType,
    async text() {
      await refresh()
      return registry.metrics()
    },
    ran(run, ms) {
      if (run === null) return runs.inc({ outcome: 'failed' })
      const whole = run.sources.every(({ status }) => status === 'complete')
      runs.inc({ outcome: whole ? 'completed' : 'incomplete' })
      runSeconds.observe(ms / 1000)
      for (const { source, outcome, ms: took } of run.pulls) {
        pulls.inc({ source, outcome })
        pullSeconds.observe({ source }, took / 1000)
      }
      for (const [severity, statuses] of Object.entries(run.results)) {
        for (const [status, count] of Object.entries(statuses)) results.set({ severity, status }, count)
      }
    },
    hooked: (source, outcome) => hooks.inc({ source, outcome }),
  }
}
