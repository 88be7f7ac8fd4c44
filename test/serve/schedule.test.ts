/** The schedule by a clock that tests move: which sources are read when, and what is merged into what. */
import { afterEach, describe, expect, test } from 'vitest'
import type { SourceHistory } from '../../src/domain/store.ts'
import { HOUR, type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import type { RunRequest } from '../../src/pipeline.ts'
import type { RunNews } from '../../src/run-news.ts'
import { type Service, service } from '../../src/service.ts'
import { sourceState } from '../helpers/build.ts'

const START = '2026-11-21T09:00:00.000Z'
const EVERY = 15 * MINUTE

/** Lets everything that waits for promises alone go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Outcome = Partial<SourceHistory['state']> & { authFailures?: number }

function world(ids: readonly string[] = ['tailnet', 'edr']) {
  let ms = 0
  const sleepers: { at: number; wake: () => void }[] = []
  const requests: { at: number; request: RunRequest }[] = []
  const histories = new Map<string, SourceHistory>()
  /** How attempts at a source end from now on. */
  const outcomes = new Map<string, Outcome>()
  const stamps = new Map<string, string>()
  let hold: Promise<void> | null = null
  let failing: Error | null = null
  const now = (): Instant => plus(START, ms)

  function attempted(id: string, outcome: Outcome = outcomes.get(id) ?? {}): SourceHistory {
    const { authFailures = 0, ...state } = outcome
    const made: SourceHistory = {
      state: { ...sourceState({ id }), attemptedAt: now(), collectedAt: now(), ...state },
      configDigest: 'digest',
      authFailures,
      highest: {},
      held: null,
    }
    histories.set(id, made)
    return made
  }

  async function run(request: RunRequest): Promise<RunNews> {
    requests.push({ at: ms, request })
    await hold
    if (failing !== null) throw failing
    const pulled = ids.filter((id) => request.sources?.includes(id) ?? true)
    const pulls = pulled.map((source) => {
      const { state } = attempted(source)
      const outcome = state.status === 'complete' ? ('complete' as const) : ('failed' as const)
      return { source, outcome, error: state.error, requests: 1, bytes: 1, ms: 1 }
    })
    return { pulls } as unknown as RunNews
  }

  let running: Service | null = null
  return {
    requests,
    outcomes,
    stamps,
    attempted,
    /** Of each run since the last look: when it began, in minutes, and what it read. */
    runs: () =>
      requests.splice(0).map(({ at, request }) => {
        const what = request.sources === null ? 'everything' : request.sources.join(' ')
        const early = request.early?.length ? ` (quick: ${request.early.join(' ')})` : ''
        return `${at / MINUTE} ${what}${early}`
      }),
    /** Holds the runs that begin from now on until the function returned is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      hold = promise
      return () => {
        hold = null
        resolve()
      }
    },
    fail(error: Error | null) {
      failing = error
    },
    async start(): Promise<Service> {
      running = service({
        sources: ids.map((id) => ({ id, digest: 'digest', stamp: () => stamps.get(id) ?? null })),
        everyMs: EVERY,
        now,
        monotonic: () => ms,
        sleep: (forMs, signal) =>
          new Promise((resolve, reject) => {
            sleepers.push({ at: ms + forMs, wake: resolve })
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          }),
        run,
        history: async (id) => histories.get(id) ?? null,
        trouble: (error) => (error as Error).message,
      })
      await settle()
      return running
    },
    async pass(forMs: number) {
      const until = ms + forMs
      for (;;) {
        const next = Math.min(until, ...sleepers.map(({ at }) => at))
        ms = Math.max(ms, next)
        for (const sleeper of sleepers.filter(({ at }) => at <= ms)) {
          sleepers.splice(sleepers.indexOf(sleeper), 1)
          sleeper.wake()
        }
        await settle()
        await settle()
        if (next >= until) return
      }
    },
    async stop() {
      hold = null
      await running?.stop()
    },
  }
}

let here: ReturnType<typeof world>
afterEach(() => here.stop())

describe('the schedule', () => {
  test('reads everything at the first start and then each interval, counted from the beginning of a run', async () => {
    here = world()
    await here.start()
    await here.pass(31 * MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '15 tailnet edr', '30 tailnet edr'])
  })

  test('makes a run at a start where nothing is due, because something may be judged otherwise now', async () => {
    here = world()
    await here.pass(20 * MINUTE)
    for (const id of ['tailnet', 'edr']) here.attempted(id)
    await here.pass(5 * MINUTE)
    await here.start()
    await here.pass(10 * MINUTE)
    expect(here.runs()).toEqual(['25 ', '35 tailnet edr'])
  })

  test('reads at once what failed before the start, and what another configuration had read', async () => {
    here = world(['tailnet', 'edr', 'mdm'])
    here.attempted('tailnet')
    here.attempted('edr', { status: 'failed', error: { code: 'network', message: '' } })
    Object.assign(here.attempted('mdm'), { configDigest: 'another' })
    await here.start()
    expect(here.runs()).toEqual(['0 edr mdm'])
  })

  test('pauses a source whose credential is refused: 15 minutes, then twice as long each time', async () => {
    here = world()
    const refused = { status: 'failed', error: { code: 'auth_failed', message: '' } } as const
    here.outcomes.set('edr', { ...refused, authFailures: 1 })
    await here.start()
    here.outcomes.set('edr', { ...refused, authFailures: 2 })
    await here.pass(20 * MINUTE)
    here.outcomes.set('edr', { ...refused, authFailures: 3 })
    await here.pass(70 * MINUTE)
    const edr = here.runs().filter((run) => run.includes('edr'))
    // A minute less than the whole, so that a tick does not miss it by the length of a run; who is nearly due comes along.
    expect(edr).toEqual(['0 tailnet edr', '14 tailnet edr', '43 tailnet edr'])
  })

  test('tries a paused source within seconds after its secret file has changed', async () => {
    here = world()
    here.outcomes.set('edr', { status: 'failed', error: { code: 'auth_failed', message: '' }, authFailures: 4 })
    here.stamps.set('edr', 'old')
    await here.start()
    await here.pass(4 * MINUTE)
    here.outcomes.delete('edr')
    here.stamps.set('edr', 'new')
    await here.pass(MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '4.25 edr'])
  })

  test('keeps to the wait that a vendor asked for', async () => {
    here = world()
    here.outcomes.set('edr', {
      status: 'failed',
      error: { code: 'rate_limited', message: '' },
      pausedUntil: plus(START, 40 * MINUTE),
    })
    await here.start()
    here.outcomes.delete('edr')
    await here.pass(46 * MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '15 tailnet', '30 tailnet', '40 tailnet edr'])
  })

  test('goes on at its interval when a run could not be made, and says what was wrong until one can', async () => {
    here = world()
    here.fail(new Error('the disk is full'))
    const running = await here.start()
    expect(running.activity()).toMatchObject({ running: false, trouble: 'the disk is full' })
    await here.pass(15 * MINUTE)
    here.fail(null)
    await here.pass(15 * MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '15 tailnet edr', '30 tailnet edr'])
    expect(running.activity().trouble).toBeNull()
    expect(running.alive()).toBe(true)
  })

  test('does not stand still when the wall clock was set back after a reading', async () => {
    here = world()
    for (const id of ['tailnet', 'edr']) here.attempted(id, { attemptedAt: plus(START, 9 * HOUR) })
    await here.start()
    expect(here.runs()).toEqual(['0 tailnet edr'])
  })
})

describe('wishes', () => {
  test('that come while a run is made become one more run, quick only where nobody asked for more', async () => {
    here = world(['tailnet', 'other', 'edr'])
    const release = here.hold()
    const running = await here.start()
    running.early('tailnet')
    running.early('other')
    running.early('tailnet')
    const wished = running.pull(['other'])
    release()
    await wished
    await settle()
    expect(here.runs()).toEqual(['0 tailnet other edr', '0 tailnet other (quick: tailnet)'])
  })

  test('of everybody are one: whoever asks for all of it gets all of it', async () => {
    here = world()
    const release = here.hold()
    const running = await here.start()
    running.early('tailnet')
    const wished = running.pull(null)
    release()
    await wished
    expect(here.runs()).toEqual(['0 tailnet edr', '0 everything'])
  })

  test('for a quick reading leave the whole one to its time', async () => {
    here = world()
    const running = await here.start()
    await here.pass(10 * MINUTE)
    running.early('tailnet')
    await settle()
    await here.pass(6 * MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '10 tailnet (quick: tailnet)', '15 tailnet edr'])
  })

  test('of people bring the sources back into step with the next run', async () => {
    here = world()
    const running = await here.start()
    await here.pass(5 * MINUTE)
    await running.pull(['edr'])
    await here.pass(26 * MINUTE)
    expect(here.runs()).toEqual(['0 tailnet edr', '5 edr', '15 tailnet edr', '30 tailnet edr'])
  })

  test('of a vendor do not wake a source that waits for a credential; those of people do', async () => {
    here = world()
    here.outcomes.set('tailnet', { status: 'failed', error: { code: 'auth_failed', message: '' }, authFailures: 5 })
    const running = await here.start()
    running.early('tailnet')
    await here.pass(MINUTE)
    await running.pull(['tailnet'])
    expect(here.runs()).toEqual(['0 tailnet edr', '1 tailnet'])
  })

  test('that still wait when we stop are told so, and nothing begins any more', async () => {
    here = world()
    const release = here.hold()
    const running = await here.start()
    const wished = expect(running.pull(null)).rejects.toMatchObject({ code: 'interrupted' })
    const stopped = running.stop()
    release()
    await Promise.all([wished, stopped])
    await here.pass(HOUR)
    expect(here.runs()).toEqual(['0 tailnet edr'])
    expect(running.alive()).toBe(false)
  })
})
