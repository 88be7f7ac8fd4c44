/** Ends the table test of a check: every answer that it can give was given to a case of this file, and one was hostile. */
import { describe, expect, test } from 'vitest'
import type { Check } from '../../src/domain/check.ts'
import { forget, seenOf } from '../helpers/answers-seen.ts'
import { answersTo, type Row } from '../helpers/build.ts'
import { answersOf } from './answers.ts'

/** @param further more lines of the table, for files whose own table has another shape */
export function covers(check: Check, further: readonly Row[] = []): void {
  forget(check)
  describe(`${check.ref}, further`, () => {
    for (const row of further) {
      test(`${row.name}: ${row.want}`, () => {
        expect(answersTo(check, row)).toEqual(row.want)
      })
    }
    test('every answer that it can give has a case here, and so has a hostile input', () => {
      const { answers, hostile } = seenOf(check)
      expect([...answers].sort()).toEqual([...answersOf(check.ref)].sort())
      expect(hostile).toBeGreaterThan(0)
    })
  })
}
