/**
 * Temporary folders in memory, where there is room: databases flush what they acknowledge, which on a disk is a wait each
 * time. Tests kill processes, never the machine. What a test leaves behind goes with the folder.
 */
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Of Linux; most containers have one of 64 MB, which is too little. */
const MEMORY = '/dev/shm'
const ENOUGH = 2 ** 30

export default function setup(): () => void {
  if (!existsSync(MEMORY)) return () => {}
  const { bavail, bsize } = statfsSync(MEMORY)
  if (bavail * bsize < ENOUGH) return () => {}
  const folder = mkdtempSync(join(MEMORY, 'exhibit-tests-'))
  process.env['TMPDIR'] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
