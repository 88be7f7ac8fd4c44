/** ZIP files written field by field, so that each field can lie. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface RawEntry {
  name: string | Buffer
  data?: string | Buffer
  /** What the directory and the header say; by default the truth. */
  says?: Partial<Fields>
  /** What the header alone says. */
  header?: Partial<Fields>
  /** What the directory alone says. */
  central?: Partial<Fields>
  /** Packed bytes in place of those of `data`. */
  packed?: Buffer
  store?: boolean
  /** Bytes before the header that belong to nobody. */
  gap?: Buffer
  /** Sizes follow behind the data. */
  follow?: boolean | Buffer
}

export interface Fields {
  name: Buffer
  flags: number
  method: number
  time: number
  crc: number
  packedSize: number
  size: number
  extra: Buffer
  comment: Buffer
  madeBy: number
  disk: number
  attributes: number
  offset: number
}

export interface RawEnd {
  count: number
  size: number
  start: number
  comment: Buffer
  /** Between the directory and its end record. */
  before: Buffer
  disk: number
  entriesHere: number
}

const UNIX = (3 << 8) | 20
const UTF8 = 0x0800
export const mode = (unix: number): number => (unix << 16) >>> 0

export function rawZip(entries: readonly RawEntry[], over: Partial<RawEnd> = {}): Buffer {
  const parts: Buffer[] = []
  const central: Buffer[] = []
  let at = 0
  const put = (bytes: Buffer): void => {
    parts.push(bytes)
    at += bytes.length
  }
  for (const entry of entries) {
    if (entry.gap !== undefined) put(entry.gap)
    const fields = fieldsOf(entry, at)
    put(
      localHeader({
        ...fields,
        ...(entry.follow === undefined ? {} : { crc: 0, packedSize: 0, size: 0 }),
        ...entry.header,
      }),
    )
    put(packedOf(entry))
    if (entry.follow !== undefined) put(Buffer.isBuffer(entry.follow) ? entry.follow : descriptor(fields))
    central.push(centralHeader({ ...fields, ...entry.central }))
  }
  const directory = Buffer.concat(central)
  const start = at
  put(directory)
  const end = {
    count: entries.length,
    size: directory.length,
    start,
    comment: Buffer.alloc(0),
    before: Buffer.alloc(0),
    disk: 0,
    ...over,
  }
  put(end.before)
  put(endRecord({ ...end, entriesHere: over.entriesHere ?? end.count }))
  return Buffer.concat(parts)
}

function packedOf({ data = '', packed, store = false }: RawEntry): Buffer {
  const bytes = Buffer.from(data as string)
  return packed ?? (store ? bytes : deflateRawSync(bytes))
}

function fieldsOf(entry: RawEntry, offset: number): Fields {
  const data = Buffer.from((entry.data ?? '') as string)
  return {
    name: Buffer.from(entry.name as string),
    flags: UTF8 | (entry.follow === undefined ? 0 : 8),
    method: entry.store === true ? 0 : 8,
    time: 0x00210000,
    crc: crc32(data),
    packedSize: packedOf(entry).length,
    size: data.length,
    extra: Buffer.alloc(0),
    comment: Buffer.alloc(0),
    madeBy: UNIX,
    disk: 0,
    attributes: mode(0o100644),
    offset,
    ...entry.says,
  }
}

export function descriptor({ crc, packedSize, size }: Pick<Fields, 'crc' | 'packedSize' | 'size'>): Buffer {
  return u32(0x08074b50, crc, packedSize, size)
}

function localHeader({ name, flags, method, time, crc, packedSize, size, extra }: Fields): Buffer {
  return Buffer.concat([
    u32(0x04034b50),
    u16(20, flags, method),
    u32(time, crc, packedSize, size),
    u16(name.length, extra.length),
    name,
    extra,
  ])
}

function centralHeader(fields: Fields): Buffer {
  const { name, flags, method, time, crc, packedSize, size, extra, comment, madeBy, disk, attributes, offset } = fields
  return Buffer.concat([
    u32(0x02014b50),
    u16(madeBy, 20, flags, method),
    u32(time, crc, packedSize, size),
    u16(name.length, extra.length, comment.length, disk, 0),
    u32(attributes, offset),
    name,
    extra,
    comment,
  ])
}

function endRecord({ count, size, start, comment, disk, entriesHere }: Omit<RawEnd, 'before'>): Buffer {
  return Buffer.concat([
    u32(0x06054b50),
    u16(disk, disk, entriesHere, count),
    u32(size, start),
    u16(comment.length),
    comment,
  ])
}

/** The long end record and its locator, as they lie before the short one. */
export function end64(over: {
  count?: number
  size?: number
  start?: number
  at: number
  length?: number
  disks?: number
}): Buffer {
  const { count = 0, size = 0, start = 0, at, length = 44, disks = 1 } = over
  return Buffer.concat([
    u32(0x06064b50),
    u64(length),
    u16(45, 45),
    u32(0, 0),
    u64(count, count, size, start),
    u32(0x07064b50, 0),
    u64(at),
    u32(disks),
  ])
}

export const extraField = (id: number, bytes: Buffer): Buffer => Buffer.concat([u16(id, bytes.length), bytes])

export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [n, value] of values.entries()) bytes.writeUInt16LE(value, n * 2)
  return bytes
}
export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [n, value] of values.entries()) bytes.writeUInt32LE(value, n * 4)
  return bytes
}
export function u64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8)
  for (const [n, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), n * 8)
  return bytes
}
