/**
 * Runs in a process of its own, one in each zone named; the first is the one that the parent started it in. Prints of each
 * how far UTC is ahead, in minutes, and the JSON document.
 */
import { json } from '../../src/outputs/json.ts'
import { testClock, testInstallation } from './installation.ts'

const told: { offset: number; results: string }[] = []
for (const zone of process.argv.slice(2)) {
  process.env['TZ'] = zone
  const clock = testClock(undefined, 0.001, true)
  const installation = await testInstallation({ clock })
  await installation.sync()
  const offset = new Date(clock.wall()).getTimezoneOffset()
  told.push({ offset, results: [...json.render(await installation.report())].join('') })
  await installation.close()
}
process.stdout.write(JSON.stringify(told))
