/** What is being read right now. Kept up to date by the script; without it a reload shows the newest. */
import type { Instant } from '../../domain/time.ts'
import { agoText, number } from '../../domain/words.ts'
import type { Activity } from '../parts.ts'

export function progressLine({ source, done, total, what }: Activity['progress'][number]): string {
  return `${source}: ${number(done)}${total === null ? '' : ` of ${number(total)}`} ${what}`
}

export function Progress({ activity, now }: { activity: Activity; now: Instant }) {
  const { running, startedAt, progress, nextRunAt, trouble } = activity
  return (
    <>
      <div class="progress" id="progress" role="status" hidden={!running}>
        <span class="progress-dot" aria-hidden="true" />
        <span>
          <strong>Reading the sources</strong>
          {startedAt === null ? null : <span class="muted">, begun {agoText(startedAt, now)}</span>}
        </span>
        <ul>
          {progress.map((each) => (
            <li>{progressLine(each)}</li>
          ))}
        </ul>
      </div>
      {trouble === null || running ? null : (
        <div class="banner banner-fail">
          <p>
            <strong>The newest reading could not be made.</strong> {trouble}
          </p>
        </div>
      )}
      {nextRunAt === null ? null : <span class="sr">The next reading is due {agoText(nextRunAt, now)}.</span>}
    </>
  )
}
