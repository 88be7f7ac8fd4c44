/** The packet of an organisation that lives on verifies: vendors fail, people come and go, somebody sets the clock. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exhibit } from '../helpers/cli.ts'
import { provenChecks as checks, testInstallation } from '../helpers/installation.ts'
import { lifeOf } from '../helpers/living.ts'
import { verified } from '../prove/mutations.ts'
import { filesOf } from '../prove/packet-files.ts'

test('of a life, with one date in mid-way packed whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lives-'))
  const house = await testInstallation({ checks })
  try {
    const life = lifeOf(house, 400)
    const moments: string[] = []
    for (let run = 0; run < 10; run++) moments.push((await life.run()).run.snapshotAt)
    const days = moments.map((at) => at.slice(0, 10)).sort()
    const file = join(folder, 'packet.zip')
    const period = ['--from', days[0]!, '--to', days.at(-1)!, '--at', moments[5]!]
    const said = await exhibit(house, 'packet', ...period, '-o', file)
    expect(said.err).toContain('wrote')
    const { broken } = await verified(await filesOf(readFileSync(file)), undefined, { checks })
    expect(broken).toBeNull()
  } finally {
    await house.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
