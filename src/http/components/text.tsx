/** Names, sentences, moments, numbers: the smallest parts of a page. */
import type { Child } from 'hono/jsx'
import type { Instant } from '../../domain/time.ts'
import { agoText, momentText, number } from '../../domain/words.ts'
import { cutMiddle, head } from '../../lib/cut.ts'

/** Longer texts are cut even where the whole one is shown: a name of a megabyte must not make a page of a hundred. */
const WHOLE_MAX = 400

/** The text whole, or as much of it as a page can bear. */
export function bearable(text: string, max = WHOLE_MAX): string {
  return text.length <= max ? text : `${head(text, max)}… (${number(text.length)} characters)`
}

/** Shorter ones have room in any column. */
const BREAKABLE_MIN = 24

/** An address breaks before its host, where there is no room for it in one line; elsewhere only where it must. */
function breakable(text: string): Child {
  const at = text.length < BREAKABLE_MIN ? 0 : text.lastIndexOf('@')
  if (at <= 0) return text
  return (
    <>
      {text.slice(0, at)}
      <wbr />
      {text.slice(at)}
    </>
  )
}

/** A name that somebody else chose: isolated from the text around it, cut in the middle, whole on hover and in print. */
export function Name({ text, max = 40 }: { text: string; max?: number }) {
  if (text.length <= max) return <bdi class="name">{breakable(text)}</bdi>
  const whole = bearable(text)
  return (
    <bdi class="name" title={whole}>
      <span class="name-cut" aria-hidden="true">
        {cutMiddle(text, max)}
      </span>
      <span class="name-whole">{whole}</span>
    </bdi>
  )
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/g

/** Words longer than this are cut: they are names or addresses of somebody who wants them long. */
const WORD_MAX = 60

/** Without the word that the cut went through. */
function wholeWords(text: string): string {
  const end = text.lastIndexOf(' ')
  return end > 0 && text.length - end <= WORD_MAX ? text.slice(0, end).replace(/[,;:]$/, '') : text
}

/** A check's sentence: its moments as people write them, its end cut where it would fill the page. */
export function Sentence({ text, max = 600 }: { text: string; max?: number }) {
  const readable = text.slice(0, max * 4).replace(INSTANT, momentText)
  return <>{readable.length <= max ? readable : `${wholeWords(head(readable, max))}…`}</>
}

export function Moment({ at, none = 'never' }: { at: Instant | null; none?: string }) {
  return at === null ? (
    <span class="muted">{none}</span>
  ) : (
    <time class="moment" datetime={at}>
      {momentText(at)}
    </time>
  )
}

/** "12 min ago" with the moment on hover. */
export function Ago({ at, now, none = 'never' }: { at: Instant | null; now: Instant; none?: string }) {
  return at === null ? (
    <span class="muted">{none}</span>
  ) : (
    <time class="moment" datetime={at} title={momentText(at)}>
      {agoText(at, now)}
    </time>
  )
}

export function Count({ value }: { value: number }) {
  return <span class={value === 0 ? 'count zero' : 'count'}>{number(value)}</span>
}
