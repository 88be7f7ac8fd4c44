/**
 * Signatures as `ssh-keygen -Y verify` reads them (OpenSSH PROTOCOL.sshsig): the tool that is on every desk, Windows and
 * macOS included, where openssl is not.
 */
import { createHash, verify } from 'node:crypto'
import { base64, publicKeyOf } from './note.ts'

const MAGIC = Buffer.from('SSHSIG')
const VERSION = Buffer.from([0, 0, 0, 1])
const TYPE = 'ssh-ed25519'
const HASH = 'sha512'
const BEGIN = '-----BEGIN SSH SIGNATURE-----'
const END = '-----END SSH SIGNATURE-----'
/** As `ssh-keygen` breaks them. */
const LINE = 70

interface Signer {
  /** The 32 bytes. */
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

/** @param namespace what the signature is for: one made for another is refused */
export function sshSignature(data: Uint8Array, namespace: string, key: Signer): string {
  const signature = strings(TYPE, key.sign(signed(data, namespace)))
  const blob = Buffer.concat([MAGIC, VERSION, strings(publicKeyBlob(key.publicKey), namespace, '', HASH, signature)])
  const lines = blob.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g'))!
  return `${[BEGIN, ...lines, END].join('\n')}\n`
}

/** Whether the text is this key's signature over the data, written exactly as `sshSignature` writes it. */
export function sshSignatureHolds(
  text: string,
  { data, namespace, publicKey }: { data: Uint8Array; namespace: string; publicKey: Uint8Array },
): boolean {
  const [begin, ...rest] = text.split('\n')
  const end = rest.indexOf(END)
  if (begin !== BEGIN || end !== rest.length - 2 || rest.at(-1) !== '') return false
  const blob = base64(rest.slice(0, end).join(''))
  if (blob === null || blob.length < 64) return false
  const signature = blob.subarray(-64)
  const same = sshSignature(data, namespace, { publicKey, sign: () => signature }) === text
  return same && verify(null, signed(data, namespace), publicKeyOf(publicKey), signature)
}

/** A line of the file that `ssh-keygen -Y verify -f` takes (ssh-keygen(1), ALLOWED SIGNERS). */
export function allowedSigner(principal: string, namespace: string, publicKey: Uint8Array): string {
  return `${principal} namespaces="${namespace}" ${TYPE} ${publicKeyBlob(publicKey).toString('base64')}\n`
}

function publicKeyBlob(publicKey: Uint8Array): Buffer {
  return strings(TYPE, publicKey)
}

function signed(data: Uint8Array, namespace: string): Buffer {
  return Buffer.concat([MAGIC, strings(namespace, '', HASH, createHash('sha512').update(data).digest())])
}

/** RFC 4251 section 5: each with its length in front. */
function strings(...values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value as string)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
