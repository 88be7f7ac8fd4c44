/** Every device with its verdict, its owner and who knows it. */

import { configuredVendors } from '../../domain/attribute-sources.ts'
import type { Vendor } from '../../domain/record.ts'
import { counted, MARK_WORD, type Mark, number, vendorWord } from '../../domain/words.ts'
import { Empty, PageHead, Paging, pageOf, Row, Table } from '../components/blocks.tsx'
import { CountBar } from '../components/charts.tsx'
import { type Asked, address, FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { devicePath } from '../components/links.tsx'
import { Tag, Verdict } from '../components/status.tsx'
import { Ago, Count, Name } from '../components/text.tsx'
import { type DeviceRow, deviceRows } from '../devices.ts'
import { MARK_ORDER } from '../results.ts'
import type { View } from '../view.ts'

export const VERDICT_WORD: Readonly<Record<Mark, string>> = {
  ...MARK_WORD,
  pass: 'Trusted',
  fail: 'Not trusted',
  not_applicable: 'Not judged',
}

export function filteredDevices(rows: readonly DeviceRow[], asked: Asked): readonly DeviceRow[] {
  const text = asked['text']?.trim().toLowerCase() ?? ''
  return rows.filter(
    (row) =>
      (!asked['verdict'] || row.verdict === asked['verdict']) &&
      (!asked['os'] || row.os === asked['os']) &&
      (!asked['missing'] || row.missing.includes(asked['missing'] as Vendor)) &&
      (text === '' || row.search.includes(text)),
  )
}

interface Summary {
  readonly verdicts: Readonly<Record<Mark, number>>
  readonly platforms: readonly string[]
  readonly byVendor: readonly { vendor: Vendor; known: number; missing: number }[]
}

function summary(view: View): Summary {
  const rows = view.derive(deviceRows)
  const verdicts: Record<Mark, number> = { pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 }
  for (const { verdict } of rows) verdicts[verdict]++
  const vendors = view.report.snapshot === null ? [] : [...view.report.snapshot.derive(configuredVendors).keys()]
  const judged = rows.filter(({ verdict }) => verdict !== 'not_applicable')
  return {
    verdicts,
    platforms: [...new Set(rows.map(({ os }) => os))].sort(),
    byVendor: vendors.map((vendor) => {
      const count = (of: 'known' | 'missing') => judged.filter((row) => row[of].includes(vendor)).length
      return { vendor, known: count('known'), missing: count('missing') }
    }),
  }
}

export function DevicesPage({ frame, view, asked }: { frame: Frame; view: View; asked: Asked }) {
  const rows = view.derive(deviceRows)
  const { verdicts, platforms, byVendor } = view.derive(summary)
  const page = pageOf(filteredDevices(rows, asked), asked['page'])
  return (
    <Layout frame={frame} title="Devices" section="devices">
      <PageHead
        title="Devices"
        lead="Whether each device is trusted, who owns it, and which vendors know it by its serial number."
      />
      {rows.length === 0 ? null : (
        <section class="card summary" aria-labelledby="trust-title">
          <div class="card-head">
            <h2 id="trust-title">Trust</h2>
            <span class="muted">{counted(rows.length, 'device')}</span>
          </div>
          <ul class="figures">
            {MARK_ORDER.filter((mark) => verdicts[mark] > 0 || mark !== 'waived').map((mark) => (
              <li class="figure">
                <b>
                  <a href={address('/devices', { verdict: mark })}>{number(verdicts[mark])}</a>
                </b>
                <span>{VERDICT_WORD[mark]}</span>
              </li>
            ))}
          </ul>
          <CountBar counts={verdicts} wide />
          <h3>Known to each vendor</h3>
          <table class="plain">
            <caption class="sr">Judged devices with and without a record, by vendor</caption>
            <thead>
              <tr>
                <th scope="col">Vendor</th>
                <th scope="col">Share</th>
                <th scope="col" class="numeric">
                  With a record
                </th>
                <th scope="col" class="numeric">
                  Without
                </th>
              </tr>
            </thead>
            <tbody>
              {byVendor.map(({ vendor, known, missing }) => (
                <tr>
                  <th scope="row">{vendorWord(vendor)}</th>
                  <td class="bar-cell">
                    <CountBar counts={{ pass: known, not_applicable: missing }} />
                  </td>
                  <td class="numeric">{number(known)}</td>
                  <td class="numeric">
                    {missing === 0 ? '0' : <a href={address('/devices', { missing: vendor })}>{number(missing)}</a>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <FilterBar
        action="/devices"
        asked={asked}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Name, owner, serial' },
          {
            as: 'select',
            name: 'verdict',
            label: 'Verdict',
            any: 'Any verdict',
            choices: MARK_ORDER.map((value) => ({ value, word: VERDICT_WORD[value] })),
          },
          {
            as: 'select',
            name: 'os',
            label: 'Platform',
            any: 'Any platform',
            choices: platforms.map((value) => ({ value, word: value })),
          },
          {
            as: 'select',
            name: 'missing',
            label: 'Vendor record',
            any: 'With or without',
            choices: byVendor.map(({ vendor }) => ({ value: vendor, word: `No record at ${vendorWord(vendor)}` })),
          },
        ]}
      />
      {page.total === 0 ? (
        <Empty title={rows.length === 0 ? 'No device has been read yet' : 'No device fits these filters'} />
      ) : (
        <Table
          caption="Devices"
          columns={[
            { word: 'Device' },
            { word: 'Trust' },
            { word: 'Platform' },
            { word: 'Owner' },
            { word: 'Vendor records' },
            { word: 'Failures', numeric: true },
            { word: 'Last seen' },
          ]}
        >
          {page.items.map((row) => (
            <DeviceCells row={row} frame={frame} />
          ))}
        </Table>
      )}
      <Paging page={page} one="device" link={(number) => address('/devices', { ...asked, page: String(number) })} />
    </Layout>
  )
}

function DeviceCells({ row, frame }: { row: DeviceRow; frame: Frame }) {
  const { device, label, os, verdict, reason, owner, failing, known } = row
  const judged = verdict !== 'not_applicable'
  return (
    <Row>
      <th scope="row">
        <a href={devicePath(device)}>
          <Name text={label} max={44} />
        </a>
        {device.serials[0] === undefined ? null : (
          <span class="sub mono">
            <Name text={device.serials[0]} max={28} />
          </span>
        )}
      </th>
      <td>
        <Verdict mark={verdict} word={VERDICT_WORD[verdict]} reason={reason} />
      </td>
      <td>{os}</td>
      <td>
        <Name text={owner === '' ? '—' : owner} max={34} />
      </td>
      <td>
        <span class="chips">
          {known.map((vendor) => (
            <Tag>{vendorWord(vendor)}</Tag>
          ))}
          {known.length === 0 ? <span class="muted">{judged ? 'none' : '—'}</span> : null}
        </span>
      </td>
      <td class="numeric">
        <Count value={failing} />
      </td>
      <td class="nowrap">
        {device.connected === true ? 'connected' : <Ago at={device.lastSeen} now={frame.now} none="not said" />}
      </td>
    </Row>
  )
}
