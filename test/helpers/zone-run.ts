/** One run in a process of its own, whose zone the parent sets by TZ; prints the JSON document. */
import { json } from '../../src/outputs/json.ts'
import { testClock, testInstallation } from './installation.ts'

const installation = await testInstallation({ clock: testClock(undefined, 0.001, true) })
await installation.sync()
process.stdout.write([...json.render(await installation.report())].join(''))
await installation.close()
