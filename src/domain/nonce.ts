/**
 * A nonce: words or digits that an auditor thinks up and that are sealed into a run which begins afterwards. Whoever gave
 * it knows that this run, and the verdicts in it, were not there before.
 */
export const NONCE_MAX = 200

/** 1 to 200 characters, all of which print: it is shown in terminals, pages and PDFs. */
export function isNonce(value: unknown): value is string {
  if (typeof value !== 'string' || value.trim() === '') return false
  const characters = [...value]
  return characters.length <= NONCE_MAX && characters.every((character) => PRINTS.test(character))
}

/** Neither control, format, unassigned nor private-use characters, nor breaks of lines and paragraphs (Unicode categories). */
const PRINTS = /^[^\p{C}\p{Zl}\p{Zp}]$/u
