/** What every store must do for those who hand out evidence: verdicts over time, the ledger, stamps, deletion, copies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Stamp } from '../../src/domain/ledger.ts'
import type { Store } from '../../src/domain/store.ts'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { verifyConsistency, verifyInclusion } from '../../src/ledger/merkle.ts'
import { device, NOW } from '../helpers/build.ts'
import { engineResult, moment, open, page, pull, result, sealer } from '../store/sealing.ts'

/** @param make opens the database that lies at a path */
export function storeEvidenceContract(name: string, make: (path: string) => Promise<Store>): void {
  describe(`the store contract over ${name}: evidence`, () => {
    let folder: string
    let store: Store
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'exhibit-contract-'))
      store = await make(join(folder, 'exhibit.db'))
    })
    afterEach(async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test('verdicts: what each check answered at the beginning, then every change; counts alone are none', async () => {
      const { seal } = sealer(store)
      const silent = 'tailnet: it could not be read.'
      const passing = result([], { counts: { pass: 1, fail: 0, unknown: 0, not_applicable: 0, waived: 0 } })
      const more = result([], { counts: { pass: 2, fail: 0, unknown: 0, not_applicable: 0, waived: 0 } })
      await seal([], { results: [passing] })
      await seal([], { results: [more] })
      await seal([], { results: [result([open('fail', 'a')])] })
      await seal([], { results: [engineResult({ message: silent })] })
      await seal([], { results: [] })
      await seal([], { results: [result([], {}, { a: 'pass' })] })
      const told = async (from: number, to: number) =>
        (await store.verdicts(from, to)).map(({ sequence, status, message }) => [sequence, status, message])
      const whole = [
        [1, 'pass', null],
        [3, 'fail', null],
        [4, 'unknown', silent],
        [5, null, null],
        [6, 'pass', null],
      ]
      expect(await told(1, 6)).toEqual(whole)
      // What stood when the span began is told with the run that it stands since.
      expect((await told(3, 4)).map(([, status]) => status)).toEqual(['fail', 'unknown'])
      expect((await told(2, 2)).map(([, status]) => status)).toEqual(['pass'])
      expect(await store.verdicts(1, 6)).toMatchObject([{ check: 'client-current', system: 'tailnet' }, {}, {}, {}, {}])
    })

    test('the ledger: what is appended is covered by a checkpoint, proved by it, and never a run', async () => {
      const { seal } = sealer(store)
      expect(await store.checkpoint('latest')).toBeNull()
      const first = await seal([pull('tailnet', [device()])])
      const second = await store.append([{ kind: 'export', body: { type: 'export', n: 1 } }], NOW)
      const third = await store.append([{ kind: 'export', body: { type: 'export', n: 2 } }], NOW)
      expect(await Array.fromAsync(store.checkpoints(0))).toEqual([first.checkpoint, second, third])
      expect(await Array.fromAsync(store.checkpoints(second.size))).toEqual([second, third])
      expect(await store.checkpoint(second.size)).toEqual(second)
      expect(await store.checkpoint('latest')).toEqual(third)
      expect(await store.checkpoint(third.size + 1)).toBeNull()
      const [leaf] = await store.leavesOf('export')
      const proof = await store.inclusion(leaf!.index, third.size)
      expect(verifyInclusion({ index: leaf!.index, size: third.size, leaf: leaf!.hash, root: third.root, proof })).toBe(
        true,
      )
      const link = await store.consistency(first.checkpoint.size, third.size)
      expect(
        verifyConsistency({
          from: first.checkpoint.size,
          to: third.size,
          oldRoot: first.checkpoint.root,
          newRoot: third.root,
          proof: link,
        }),
      ).toBe(true)
      // The caller's claim that it is a run, or of another kind than it says, is a fault of ours.
      await expect(store.append([{ kind: 'run', body: { type: 'run' } }], NOW)).rejects.toMatchObject({
        code: 'internal',
      })
      await expect(store.append([{ kind: 'export', body: { type: 'key' } }], NOW)).rejects.toThrow(/cannot be appended/)
      // Nothing new: the checkpoint that there is.
      expect(await store.append([], NOW)).toEqual(third)
    })

    test('time stamps: each kept as received, once; the newest by the authority’s own time', async () => {
      const stamp = (size: number, hours: number): Stamp => ({
        size,
        authority: 'https://tsa.example',
        stampedAt: plus(NOW, hours * HOUR),
        reply: new Uint8Array([size, 0, 255]),
      })
      expect(await store.newestStamp()).toBeNull()
      const { seal } = sealer(store)
      // Checkpoints of 3, 4 and 5 leaves.
      for (let n = 0; n < 3; n++) await seal([])
      for (const one of [stamp(4, 3), stamp(3, 1), stamp(4, 3), stamp(5, 2)]) await store.keepStamp(one)
      const read = (await store.stamps(0)).map(({ reply, ...rest }) => ({ ...rest, reply: new Uint8Array(reply) }))
      expect(read).toEqual([stamp(3, 1), stamp(4, 3), stamp(5, 2)])
      expect((await store.stamps(4)).map(({ size }) => size)).toEqual([4, 5])
      expect((await store.newestStamp())!.size).toBe(4)
    })

    test('deletion: nothing under a hold, nothing before its day; the first run that is left is named', async () => {
      expect(await store.oldest()).toBeNull()
      const { seal } = sealer(store)
      const answer = page('devices', '[]')
      const { body: _, ...named } = answer
      await store.keepPages([answer])
      const sealed = await seal([pull('tailnet', [device()], { pages: [named] })])
      await seal([pull('tailnet', [device()], { pages: [named] })])
      expect((await store.oldest())!.id).toBe(sealed.run.id)
      expect(await store.keepPagesOf(sealed.run.id)).toEqual([])
      await expect(store.keepPagesOf('nobody')).rejects.toMatchObject({ code: 'usage' })
      const rule = { days: 1, raw: 'daily', hold: true, neededFrom: null } as const
      const idle = { tombstone: null, deleted: 0, done: true }
      for (const days of [100, 101, 102]) expect(await store.retain(rule, plus(NOW, days * DAY))).toEqual(idle)
      const open = { ...rule, hold: false, neededFrom: NOW }
      for (const days of [103, 104, 105]) expect((await store.retain(open, plus(NOW, days * DAY))).deleted).toBe(0)
      expect((await store.oldest())!.id).toBe(sealed.run.id)
      expect(await store.page(answer.sha256)).not.toBeNull()
    })

    test('copies: another file with all of it, while this one goes on; its size is that of the file', async () => {
      const { seal } = sealer(store)
      const sealed = await seal([pull('tailnet', [device()])])
      await store.put('session', 'a', { n: 1 }, plus(NOW, HOUR))
      const told: number[] = []
      const to = join(folder, 'copy.db')
      const { checkpoint, bytes } = await store.copy(to, (done, total) => told.push(done / total))
      expect(checkpoint).toEqual(sealed.checkpoint)
      expect(told.every((share) => share >= 0 && share <= 1)).toBe(true)
      await seal([pull('tailnet', [])])
      const copied = await make(to)
      try {
        expect((await copied.runs(10)).map(({ id }) => id)).toEqual([sealed.run.id])
        expect((await copied.runAt(moment(0)))!.snapshot.of('device')).toHaveLength(1)
        // Who is signed in here is not signed in there.
        expect(await copied.get('session', 'a', NOW)).toBeNull()
        expect(await copied.size()).toBe(bytes)
      } finally {
        await copied.close()
      }
      expect(await store.runs(10)).toHaveLength(2)
      expect(await store.size()).toBeGreaterThanOrEqual(bytes)
    })
  })
}
