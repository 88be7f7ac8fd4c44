/** A self-signed certificate made on the spot, so that no private key lies in the repository. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { oid, seq, set, tlv } from './der.ts'

/**
 * PEM; valid for `localhost` and 127.0.0.1 from 2020 to 2049.
 * @param usage an extended key usage that it is for alone (RFC 5280 section 4.2.1.12)
 */
export function selfSigned(
  commonName = 'localhost',
  usage: Buffer | null = null,
): { key: string; cert: string; der: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = seq(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)) // ecdsa-with-SHA256
  const name = seq(set(seq(oid(0x55, 0x04, 0x03), tlv(0x0c, Buffer.from(commonName)))))
  const names = seq(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.from([127, 0, 0, 1])))
  const authority = seq(tlv(0x01, Buffer.from([0xff])))
  const tbs = seq(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    seq(tlv(0x17, Buffer.from('200101000000Z')), tlv(0x17, Buffer.from('491231235959Z'))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(
      0xa3,
      seq(
        seq(oid(0x55, 0x1d, 0x11), tlv(0x04, names)),
        seq(oid(0x55, 0x1d, 0x13), tlv(0x01, Buffer.from([0xff])), tlv(0x04, authority)),
        ...(usage === null ? [] : [seq(oid(0x55, 0x1d, 0x25), tlv(0x01, Buffer.from([0xff])), tlv(0x04, seq(usage)))]),
      ),
    ),
  )
  const der = seq(tbs, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', tbs, privateKey)])))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  const cert = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert, der }
}
