/** What somebody sees who is not signed in, and what everybody sees when a page cannot be shown. */
import { BareLayout } from '../components/layout.tsx'
import type { HttpParts } from '../parts.ts'

type Parts = Pick<HttpParts, 'demo' | 'organization'>

/** The link is used up by the button, not by opening it: mail scanners open links. */
export function EnterPage({ parts, token }: { parts: Parts; token: string }) {
  return (
    <BareLayout parts={parts} title="Sign in">
      <h1>Sign in to Exhibit</h1>
      <p>This link works once. The button below uses it up and keeps you signed in for twelve hours.</p>
      <form method="post" action="/enter">
        <input type="hidden" name="token" value={token} />
        <button class="button primary" type="submit">
          Sign in
        </button>
      </form>
    </BareLayout>
  )
}

export function SignedOutPage({ parts, used }: { parts: Parts; used: boolean }) {
  return (
    <BareLayout parts={parts} title={used ? 'Link used up' : 'Not signed in'}>
      <h1>{used ? 'This link no longer works' : 'You are not signed in'}</h1>
      <p>
        {used
          ? 'It was used before, or it is older than an hour.'
          : 'There are no passwords here yet: a one-time link opens the door.'}
      </p>
      <p>
        On the machine that runs Exhibit, <code>exhibit link</code> prints a new one; open it in this browser.
      </p>
    </BareLayout>
  )
}

export function ErrorPage({ parts, title, detail }: { parts: Parts; title: string; detail: string }) {
  return (
    <BareLayout parts={parts} title={title}>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </BareLayout>
  )
}
