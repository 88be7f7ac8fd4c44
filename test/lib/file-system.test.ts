import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { networkFileSystem } from '../../src/lib/file-system.ts'

const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /srv rw - fuse.sshfs me@far:/ rw
41 22 0:36 / /srv/my\\040disk rw - fuse.ntfs-3g /dev/sdb1 rw
42 22 0:37 / /srv/top rw - fuse.bindfs /a rw
43 22 0:38 / /srv/top rw - fuse.rclone far: rw
`

test.each([
  { name: 'ext4', type: 0xef53, want: null },
  { name: 'tmpfs', type: 0x01021994, want: null },
  { name: 'nfs', type: 0x6969, want: 'nfs' },
  { name: 'cifs', type: 0xff534d42, want: 'cifs' },
  { name: 'cifs, as a negative number', type: 0xff534d42 | 0, want: 'cifs' },
  { name: 'smb2', type: 0xfe534d42, want: 'smb' },
  { name: '9p', type: 0x01021997, want: '9p' },
  { name: 'ceph', type: 0x00c36400, want: 'ceph' },
  { name: 'afs', type: 0x5346414f, want: 'afs' },
  { name: 'a program that reaches another machine', type: 0x65735546, path: '/srv/data', want: 'fuse.sshfs' },
  { name: 'a program that reaches a disk', type: 0x65735546, path: '/srv/my disk/data', want: null },
  { name: 'the upper one of two mounts', type: 0x65735546, path: '/srv/top', want: 'fuse.rclone' },
  { name: 'another system’s numbers', type: 0x6969, platform: 'darwin' as const, want: null },
])('$name', ({ type, path = '/nowhere/at/all', platform = 'linux' as const, want }) => {
  // A folder that is not there yet is judged by the one that it will lie in.
  const systems = { exists: (asked: string) => !asked.endsWith('/data'), type: () => type, mounts: () => MOUNTS }
  expect(networkFileSystem(path, platform, systems)).toBe(want)
})

test('where the tests run is a disk of this machine', () => {
  expect(networkFileSystem(tmpdir())).toBeNull()
})
