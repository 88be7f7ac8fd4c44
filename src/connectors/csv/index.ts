/** The roster: who is employed, from a file that people or their HR system write. */
import { z } from 'zod'
import type { Connector, Page } from '../../domain/connector.ts'
import { counted } from '../../domain/words.ts'
import { sha256 } from '../../lib/digest.ts'
import { endOfDayIn } from './end-of-day.ts'
import { peopleIn } from './roster.ts'

const section = z.strictObject({
  id: z.string(),
  kind: z.literal('csv'),
  path: z.string().min(1).describe('The roster file, relative to exhibit.yaml'),
  freshness: z.string().default('7d').describe("Counted from the file's modification time"),
})
type Config = z.infer<typeof section>

/** Its name only: where the file lies on this machine is nobody's evidence. */
const nameOf = (path: string): string => path.split(/[\\/]/).at(-1)!

export const csv: Connector<Config> = {
  id: 'csv',
  title: 'Roster file (CSV)',
  provides: ['person'],
  rolling: [],
  access: [{ scope: 'the file', title: 'Read access to the file', reveals: [{ kind: 'person' }] }],
  setUp: [
    'Write one row a person into a CSV file (UTF-8, commas); its first line names the columns.',
    'Required: email. Known: name, status (active, left), start_date, end_date (YYYY-MM-DD), department, title, manager, type (employee, contractor, service), mfa (true, false), aliases (separated by semicolons).',
    'Write the file anew at least every seven days, also when nothing changed: its modification time says how fresh it is.',
  ],
  config: { parse: (input) => section.parse(input), jsonSchema: () => z.toJSONSchema(section, { io: 'input' }) },
  baseUrl: () => null,
  isVendorHost: () => true,
  async *pages({ path }, tools, { source }) {
    const { body, modifiedAt } = await tools.readFile(path)
    tools.progress(1, 1, 'file')
    yield {
      source,
      sha256: sha256(body),
      request: `FILE ${nameOf(path)}`,
      place: 'roster',
      status: 200,
      headers: { 'content-type': 'text/csv', 'modified-at': modifiedAt },
      body,
      secret: false,
      fetchedAt: tools.now(),
    } satisfies Page
  },
  read: (page, { timeZone }) => ({ records: peopleIn(page.body, page.source, endOfDayIn(timeZone)), blind: [] }),
  async probe({ path }, tools) {
    const { body, modifiedAt } = await tools.readFile(path)
    const people = peopleIn(body, 'probe', endOfDayIn('UTC'))
    const detail = `FILE ${nameOf(path)}: ${counted(people.length, 'person', 'people')}, modified at ${modifiedAt}`
    return {
      access: [{ scope: 'the file', state: 'present', detail }],
      expiresAt: null,
      credential: null,
      clockSkewMs: null,
    }
  },
}
