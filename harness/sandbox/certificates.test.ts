import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createCertificates } from './certificates.ts'

/** The first name in a certificate, which is its issuer, with the kind of string that it is in DER. */
function issuerOf(pem: string): string | undefined {
  const structure = execFileSync('openssl', ['asn1parse'], { input: pem, encoding: 'utf8' })
  return /(?:UTF8STRING|PRINTABLESTRING) *:.*/.exec(structure)?.[0]
}

test.each(['utf8only', 'default'])(
  'a leaf names an authority of the string mask %s as that names itself, for whoever compares octets',
  async (mask) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'postern-authority-'))
    const place = (name: string) => path.join(folder, name)
    try {
      const lines = [
        '[req]',
        'distinguished_name=dn',
        'prompt=no',
        `string_mask=${mask}`,
        '[dn]',
        'CN=authority',
      ]
      await writeFile(place('cnf'), `${lines.join('\n')}\n`)
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
      const files = ['-config', place('cnf'), '-keyout', place('key'), '-out', place('crt')]
      execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' })
      const [certificate, key] = await Promise.all(
        ['crt', 'key'].map((name) => readFile(place(name), 'utf8')),
      )
      const { issue } = await createCertificates('3f9c21ab.postern.test', `${certificate}${key}`)
      const { cert } = await issue(['mx.test'])
      expect(issuerOf(cert)).toBe(issuerOf(certificate ?? ''))
      expect(new X509Certificate(cert).checkIssued(new X509Certificate(certificate ?? ''))).toBe(true)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

test('what is no authority is refused with what makes one', async () => {
  await expect(createCertificates('x.test', 'no PEM')).rejects.toThrow(
    /openssl req -x509 .* >>authority\.pem$/,
  )
})
