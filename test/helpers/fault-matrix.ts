/**
 * Faults at every endpoint of every vendor. A test takes one of the kinds at each endpoint, so that all of them have their
 * turn; `npm run prove -- faults` takes every kind at each, and every further status and header.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { Fault } from '../../src/simulators/faults.ts'
import { type FaultLanes, named, SIMULATED, status } from './fault-lanes.ts'
import type { FaultRun } from './fault-runs.ts'
import { PROVING } from './proving.ts'

/** Small answers, read and judged like all others, and a count that not every tenant is given: the first list is enough. */
const SMALL = new Set(['logStream', 'logStreamStatus', 'webhooks', 'contacts', 'userInvites', 'count'])

const EVERYWHERE = (trapUrl: string): Fault[] => [
  status(401),
  status(500),
  { kind: 'html200' },
  { kind: 'half_json' },
  { kind: 'truncated' },
  { kind: 'redirect', status: 307, location: trapUrl },
]
/** What else can happen to any answer. */
const ANYWHERE_LARGE: readonly Fault[] = [
  status(204),
  status(404),
  status(429, { 'retry-after': '1' }),
  status(429, { 'retry-after': '86400' }),
  { kind: 'wrong_content_type' },
  { kind: 'empty_body' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'encoding_chain' },
  { kind: 'json_null' },
  { kind: 'json_array_instead' },
  { kind: 'duplicate_rows' },
]
/** Every further status, kind of redirect and waiting time: tried where everything is. */
const FURTHER = (trapUrl: string): Fault[] => [
  { kind: 'reset_mid_body' },
  { kind: 'slow_body' },
  { kind: 'json_string' },
  { kind: 'html502' },
  status(503, { 'retry-after': 'soon' }),
  status(400),
  ...[202, 206, 300, 402, 405, 406, 408, 409, 410, 411, 413, 414, 418, 421, 422, 425, 431, 451].map((code) =>
    status(code),
  ),
  ...[501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 524, 529, 599].map((code) => status(code)),
  ...['0', '-1', '1e9', 'Fri, 20 Nov 2026 09:00:30 GMT', '99999999999999999999'].map((text) =>
    status(429, { 'retry-after': text }),
  ),
  ...([301, 302, 303, 308] as const).map((code): Fault => ({ kind: 'redirect', status: code, location: trapUrl })),
  { kind: 'redirect', location: '/elsewhere' },
  { kind: 'redirect', location: 'file:///etc/passwd' },
  { kind: 'wrong_content_type', contentType: 'application/octet-stream' },
  { kind: 'hang', after: 1 },
  { kind: 'truncated', after: 1 },
]

/** What is done to each endpoint, and what can be done to any. */
function matrix({ called, trap }: FaultLanes): { jobs: FaultRun[]; kinds: readonly Fault[] } {
  const everywhere = EVERYWHERE(trap.url())
  const kinds = [...everywhere, ...ANYWHERE_LARGE]
  const further = FURTHER(trap.url())
  const endpoints = Object.keys(SIMULATED).flatMap((vendor) => called(vendor).map((endpoint) => ({ vendor, endpoint })))
  const lists = [
    { some: everywhere, at: endpoints.filter(({ endpoint }) => SMALL.has(endpoint)) },
    { some: kinds, at: endpoints.filter(({ endpoint }) => !SMALL.has(endpoint)) },
  ]
  const jobs = lists.flatMap(({ some, at }) =>
    at.flatMap(({ vendor, endpoint }, nth) =>
      (PROVING ? [...some, ...further] : [some[nth % some.length]!]).map((fault) => ({
        vendor,
        faults: [{ ...fault, endpoint }],
      })),
    ),
  )
  return { jobs, kinds }
}

/** Runs them all. What was refused or read after all is no failure; everything else must be told as one. */
export async function faultsEverywhere(lanes: FaultLanes): Promise<{ endpoints: Set<string>; untried: Fault[] }> {
  const { jobs, kinds } = matrix(lanes)
  for (const { job, result } of await lanes.judged(jobs))
    if (result.status !== 'complete') expect([named(job), result.code]).toEqual([named(job), expect.any(String)])
  expect(lanes.trap.called()).toBe(0)
  const tried = jobs.map(({ vendor, faults: [fault] }) => ({ vendor, ...fault! }))
  return {
    endpoints: new Set(tried.map(({ vendor, endpoint }) => `${vendor} ${endpoint}`)),
    untried: kinds.filter((kind) => !tried.some(({ vendor, endpoint, ...fault }) => isDeepStrictEqual(fault, kind))),
  }
}
