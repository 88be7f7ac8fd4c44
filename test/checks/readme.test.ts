import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { checksReadme } from './readme.ts'

test('checks/README.md is what the code says (npm test -- -u writes it anew)', async () => {
  await expect(checksReadme(checks)).toMatchFileSnapshot(join(import.meta.dirname, '../../checks/README.md'))
})
