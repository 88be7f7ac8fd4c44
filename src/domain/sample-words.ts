/** What can be drawn, as people call it. */
import type { SampleKind } from './sample.ts'
import { kindWord } from './words.ts'

const EVENT_WORD: Readonly<Record<string, readonly [one: string, many: string]>> = {
  joiner: ['joiner', 'joiners'],
  leaver: ['leaver', 'leavers'],
  'role-change': ['change of role', 'changes of role'],
  'policy-change': ['change of the policy', 'changes of the policy'],
}

export function sampleWord(kind: SampleKind, count = 2): string {
  return EVENT_WORD[kind]?.[count === 1 ? 0 : 1] ?? kindWord(kind, count)
}
