import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { checks } from '../checks/index.ts'
import { ANCHOR, loadWorld } from '../src/simulators/world.ts'
import { DEMO_SCOPES } from '../src/simulators/world.ts'
import { testClock, testInstallation } from './helpers/installation.ts'
test('demo', async () => {
  const text = readFileSync('fixtures/exhibit.demo.yaml', 'utf8')
  const yaml = text.slice(text.indexOf('people:'), text.indexOf('network:'))
  const inst = await testInstallation({ checks, yaml, world: loadWorld(new Date(ANCHOR)), clock: testClock(new Date(ANCHOR).toISOString()), tailscaleGrants: DEMO_SCOPES })
  await inst.sync()
  const report = await inst.report()
  const out: string[] = []
  for (const r of report.results) {
    const c = r.counts
    out.push(`${r.check.ref} ${r.check.id} ${r.status} p${c.pass} f${c.fail} u${c.unknown} n${c.not_applicable} ${r.message ?? ''}`)
    for (const f of [...r.findings()] as any[]) if (f.status === 'fail' || f.status === 'unknown') out.push(`   ${f.status} ${f.message}`)
  }
  writeFileSync('/tmp/demo.txt', out.join('\n'))
  await inst.close()
})
