/** What kind of file system a path lies on, as far as a database must know: whether its locks hold. */
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * `f_type` of statfs(2) on Linux, with the names of mounts: file systems whose locks or shared memory do not hold between
 * machines, which a write-ahead log needs (https://sqlite.org/wal.html, "all processes … must be on the same host").
 */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xfe534d42, 'smb'],
  [0xff534d42, 'cifs'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x73757245, 'coda'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
  [0x19830326, 'beegfs'],
  [0xaad7aaea, 'panfs'],
  [0x564c, 'ncp'],
])
/** One number for whatever a program serves: what it is only the table of mounts says. */
const FUSE = 0x65735546
const NETWORK_FUSE =
  /^fuse\.(sshfs|glusterfs|s3fs|s3ql|rclone|gcsfuse|goofys|geesefs|blobfuse2?|davfs2?|ceph|curlftpfs|smbnetfs|juicefs|seaweedfs|mfs)\b/

/** What the system says of paths; replaced in tests. */
export interface FileSystems {
  exists(path: string): boolean
  type(path: string): number
  /** Of mountinfo, proc(5). */
  mounts(): string
}

const OURS: FileSystems = {
  exists: existsSync,
  type: (path) => statfsSync(path).type,
  mounts: () => readFileSync('/proc/self/mountinfo', 'utf8'),
}

/**
 * The name of the network file system that a path lies on, or will lie on once it is made; null for one of this machine,
 * and where the system does not say: other systems than Linux have other numbers.
 */
export function networkFileSystem(path: string, platform = process.platform, systems = OURS): string | null {
  if (platform !== 'linux') return null
  const at = existing(resolve(path), systems)
  // A negative number is how a 32-bit field reads whose highest bit is set.
  const type = systems.type(at) >>> 0
  if (type !== FUSE) return NETWORK.get(type) ?? null
  const name = mountOf(at, systems.mounts())
  return name !== null && NETWORK_FUSE.test(name) ? name : null
}

function existing(path: string, systems: FileSystems): string {
  return systems.exists(path) || dirname(path) === path ? path : existing(dirname(path), systems)
}

/** The type of the mount that a path lies in: "36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw". */
function mountOf(path: string, mounts: string): string | null {
  let best = { point: '', type: null as string | null }
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const point = unescaped(before.split(' ')[4] ?? '')
    const inside = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    // Of two at one point the later one lies on top.
    if (point !== '' && inside && point.length >= best.point.length) best = { point, type: after.split(' ')[0] ?? null }
  }
  return best.type
}

/** Blanks and their like stand as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
