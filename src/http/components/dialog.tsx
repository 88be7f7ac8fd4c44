/** A question before something weighty. Opened by the browser's own button commands: no script is needed. */
import type { Child } from 'hono/jsx'

export function Dialog({
  id,
  opener,
  title,
  plain = false,
  children,
}: {
  id: string
  opener: string
  title: string
  /** One of many on the page, which must not all call out. */
  plain?: boolean
  children?: Child
}) {
  return (
    <>
      <button class={plain ? 'button' : 'button primary'} type="button" {...{ commandfor: id, command: 'show-modal' }}>
        {opener}
      </button>
      <dialog id={id} aria-labelledby={`${id}-title`}>
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
      </dialog>
    </>
  )
}
