/**
 * Names that are too long for their place, counted in code points: none is parted. Pages and PDF; a terminal counts in cells
 * and cuts for itself.
 */

/** At most `max` code points from the beginning. */
export function head(text: string, max: number): string {
  return [...text.slice(0, max * 2)].slice(0, max).join('')
}

/** At most `max` code points, the end of them from the end: names differ at both. */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text
  const left = Math.ceil((max - 1) / 2)
  const right = max - 1 - left
  const tail = right === 0 ? '' : [...text.slice(-right * 2)].slice(-right).join('')
  return `${head(text, left)}…${tail}`
}
