/**
 * Which names a file in an archive may have. Nothing is ever written under them, but they are shown, compared and used by
 * whoever unpacks the archive after us: a name that means another place, or the same place as another name, on any common
 * system is refused.
 */

const LONGEST = 1024
/** Names that Windows gives to devices, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i
/** C0 and C1 controls, line and paragraph separators, and what turns the direction of text. */
const UNSHOWABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** What is wrong with a name; null where nothing is. */
export function faultOfName(name: string): string | null {
  if (name === '') return 'has no name'
  if (name.includes('\0')) return 'has a NUL in its name'
  if (UNSHOWABLE.test(name)) return 'has a control character in its name'
  if (name.includes('\\')) return 'has a backslash in its name'
  if (name.startsWith('/')) return 'has an absolute path'
  if (/^[A-Za-z]:/.test(name)) return 'names a drive'
  if (name.includes(':')) return 'has a colon in its name'
  if (Buffer.byteLength(name) > LONGEST) return `has a name of more than ${LONGEST} bytes`
  if (name.endsWith('/')) return 'is a folder, not a file'
  for (const part of name.split('/')) {
    if (part === '..') return 'leads out of the folder it is unpacked into'
    if (part === '.' || part === '') return 'has an empty step in its path'
    if (/[. ]$/.test(part)) return 'has a step in its path that ends in a dot or a space'
    if (DEVICE.test(part)) return 'has the name of a device'
  }
  return null
}

/** Equal for names that some file system takes for one: by case, by composition of letters. */
export function foldedName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

/** What two of the names are to one another that no two may be; null where all keep apart. */
export function clashOfNames(names: readonly string[]): string | null {
  const seen = new Map<string, string>()
  for (const name of names) {
    const folded = foldedName(name)
    const other = seen.get(folded)
    if (other === name) return `${quoted(name)} is in it twice`
    if (other !== undefined) {
      return `${quoted(other)} and ${quoted(name)} differ only in case or in how their letters are composed`
    }
    seen.set(folded, name)
  }
  for (const [folded, name] of seen) {
    for (let at = folded.indexOf('/'); at !== -1; at = folded.indexOf('/', at + 1)) {
      const file = seen.get(folded.slice(0, at))
      if (file !== undefined) return `${quoted(file)} is a file, and ${quoted(name)} lies in it`
    }
  }
  return null
}

/** A stranger's text on one line of ours. */
export function quoted(text: string): string {
  const cut = text.length > 120 ? `${text.slice(0, 119)}…` : text
  return JSON.stringify(cut.toWellFormed()).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => {
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
    },
  )
}
