/**
 * How Tailscale orders versions in posture conditions (`node:osVersion`, `node:tsVersion`): Debian's ordering without
 * epochs and tildes, https://github.com/tailscale/tailscale, package util/cmpver. Nothing is stripped or padded:
 * "v1.40.0" is above "1.40.0", and "1.40" below "1.40.0".
 */
export function compareVersions(left: string, right: string): -1 | 0 | 1 {
  const a = left.toWellFormed()
  const b = right.toWellFormed()
  let inA = 0
  let inB = 0
  while (inA < a.length || inB < b.length) {
    const textA = endOfRun(a, inA, false)
    const textB = endOfRun(b, inB, false)
    const byText = compareUtf8(a.slice(inA, textA), b.slice(inB, textB))
    if (byText !== 0) return byText
    inA = endOfRun(a, textA, true)
    inB = endOfRun(b, textB, true)
    const byNumber = compareDigits(a.slice(textA, inA), b.slice(textB, inB))
    if (byNumber !== 0) return byNumber
  }
  return 0
}

/** Where the run of ASCII digits (or of everything else) that starts at `from` ends. */
function endOfRun(text: string, from: number, digits: boolean): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if ((code >= 0x30 && code <= 0x39) !== digits) break
  }
  return at
}

/** As integers of any length, an empty run being 0: of two without leading zeros the longer is the larger. */
function compareDigits(a: string, b: string): -1 | 0 | 1 {
  const x = a.replace(/^0+/, '')
  const y = b.replace(/^0+/, '')
  if (x.length !== y.length) return x.length < y.length ? -1 : 1
  return x < y ? -1 : x > y ? 1 : 0
}

/** Order of the UTF-8 bytes. */
function compareUtf8(a: string, b: string): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return byteRank(x) < byteRank(y) ? -1 : 1
  }
  return a.length < b.length ? -1 : a.length > b.length ? 1 : 0
}

/** UTF-16 puts surrogates below U+E000, UTF-8 puts what they stand for above U+FFFF. */
function byteRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}
