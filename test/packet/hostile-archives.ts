/** Archives made to harm whoever opens them (promise P32), each with the words that its refusal must hold. */
import { deflateRawSync } from 'node:zlib'
import { descriptor, end64, extraField, mode, type RawEntry, rawZip, u16, u64 } from './raw-zip.ts'

export interface Hostile {
  readonly what: string
  /** In the one line that refuses it. */
  readonly says: string
  bytes(): Buffer
}

const FILE: RawEntry = { name: 'packet.json', data: '{}\n' }
const long = Buffer.alloc(1_000_000_000 / 1000, 'a')

const named = (what: string, name: string | Buffer, says: string): Hostile => ({
  what: `a name that ${what}`,
  says,
  bytes: () => rawZip([FILE, { name, data: 'x' }]),
})
const pair = (what: string, a: string, b: string, says: string): Hostile => ({
  what,
  says,
  bytes: () =>
    rawZip([
      { name: a, data: 'x' },
      { name: b, data: 'y' },
    ]),
})
const entry = (what: string, over: Partial<RawEntry>, says: string): Hostile => ({
  what,
  says,
  bytes: () => rawZip([FILE, { name: 'b', data: 'some data', ...over }]),
})
const ofKind = (what: string, unix: number, says: string): Hostile =>
  entry(what, { data: '/etc/passwd', says: { attributes: mode(unix) } }, says)

export const HOSTILE: readonly Hostile[] = [
  // ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  named('leads up', '../evil', 'leads out of the folder'),
  named('leads up from within', 'raw/../../evil', 'leads out of the folder'),
  named('leads up at its end', 'raw/..', 'leads out of the folder'),
  named('is only a step up', '..', 'leads out of the folder'),
  named('is absolute', '/etc/passwd', 'absolute path'),
  named('is absolute twice', '//host/share', 'absolute path'),
  named('names a drive', 'C:/Windows/evil', 'names a drive'),
  named('names a drive without a slash', 'c:evil', 'names a drive'),
  named('hides a stream', 'packet.json:evil', 'a colon'),
  named('uses backslashes', 'raw\\evil', 'a backslash'),
  named('leads up with backslashes', '..\\..\\evil', 'a backslash'),
  named('is a share', '\\\\host\\share', 'a backslash'),
  named('holds a NUL', 'packet.json\0.txt', 'a NUL'),
  named('holds a line break', 'a\nb', 'a control character'),
  named('holds an escape', '\u001b[2Jevil', 'a control character'),
  named('turns its own direction', 'report\u202efdp.exe', 'a control character'),
  named('is empty', '', 'has no name'),
  named('has an empty step', 'raw//evil', 'an empty step'),
  named('has a step to itself', './evil', 'an empty step'),
  named('ends in a dot', 'evil.', 'ends in a dot'),
  named('has a step that ends in a space', 'raw /evil', 'ends in a dot or a space'),
  named('is a device of Windows', 'raw/NUL', 'name of a device'),
  named('is a device of Windows with an ending', 'com1.txt', 'name of a device'),
  named('is a folder', 'raw/', 'is a folder'),
  named('is no UTF-8', Buffer.from([0x61, 0xff, 0xfe]), 'no UTF-8'),
  named('writes a slash in too many bytes', Buffer.from([0x61, 0xc0, 0xaf, 0x62]), 'no UTF-8'),
  named('is too long', `${'a/'.repeat(600)}b`, 'more than 1024 bytes'),
  entry(
    'a name in a coding that nobody says',
    { name: Buffer.from([0x61, 0x84]), says: { flags: 0 } },
    'a coding that is not said',
  ),
  // ── two that are one ──────────────────────────────────────────────────────────────────────────────────────────────
  pair('the same name twice', 'a', 'a', 'is in it twice'),
  pair('twins by case', 'results.json', 'Results.JSON', 'differ only in case'),
  pair('twins by case in a folder', 'raw/a', 'RAW/a', 'differ only in case'),
  pair('twins by composition', 'caf\u00e9', 'cafe\u0301', 'differ only in case or in how their letters are composed'),
  pair('twins by width', 'a', '\uff41', 'differ only in case'),
  pair('twins by a letter that opens into two', 'stra\u00dfe', 'STRASSE', 'differ only in case'),
  pair('a file that is a folder too', 'raw', 'raw/evil', 'is a file, and'),
  // ── what is no file ───────────────────────────────────────────────────────────────────────────────────────────────
  ofKind('a symbolic link', 0o120777, 'is a symbolic link'),
  ofKind('a character device', 0o020666, 'is a device'),
  ofKind('a block device', 0o060666, 'is a device'),
  ofKind('a pipe', 0o010666, 'is a pipe'),
  ofKind('a socket', 0o140777, 'is a socket'),
  ofKind('a folder by its mode', 0o040755, 'is a folder'),
  entry('a folder by its DOS attribute', { says: { attributes: 0x10, madeBy: 20 } }, 'is a folder'),
  entry('a volume label', { says: { attributes: 0x08, madeBy: 20 } }, 'is a volume label'),
  entry('a file of a system that nobody knows', { says: { madeBy: (19 << 8) | 20 } }, 'of a system'),
  entry(
    'a hard link (PKWARE Unix field)',
    { says: { extra: extraField(0x000d, Buffer.from('............/etc/passwd')) } },
    'is a link',
  ),
  entry(
    'a hard link (ASi Unix field)',
    { central: { extra: extraField(0x756e, Buffer.from('......../etc/passwd')) } },
    'is a link',
  ),
  entry(
    'another name in an extra field',
    { says: { extra: extraField(0x7075, Buffer.from('\u0001....../../evil')) } },
    'extra field',
  ),
  entry('an extra field that breaks off', { central: { extra: u16(0x5455, 40) } }, 'breaks off'),
  // ── too much ──────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'a kilobyte that says it becomes a gigabyte',
    says: 'would grow from',
    bytes: () => rawZip([FILE, { name: 'bomb', packed: deflateRawSync(long), says: { size: 1_000_000_000 } }]),
  },
  {
    what: 'a kilobyte that becomes a megabyte and says it is two thousand bytes',
    says: 'holds more than the 2000 bytes',
    bytes: () => rawZip([FILE, { name: 'manifest.sha256', data: long, says: { size: 2000 } }]),
  },
  {
    what: 'a stored file under two sizes',
    says: 'two sizes',
    bytes: () => rawZip([FILE, { name: 'bomb', data: 'x', store: true, says: { size: 4_000_000_000 } }]),
  },
  {
    what: 'a file of more than is ever read',
    says: 'are read at most',
    bytes: () => {
      const extra = extraField(1, u64(2 ** 40))
      return rawZip([FILE, { name: 'bomb', data: 'x', says: { size: 0xffffffff }, central: { extra } }])
    },
  },
  {
    what: 'many files that are small each and too much together',
    says: 'more than',
    bytes: () =>
      rawZip(
        Array.from({ length: 40 }, (_, n) => ({
          name: `b${n}`,
          packed: deflateRawSync(Buffer.alloc(1000)),
          says: { size: 15_000_000 },
        })),
      ),
  },
  {
    what: 'ten thousand files that no manifest names',
    says: 'has no manifest.sha256',
    bytes: () => rawZip(Array.from({ length: 10_000 }, (_, n) => ({ name: `f${n}`, data: '', store: true }))),
  },
  {
    what: 'an end that says sixty thousand files and a directory of one',
    says: 'its directory is too short',
    bytes: () => rawZip([FILE], { count: 60_000 }),
  },
  {
    what: 'an end that says more files than there are',
    says: 'breaks off',
    bytes: () => rawZip([FILE, { name: 'long'.repeat(20), data: '' }], { count: 3 }),
  },
  {
    what: 'an end that says fewer files than there are',
    says: 'goes on after',
    bytes: () => rawZip([FILE, { name: 'b', data: '' }], { count: 1 }),
  },
  // ── places ────────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    what: 'two files over the same bytes',
    says: 'what comes after it',
    bytes: () => rawZip([FILE, { name: 'a', data: 'x' }, { name: 'b', data: 'x', central: { offset: 44 } }]),
  },
  {
    what: 'a file that reaches into the next',
    says: 'what comes after it',
    bytes: () => rawZip([{ name: 'a', data: 'x', store: true, says: { packedSize: 20, size: 20 } }, FILE]),
  },
  {
    what: 'a file that reaches into the directory',
    says: 'what comes after it',
    bytes: () => rawZip([FILE, { name: 'a', data: 'x', store: true, says: { packedSize: 30, size: 30 } }]),
  },
  {
    what: 'bytes between two files',
    says: 'belong to no file',
    bytes: () => rawZip([FILE, { name: 'b', data: 'x', gap: Buffer.from('hidden') }]),
  },
  {
    what: 'bytes before the first file',
    says: 'something lies before its first file',
    bytes: () => rawZip([{ ...FILE, gap: Buffer.from('#!/bin/sh\n') }]),
  },
  {
    what: 'bytes between the directory and its end',
    says: 'something lies between',
    bytes: () => rawZip([FILE], { before: Buffer.from('hidden') }),
  },
  {
    what: 'bytes behind the end',
    says: 'does not end as a ZIP does',
    bytes: () => Buffer.concat([rawZip([FILE]), Buffer.from('hidden')]),
  },
  {
    what: 'a comment behind the end',
    says: 'does not end as a ZIP does',
    bytes: () => rawZip([FILE], { comment: Buffer.from('a comment of some length') }),
  },
  {
    what: 'a second archive in the comment of the first',
    says: 'something lies between, or there are two',
    bytes: () => rawZip([FILE], { comment: rawZip([{ name: 'packet.json', data: '{"other":1}' }]) }),
  },
  {
    what: 'two directories one after the other',
    says: 'something lies between, or there are two',
    bytes: () => {
      const one = rawZip([FILE])
      const central = one.subarray(one.readUInt32LE(one.length - 6), one.length - 22)
      return rawZip([FILE], { before: central })
    },
  },
  {
    what: 'an archive after an archive',
    says: 'something lies between, or there are two',
    bytes: () => Buffer.concat([rawZip([FILE]), rawZip([{ name: 'other', data: 'y' }])]),
  },
  {
    what: 'an archive over several disks',
    says: 'spread over several files',
    bytes: () => rawZip([FILE], { disk: 1 }),
  },
  {
    what: 'a directory of which only a part is here',
    says: 'spread over several files',
    bytes: () => rawZip([FILE], { entriesHere: 7 }),
  },
  entry('a file on another disk', { central: { disk: 1 } }, 'lies in another file'),
  entry('a header that is not where the directory says', { central: { offset: 1 } }, ''),
  {
    what: 'a directory that starts past the end',
    says: 'something lies between',
    bytes: () => rawZip([FILE], { start: 0x7fffffff }),
  },
  { what: 'an archive cut off', says: 'does not end as a ZIP does', bytes: () => rawZip([FILE]).subarray(0, -9) },
  { what: 'nothing at all', says: 'does not end as a ZIP does', bytes: () => Buffer.alloc(0) },
  { what: 'no archive', says: 'does not end as a ZIP does', bytes: () => Buffer.from(`%PDF-1.7\n${'x'.repeat(500)}`) },
  { what: 'an archive of nothing', says: 'has no manifest.sha256', bytes: () => rawZip([]) },
  // ── contents that are not what is said ────────────────────────────────────────────────────────────────────────────
  {
    what: 'a wrong CRC',
    says: 'its CRC-32',
    bytes: () => rawZip([{ name: 'manifest.sha256', data: 'x', says: { crc: 1 } }]),
  },
  {
    what: 'fewer bytes than said',
    says: 'holds 1 bytes, not the 5',
    bytes: () => rawZip([{ name: 'manifest.sha256', data: 'x', says: { size: 5 } }]),
  },
  {
    what: 'packed bytes that are none',
    says: 'cannot be unpacked',
    bytes: () => rawZip([{ name: 'manifest.sha256', data: 'xxxx', packed: Buffer.from('\xff\xff\xff\xff', 'latin1') }]),
  },
  {
    what: 'packed bytes cut off',
    says: 'cannot be unpacked',
    bytes: () =>
      rawZip([
        { name: 'manifest.sha256', data: 'xxxxyyyy', packed: deflateRawSync(Buffer.from('xxxxyyyy')).subarray(0, -3) },
      ]),
  },
  {
    what: 'bytes behind the end of the packed ones',
    says: 'behind the end of its packed data',
    bytes: () =>
      rawZip([
        {
          name: 'manifest.sha256',
          data: 'x',
          packed: Buffer.concat([deflateRawSync(Buffer.from('x')), Buffer.from('hidden')]),
        },
      ]),
  },
  {
    what: 'a megabyte of packed bytes for one',
    says: 'longer packed than unpacked',
    bytes: () => rawZip([{ name: 'manifest.sha256', data: 'x', packed: Buffer.alloc(1_000_000) }]),
  },
  // ── two that should say one thing ─────────────────────────────────────────────────────────────────────────────────
  entry('another name in the header', { header: { name: Buffer.from('c') } }, 'another name in its own header'),
  entry('another size in the header', { header: { size: 1 } }, 'says something else in its own header'),
  entry('another packed size in the header', { header: { packedSize: 1 } }, 'says something else in its own header'),
  entry('another CRC in the header', { header: { crc: 1 } }, 'says something else in its own header'),
  entry('another method in the header', { header: { method: 0 } }, 'says something else in its own header'),
  entry('another time in the header', { header: { time: 1 } }, 'says something else in its own header'),
  entry('other flags in the header', { header: { flags: 0 } }, 'says something else in its own header'),
  entry('an extra field in the header alone that is no field', { header: { extra: Buffer.from('abc') } }, 'breaks off'),
  entry(
    'sizes that should follow and do not',
    { says: { flags: 0x0808 }, header: { crc: 0, size: 0, packedSize: 0 } },
    'lacks its end',
  ),
  entry(
    'other sizes behind the data',
    { follow: descriptor({ crc: 1, packedSize: 2, size: 3 }) },
    'says something else behind its bytes',
  ),
  entry(
    'sizes behind the data and in the header',
    { follow: true, header: { size: 9 } },
    'says something else in its own header',
  ),
  // ── what is not read ──────────────────────────────────────────────────────────────────────────────────────────────
  entry('an encrypted file', { says: { flags: 0x0801 } }, 'is encrypted'),
  entry('a strongly encrypted file', { says: { flags: 0x0841 } }, 'is encrypted'),
  entry('masked headers', { says: { flags: 0x2800 } }, 'is encrypted'),
  entry('a patch', { says: { flags: 0x0820 } }, 'flags that are not read here'),
  entry('bzip2', { says: { method: 12 } }, 'a method that is not read here'),
  entry('a comment at a file', { central: { comment: Buffer.from('hello') } }, 'has a comment'),
  // ── zip64 ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  entry('long sizes that are needed and missing', { says: { size: 0xffffffff } }, 'lacks the long sizes'),
  entry('long sizes that nothing needs', { central: { extra: extraField(1, u64(9)) } }, 'does not need'),
  entry(
    'long sizes twice',
    { central: { size: 0xffffffff, extra: Buffer.concat([extraField(1, u64(9)), extraField(1, u64(8))]) } },
    'twice',
  ),
  entry(
    'a size past every number',
    { central: { size: 0xffffffff, extra: extraField(1, Buffer.alloc(8, 0xff)) } },
    'no file has',
  ),
  { what: 'a long end that is missing', says: 'none that fits', bytes: () => rawZip([FILE], { size: 0xffffffff }) },
  {
    what: 'a long end that disagrees',
    says: 'disagree',
    bytes: () => rawZip([FILE], { size: 0xffffffff, before: end64({ count: 9, size: 57, start: 46, at: 103 }) }),
  },
  {
    what: 'a long end that points elsewhere',
    says: 'none that fits',
    bytes: () => rawZip([FILE], { size: 0xffffffff, before: end64({ count: 1, size: 57, start: 46, at: 0 }) }),
  },
  {
    what: 'a long end of another length',
    says: 'none that fits',
    bytes: () =>
      rawZip([FILE], { size: 0xffffffff, before: end64({ count: 1, size: 57, start: 46, at: 103, length: 60 }) }),
  },
  {
    what: 'a long end that the short one does not call for',
    says: 'something lies between',
    bytes: () => rawZip([FILE], { before: end64({ count: 1, size: 57, start: 46, at: 103 }) }),
  },
]
