/**
 * Earlier versions of checks, so that an old run is judged by the rule that judged it. A check whose meaning changes gets
 * a new version: its file moves here as `<id>-v<old version>.ts`, unchanged but for its imports and with whatever it takes
 * from `src/domain` that changed along with it, and joins the list.
 */
import type { Check } from '../../src/domain/check.ts'
import { checks } from '../index.ts'

export const formerChecks: readonly Check[] = []

/** What re-performance and verification judge by: each check in every version that a run may have been sealed with. */
export const everyCheck: readonly Check[] = [...checks, ...formerChecks]
