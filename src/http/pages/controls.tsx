/** Results by control: the organisation's own list first, then the frameworks. Told, never concluded. */
import {
  CONTROL_LABEL,
  CONTROL_LIMIT,
  type ControlRow,
  type ControlView,
  controlSentence,
  controlView,
  countOf,
  FRAMEWORK_TITLE,
  type MappedCheck,
  type Standing,
} from '../../domain/control-view.ts'
import { counted, FRAMEWORK_WORD, MARK_WORD, number } from '../../domain/words.ts'
import { Banner, Card, Empty, PageHead, Row, Table } from '../components/blocks.tsx'
import { CountBar, Legend } from '../components/charts.tsx'
import { type Asked, address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { bearable } from '../components/text.tsx'
import type { View } from '../view.ts'

export const controlsOf = (view: View): ControlView => controlView(view.report)

/** One framework at a time, the first unless another is asked for: all of them are four thousand things to draw. */
export function ControlsPage({ frame, view, asked }: { frame: Frame; view: View; asked: Asked }) {
  const { frameworks, ...all } = view.derive(controlsOf)
  const wanted = frameworks.find(({ framework }) => framework === asked['framework'])
  const shown = wanted ?? frameworks[0]
  const own = wanted === undefined ? all.own : all.own.filter((row) => row.criteria[wanted.framework] !== undefined)
  return (
    <Layout frame={frame} title="Controls" section="controls">
      <PageHead title="Controls" lead={`Results by control: ${CONTROL_LABEL}.`} />
      <Banner tone="info">
        <p>A check is evidence for a part of a control; {CONTROL_LIMIT}. No control is passed or failed here.</p>
      </Banner>
      <nav class="tabs" aria-label="Frameworks">
        {frameworks.map(({ framework, controls }) => (
          <a
            href={address('/controls', { framework })}
            aria-current={framework === shown?.framework ? 'page' : undefined}
          >
            {FRAMEWORK_WORD[framework] ?? framework} <span class="muted">{number(controls.length)}</span>
          </a>
        ))}
      </nav>
      <Legend marks={ORDER} />
      <div class="stack">
        <Card title="Your own controls" id="own" note={own.length === 0 ? undefined : counted(own.length, 'control')}>
          {own.length === 0 ? (
            <Empty
              title={all.own.length === 0 ? 'No controls of your own are listed' : 'None of yours is mapped there'}
            >
              The section controls of exhibit.yaml names them, with the checks and criteria that they serve.
            </Empty>
          ) : (
            <Rows rows={own} caption="Your own controls" />
          )}
        </Card>
        {shown === undefined ? null : (
          <Card
            title={FRAMEWORK_TITLE[shown.framework]}
            id={shown.framework}
            note={counted(shown.controls.length, 'control')}
          >
            <Rows rows={shown.controls} caption={FRAMEWORK_TITLE[shown.framework]} />
          </Card>
        )}
        {all.unmapped.length === 0 || wanted !== undefined ? null : (
          <Card title="No mapping" id="unmapped" note={counted(all.unmapped.length, 'check')}>
            <p>
              <Refs checks={all.unmapped} />
            </p>
          </Card>
        )}
      </div>
    </Layout>
  )
}

function Rows({ rows, caption }: { rows: readonly ControlRow[]; caption: string }) {
  return (
    <Table caption={caption} columns={[{ word: 'Control' }, { word: 'Mapped checks' }, { word: 'Which' }]}>
      {rows.map((row) => (
        <Row>
          <th scope="row" class="cell-title">
            <span class="nowrap">{bearable(row.id, 60)}</span>
            {row.text === null ? null : <span class="sub">{bearable(row.text)}</span>}
            {row.owner === null ? null : <span class="sub">Owner: {bearable(row.owner, 120)}</span>}
            {Object.entries(row.criteria).map(([framework, ids]) => (
              <span class="sub">
                {FRAMEWORK_WORD[framework] ?? bearable(framework, 60)}: {bearable(ids.join(', '), 200)}
              </span>
            ))}
          </th>
          <td class="bar-cell">
            {row.direct.length === 0 ? null : <CountBar counts={barOf(row)} />}
            <span class="sub">{controlSentence(row)}</span>
          </td>
          <td>
            <Which row={row} />
          </td>
        </Row>
      ))}
    </Table>
  )
}

function barOf(row: ControlRow) {
  return {
    pass: countOf(row, 'pass'),
    fail: countOf(row, 'fail'),
    waived: 0,
    unknown: countOf(row, 'unknown'),
    not_applicable: countOf(row, 'not_applicable'),
  }
}

const ORDER: readonly Exclude<Standing, 'disabled'>[] = ['fail', 'unknown', 'pass', 'not_applicable']

function Which({ row }: { row: ControlRow }) {
  const disabled = row.direct.filter(({ standing }) => standing === 'disabled')
  return (
    <>
      {ORDER.map((standing) => {
        const checks = row.direct.filter((one) => one.standing === standing)
        if (checks.length === 0) return null
        return (
          <div>
            <StatusMark mark={standing} word={MARK_WORD[standing]} />
            <span class="sub">
              <Refs checks={checks} />
            </span>
          </div>
        )
      })}
      {disabled.length === 0 ? null : (
        <div class="muted">Disabled: {disabled.map(({ check }) => check.ref).join(', ')}</div>
      )}
      {row.indirect.length === 0 ? null : (
        <div>
          <span class="muted">Supported without testing</span>
          <span class="sub">
            <Refs checks={row.indirect} />
          </span>
        </div>
      )}
      {row.gone.length === 0 ? null : <div class="muted">No check of this release: {row.gone.join(', ')}</div>}
    </>
  )
}

function Refs({ checks }: { checks: readonly MappedCheck[] }) {
  return (
    <>
      {checks.map(({ check, standing }, index) => (
        <>
          {index === 0 ? null : ', '}
          {standing === 'disabled' ? (
            <span class="nowrap">{check.ref}</span>
          ) : (
            <a class="nowrap" href={checkPath(check.id)} title={check.title}>
              {check.ref}
            </a>
          )}
        </>
      ))}
    </>
  )
}
