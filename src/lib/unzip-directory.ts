/**
 * What an archive says that it holds (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5), read so strictly that no two readers
 * can see two things: entries lie from the first byte to the directory without gap or overlap, each header in the archive
 * says what the directory says, the directory ends where the end record starts, and with that the file ends.
 */
import { clashOfNames, faultOfName, quoted } from './unzip-names.ts'

/** An archive that is not read. The message is one line. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused'
}

/** The bytes of the archive, wherever they lie. */
export interface ArchiveBytes {
  readonly size: number
  /** Exactly so many bytes; throws where the archive ends before. */
  read(offset: number, length: number): Buffer
}

export interface ArchiveLimits {
  readonly entries: number
  /** Of one file, unpacked. */
  readonly entryBytes: number
  /** Of all files, unpacked. */
  readonly totalBytes: number
  /** Unpacked to packed: of a file, and of the whole, above `smallBytes`. */
  readonly ratio: number
  readonly smallBytes: number
}

export interface ArchiveEntry {
  readonly name: string
  readonly size: number
  readonly packedSize: number
  readonly crc32: number
  readonly deflated: boolean
  /** Where the packed bytes start. */
  readonly start: number
}

interface Listed extends Omit<ArchiveEntry, 'start'> {
  readonly flags: number
  readonly method: number
  readonly stamp: number
  readonly header: number
  readonly zip64: boolean
}

interface Directory {
  readonly start: number
  readonly size: number
  readonly count: number
}

const END = 0x06054b50
const END_SIZE = 22
const END64 = 0x06064b50
const END64_SIZE = 56
const LOCATOR = 0x07064b50
const LOCATOR_SIZE = 20
const CENTRAL = 0x02014b50
const CENTRAL_SIZE = 46
const LOCAL = 0x04034b50
const LOCAL_SIZE = 30
const DESCRIPTOR = 0x08074b50

const ENCRYPTED = 0x0001 | 0x0040 | 0x2000
/** Sizes follow the data (section 4.4.4, bit 3); the name is UTF-8 (bit 11). */
const SIZES_FOLLOW = 0x0008
const UTF8 = 0x0800
const STORED = 0
const DEFLATED = 8
const MAX16 = 0xffff
const MAX32 = 0xffffffff
/** Section 4.5.3, and Info-ZIP's time stamp, which says nothing of the content. */
const ZIP64_FIELD = 0x0001
const TIME_FIELD = 0x5455
/** Extra fields in which Unix archives keep the target of a link (sections 4.5.7 and Info-ZIP's ASi). */
const LINK_FIELDS = [0x000d, 0x756e]
/** Names alone could fill a memory. */
const DIRECTORY_BYTES = 512 * 1024 * 1024

/** In the order in which they lie. Throws ArchiveRefused. */
export function readDirectory(bytes: ArchiveBytes, limits: ArchiveLimits): ArchiveEntry[] {
  const directory = directoryOf(bytes)
  if (directory.count > limits.entries) refuse(`it holds ${directory.count} files; ${limits.entries} are read at most`)
  if (directory.size > DIRECTORY_BYTES) refuse(`its directory alone is ${directory.size} bytes long`)
  if (directory.count * CENTRAL_SIZE > directory.size) {
    refuse(`its end says ${directory.count} files, for which its directory is too short`)
  }
  const listed = listedIn(bytes.read(directory.start, directory.size), directory.count)
  const clash = clashOfNames(listed.map(({ name }) => name))
  if (clash !== null) refuse(clash)
  requireBounds(listed, bytes.size, limits)
  return placed(listed, bytes, directory.start)
}

export function refuse(why: string): never {
  throw new ArchiveRefused(`the archive is refused: ${why}`)
}

/** Section 4.3.16: the record that ends the file; no comment, so nothing can hide behind it. */
function directoryOf(bytes: ArchiveBytes): Directory {
  const at = bytes.size - END_SIZE
  const end = at < 0 ? null : bytes.read(at, END_SIZE)
  if (end?.readUInt32LE(0) !== END || end.readUInt16LE(20) !== 0) {
    refuse('it does not end as a ZIP does: cut off, followed by something, or no ZIP at all')
  }
  const said = {
    count: end.readUInt16LE(10),
    size: end.readUInt32LE(12),
    start: end.readUInt32LE(16),
  }
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0 || end.readUInt16LE(8) !== said.count) {
    refuse('it is spread over several files')
  }
  const is64 = said.count === MAX16 || said.size === MAX32 || said.start === MAX32
  const directory = is64 ? directory64(bytes, at, said) : said
  const until = is64 ? at - LOCATOR_SIZE - END64_SIZE : at
  if (directory.start + directory.size !== until) {
    refuse('its directory does not end where its end record starts: something lies between, or there are two')
  }
  return directory
}

/** Sections 4.3.14 and 4.3.15, only in the one place and length that writers give them. */
function directory64(bytes: ArchiveBytes, end: number, said: Directory): Directory {
  const at = end - LOCATOR_SIZE - END64_SIZE
  const record = at < 0 ? null : bytes.read(at, END64_SIZE + LOCATOR_SIZE)
  const fits =
    record !== null &&
    record.readUInt32LE(0) === END64 &&
    integer(record, 4) === END64_SIZE - 12 &&
    record.readUInt32LE(16) === 0 &&
    record.readUInt32LE(20) === 0 &&
    integer(record, 24) === integer(record, 32) &&
    record.readUInt32LE(END64_SIZE) === LOCATOR &&
    record.readUInt32LE(END64_SIZE + 4) === 0 &&
    integer(record, END64_SIZE + 8) === at &&
    record.readUInt32LE(END64_SIZE + 16) === 1
  if (!fits) refuse('its end record needs one of the long form (zip64), and there is none that fits')
  const found = { count: integer(record, 32), size: integer(record, 40), start: integer(record, 48) }
  const agrees =
    (said.count === MAX16 || said.count === found.count) &&
    (said.size === MAX32 || said.size === found.size) &&
    (said.start === MAX32 || said.start === found.start)
  if (!agrees) refuse('its two end records, the short and the long one (zip64), disagree')
  return found
}

function integer(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at)
  if (value > Number.MAX_SAFE_INTEGER) refuse('it names a size or place that no file has')
  return Number(value)
}

function listedIn(bytes: Buffer, count: number): Listed[] {
  const listed: Listed[] = []
  let at = 0
  for (let n = 0; n < count; n++) {
    if (at + CENTRAL_SIZE > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) {
      refuse(`its directory breaks off after ${n} of ${count} files`)
    }
    const lengths = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)] as const
    const end = at + CENTRAL_SIZE + lengths[0] + lengths[1] + lengths[2]
    if (end > bytes.length) refuse(`its directory breaks off after ${n} of ${count} files`)
    listed.push(entryOf(bytes.subarray(at, end), lengths[0], lengths[1]))
    at = end
  }
  if (at !== bytes.length) refuse(`its directory goes on after the ${count} files that its end names`)
  return listed
}

/** Section 4.3.12. */
function entryOf(record: Buffer, nameLength: number, extraLength: number): Listed {
  const flags = record.readUInt16LE(8)
  const name = nameOf(record.subarray(CENTRAL_SIZE, CENTRAL_SIZE + nameLength), flags)
  const wrong = (why: string): never => refuse(`${quoted(name)} ${why}`)
  const fault = faultOfName(name)
  if (fault !== null) wrong(fault)
  if ((flags & ENCRYPTED) !== 0) wrong('is encrypted')
  if ((flags & ~(SIZES_FOLLOW | UTF8)) !== 0) wrong(`has flags that are not read here (0x${flags.toString(16)})`)
  const method = record.readUInt16LE(10)
  if (method !== STORED && method !== DEFLATED) wrong(`is packed by a method that is not read here (${method})`)
  if (record.length !== CENTRAL_SIZE + nameLength + extraLength) wrong('has a comment')
  if (record.readUInt16LE(34) !== 0) wrong('lies in another file')
  const kind = kindOf(record.readUInt32LE(38), record.readUInt16LE(4) >>> 8)
  if (kind !== null) wrong(`is ${kind}, not a file`)
  const extra = extraOf(record.subarray(CENTRAL_SIZE + nameLength), wrong)
  const { size, packedSize, header } = sizesOf(record, extra, wrong)
  if (method === STORED && size !== packedSize) wrong('is stored as it is, but under two sizes')
  return {
    name,
    flags,
    method,
    deflated: method === DEFLATED,
    stamp: record.readUInt32LE(12),
    crc32: record.readUInt32LE(16),
    size,
    packedSize,
    header,
    zip64: extra !== null,
  }
}

function nameOf(bytes: Buffer, flags: number): string {
  if ((flags & UTF8) === 0 && bytes.some((byte) => byte >= 0x80)) {
    refuse(`a file's name is in a coding that is not said (${quoted(bytes.toString('latin1'))})`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return refuse(`a file's name is no UTF-8 (${quoted(bytes.toString('latin1'))})`)
  }
}

/** Section 4.4.15: the Unix mode in the upper half, DOS attributes in the lowest byte. Null for a plain file. */
function kindOf(attributes: number, madeOn: number): string | null {
  const types: Record<number, string> = {
    1: 'a pipe',
    2: 'a device',
    4: 'a folder',
    6: 'a device',
    10: 'a symbolic link',
    12: 'a socket',
  }
  const type = attributes >>> 28
  if (type !== 0 && type !== 0x8) return types[type] ?? 'of no known kind'
  if ((attributes & 0x10) !== 0) return 'a folder'
  if ((attributes & 0x08) !== 0) return 'a volume label'
  // 0: DOS and FAT. 3: Unix. What the attributes of others mean is not known here.
  return madeOn === 0 || madeOn === 3 ? null : `of a system whose files are not known here (${madeOn})`
}

/** The zip64 field; null where there is none. */
function extraOf(bytes: Buffer, wrong: (why: string) => never): Buffer | null {
  let found: Buffer | null = null
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length) wrong('has an extra field that breaks off')
    const id = bytes.readUInt16LE(at)
    if (LINK_FIELDS.includes(id)) wrong('is a link, not a file')
    if (id !== ZIP64_FIELD && id !== TIME_FIELD)
      wrong(`has an extra field that is not read here (0x${id.toString(16)})`)
    if (id === ZIP64_FIELD) {
      if (found !== null) wrong('has its long sizes (zip64) twice')
      found = bytes.subarray(at + 4, end)
    }
    at = end
  }
  return found
}

/** Section 4.5.3: long values, in this order, for those and only those that the record has no room for. */
function sizesOf(record: Buffer, extra: Buffer | null, wrong: (why: string) => never) {
  let at = 0
  const long = (short: number): number => {
    if (short !== MAX32) return short
    if (extra === null || at + 8 > extra.length) return wrong('lacks the long sizes (zip64) that it needs')
    at += 8
    return integer(extra, at - 8)
  }
  const size = long(record.readUInt32LE(24))
  const packedSize = long(record.readUInt32LE(20))
  const header = long(record.readUInt32LE(42))
  if (extra !== null && at !== extra.length) wrong('has long sizes (zip64) that it does not need')
  return { size, packedSize, header }
}

function requireBounds(listed: readonly Listed[], archiveBytes: number, limits: ArchiveLimits): void {
  let total = 0
  for (const { name, size, packedSize } of listed) {
    total += size
    if (size > limits.entryBytes)
      refuse(`${quoted(name)} would be ${size} bytes; ${limits.entryBytes} are read at most`)
    if (size > limits.smallBytes && size > packedSize * limits.ratio) {
      refuse(`${quoted(name)} would grow from ${packedSize} to ${size} bytes, more than ${limits.ratio} times`)
    }
  }
  if (total > limits.totalBytes) refuse(`it would be ${total} bytes; ${limits.totalBytes} are read at most`)
  if (total > limits.smallBytes && total > archiveBytes * limits.ratio) {
    refuse(`it would grow from ${archiveBytes} to ${total} bytes, more than ${limits.ratio} times`)
  }
}

/** Where each file's bytes lie, with nothing before, between or behind them. */
function placed(listed: readonly Listed[], bytes: ArchiveBytes, end: number): ArchiveEntry[] {
  const inOrder = listed.toSorted((a, b) => a.header - b.header)
  if ((inOrder[0]?.header ?? end) !== 0) refuse('something lies before its first file')
  return inOrder.map((entry, index) => {
    const next = inOrder[index + 1]?.header ?? end
    const start = requireHeader(entry, bytes, next)
    const rest = next - start - entry.packedSize
    if (rest < 0) refuse(`${quoted(entry.name)} reaches into what comes after it`)
    requireDescriptor(entry, bytes, start + entry.packedSize, rest)
    const { name, size, packedSize, crc32, deflated } = entry
    return { name, size, packedSize, crc32, deflated, start }
  })
}

/** Section 4.3.7. Gives the place of the data. */
function requireHeader(entry: Listed, bytes: ArchiveBytes, next: number): number {
  const wrong = (why: string): never => refuse(`${quoted(entry.name)} ${why}`)
  if (entry.header + LOCAL_SIZE > next) wrong('has no room for its header: it overlaps what comes after it')
  const fixed = bytes.read(entry.header, LOCAL_SIZE)
  if (fixed.readUInt32LE(0) !== LOCAL) wrong('has no header where the directory says')
  const [nameLength, extraLength] = [fixed.readUInt16LE(26), fixed.readUInt16LE(28)]
  const start = entry.header + LOCAL_SIZE + nameLength + extraLength
  if (start > next) wrong('has a header that reaches into what comes after it')
  const rest = bytes.read(entry.header + LOCAL_SIZE, nameLength + extraLength)
  if (!rest.subarray(0, nameLength).equals(Buffer.from(entry.name))) wrong('has another name in its own header')
  if (extraOf(rest.subarray(nameLength), wrong) !== null) wrong('has long sizes (zip64) in its own header')
  const follow = (entry.flags & SIZES_FOLLOW) !== 0
  const [crc, packed, size] = [fixed.readUInt32LE(14), fixed.readUInt32LE(18), fixed.readUInt32LE(22)]
  const agrees =
    fixed.readUInt16LE(6) === entry.flags &&
    fixed.readUInt16LE(8) === entry.method &&
    fixed.readUInt32LE(10) === entry.stamp &&
    (follow
      ? crc === 0 && packed === 0 && size === 0
      : crc === entry.crc32 && packed === entry.packedSize && size === entry.size)
  if (!agrees) wrong('says something else in its own header than in the directory')
  return start
}

/** Section 4.3.9: CRC and sizes behind the data, where the header could not know them. */
function requireDescriptor(entry: Listed, bytes: ArchiveBytes, at: number, length: number): void {
  const wrong = (why: string): never => refuse(`${quoted(entry.name)} ${why}`)
  const wanted = (entry.flags & SIZES_FOLLOW) === 0 ? 0 : entry.zip64 ? 24 : 16
  if (length !== wanted) wrong('is followed by bytes that belong to no file, or lacks its end')
  if (wanted === 0) return
  const said = bytes.read(at, length)
  const [packed, size] = entry.zip64
    ? [integer(said, 8), integer(said, 16)]
    : [said.readUInt32LE(8), said.readUInt32LE(12)]
  const agrees =
    said.readUInt32LE(0) === DESCRIPTOR &&
    said.readUInt32LE(4) === entry.crc32 &&
    packed === entry.packedSize &&
    size === entry.size
  if (!agrees) wrong('says something else behind its bytes than in the directory')
}
