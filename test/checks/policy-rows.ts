/** Policy files that nobody writes by accident: no check may fall over one, or find it good. */
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Row } from '../helpers/build.ts'
import { policy } from '../helpers/build.ts'

const FILES: readonly (readonly [name: string, text: string])[] = [
  ['nested a hundred thousand deep', `{"acls":${'['.repeat(100_000)}`],
  ['cut off in the middle', '{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"'],
  ['that is null', 'null'],
  ['that is a list', '[{"acls": []}]'],
]

/** @param beside what the check asks for beside the policy, with the answers that it gives for that */
export function oddPolicyRows(beside: readonly AnyRecord[] = [], before: Row['want'] = []): readonly Row[] {
  return FILES.map(([name, text]) => ({
    name: `a policy file ${name}`,
    records: [...beside, policy(text)],
    hostile: true,
    want: [...before, 'no_data'],
  }))
}
