/** Where the vendor itself shows what was drawn: the auditor holds the evidence against it. */
import type { screensOf } from './deep-link.ts'
import type { SampleFile } from './sample.ts'

/** "tailnet/account/uA1" */
const RECORD = /^([^/]+)\/(account|device|agent|key)\/([^@]+)$/

/** Events have no screen. */
export function withScreens(sample: SampleFile, screens: ReturnType<typeof screensOf>): SampleFile {
  const rows = sample.rows.map((row) => {
    const [, source, kind, key] = RECORD.exec(row.key) ?? []
    const screen = source === undefined ? null : screens(source, { kind: kind!, key: key!, label: row.label })
    return screen === null ? row : { ...row, screen }
  })
  return { ...sample, rows }
}
