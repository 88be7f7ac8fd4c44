import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeKey } from '../../src/ledger/keys.ts'
import { allowedSigner, sshSignature, sshSignatureHolds } from '../../src/ledger/sshsig.ts'
import { toolsOrSkip } from '../helpers/tools-at-hand.ts'

const available = toolsOrSkip('ssh-keygen as a verifier', ['ssh-keygen'])
const data = Buffer.from('what is signed\n')

test('a signature holds for its data, namespace and key, and for nothing else', () => {
  const key = makeKey()
  const { publicKey } = key
  const text = sshSignature(data, 'exhibit', key)
  expect(sshSignatureHolds(text, { data, namespace: 'exhibit', publicKey })).toBe(true)
  expect(sshSignatureHolds(text, { data: Buffer.from('other'), namespace: 'exhibit', publicKey })).toBe(false)
  expect(sshSignatureHolds(text, { data, namespace: 'file', publicKey })).toBe(false)
  expect(sshSignatureHolds(text, { data, namespace: 'exhibit', publicKey: makeKey().publicKey })).toBe(false)
})

test('a signature written in another way is none, whatever it would decode to', () => {
  const key = makeKey()
  const own = { data, namespace: 'exhibit', publicKey: key.publicKey }
  const text = sshSignature(data, 'exhibit', key)
  const wrong = [
    '',
    `${text}\n`,
    text.slice(0, -1),
    text.replace('SIGNATURE', 'MESSAGE'),
    text.replaceAll('\n', '\r\n'),
    text.replace(/.\n-----END/, '\n-----END'),
    `# note\n${text}`,
    text.split('\n').toSpliced(2, 1).join('\n'),
  ]
  for (const each of wrong) expect(sshSignatureHolds(each, own), each).toBe(false)
})

test.runIf(available)('ssh-keygen verifies it by the line of allowed signers, and refuses another namespace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-ssh-'))
  try {
    const key = makeKey()
    writeFileSync(join(folder, 'signers'), allowedSigner('exhibit@acme', 'exhibit', key.publicKey))
    const verify = (namespace: string, signed: string): string => {
      writeFileSync(join(folder, 'sig'), sshSignature(data, signed, key))
      const args = ['-Y', 'verify', '-f', 'signers', '-I', 'exhibit@acme', '-n', namespace, '-s', 'sig']
      return execFileSync('ssh-keygen', args, { cwd: folder, input: data, encoding: 'utf8', stdio: 'pipe' })
    }
    expect(verify('exhibit', 'exhibit')).toContain('Good "exhibit" signature for exhibit@acme')
    expect(() => verify('file', 'file')).toThrow()
    expect(() => verify('exhibit', 'file')).toThrow()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
