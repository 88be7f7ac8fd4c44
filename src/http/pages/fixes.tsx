/** The fix list: what each owner has to mend, with text to send. */

import { counted } from '../../domain/words.ts'
import { Card, Empty, PageHead, Paging, pageOf } from '../components/blocks.tsx'
import { type Asked, address, contains, FilterBar } from '../components/filters.tsx'
import { Said } from '../components/findings.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, personPath, SubjectLink } from '../components/links.tsx'
import { SeverityMark, Tag } from '../components/status.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'
import { type FixGroup, type FixSubject, fixList, fixText, isOverdue } from '../fix-list.ts'
import type { View } from '../view.ts'

const OWNERS_A_PAGE = 20
const SUBJECTS_SHOWN = 30

export function FixesPage({ frame, view, asked }: { frame: Frame; view: View; asked: Asked }) {
  const all = view.derive(fixList)
  const fits = all.filter(
    (group) =>
      (!asked['owner'] || group.owner.id === asked['owner']) &&
      (asked['due'] !== 'overdue' || group.overdue > 0) &&
      (asked['due'] !== 'week' || group.dueSoon > 0) &&
      contains(`${group.owner.name} ${group.owner.id}`, asked['text']),
  )
  const page = pageOf(fits, asked['page'], OWNERS_A_PAGE)
  return (
    <Layout frame={frame} title="Fix list" section="fixes">
      <PageHead
        title="Fix list"
        lead="Every failure that nobody has accepted, by the one who can mend it. The text of each block is ready to be sent."
      />
      <FilterBar
        action="/fixes"
        asked={asked}
        keep={{ owner: asked['owner'] }}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Owner' },
          {
            as: 'select',
            name: 'due',
            label: 'Due',
            any: 'At any time',
            choices: [
              { value: 'overdue', word: 'Overdue' },
              { value: 'week', word: 'Within seven days' },
            ],
          },
        ]}
      />
      {asked['owner'] ? (
        <p>
          <a href="/fixes">Show all owners</a>
        </p>
      ) : null}
      {fits.length === 0 ? (
        <Empty title={all.length === 0 ? 'Nothing fails' : 'No owner fits these filters'}>
          {view.report.run === null ? 'Nothing has been read yet.' : undefined}
        </Empty>
      ) : (
        <div class="stack">
          {page.items.map((group, index) => (
            <Group group={group} id={`owner-${index}`} organization={frame.organization} />
          ))}
        </div>
      )}
      <Paging page={page} one="owner" link={(number) => address('/fixes', { ...asked, page: String(number) })} />
    </Layout>
  )
}

function Group({ group, id, organization }: { group: FixGroup; id: string; organization: string }) {
  const { owner, subjects, failures, overdue } = group
  return (
    <Card
      id={id}
      title={
        owner.person === null ? (
          <Name text={owner.name} max={60} />
        ) : (
          <a href={personPath(owner.person)}>
            <Name text={owner.name} max={60} />
          </a>
        )
      }
      note={
        <>
          {counted(failures, 'failure')} {overdue === 0 ? null : <Tag tone="fail">{overdue} overdue</Tag>}
        </>
      }
    >
      <ul class="rows">
        {subjects.slice(0, SUBJECTS_SHOWN).map((subject) => (
          <Subject fix={subject} />
        ))}
      </ul>
      {subjects.length > SUBJECTS_SHOWN ? (
        <p class="muted">
          and {counted(subjects.length - SUBJECTS_SHOWN, 'more subject')}; each check lists all of its own.
        </p>
      ) : null}
      <details>
        <summary>Text to send</summary>
        <div class="form">
          <label class="field-label" for={`${id}-text`}>
            To {owner.name.slice(0, 80)}
          </label>
          <textarea id={`${id}-text`} rows={10} readonly>
            {bearable(fixText(group, organization), 20_000)}
          </textarea>
          <div>
            <button class="button" type="button" data-copy={`${id}-text`} hidden>
              Copy the text
            </button>
          </div>
        </div>
      </details>
    </Card>
  )
}

function Subject({ fix: { subject, entries } }: { fix: FixSubject }) {
  return (
    <li class="fix">
      <SubjectLink subject={subject} max={48} />
      <ul>
        {entries.map((entry) => (
          <li>
            <p>
              <Said finding={entry.finding} />
            </p>
            <span class="fix-meta">
              <SeverityMark severity={entry.result.check.severity} />
              <a href={checkPath(entry.result.check.id)}>{entry.result.check.ref}</a>
              {isOverdue(entry) ? <Tag tone="fail">overdue</Tag> : null}
              {entry.finding.dueAt === null ? null : (
                <span class="muted">
                  due <Moment at={entry.finding.dueAt} />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </li>
  )
}
