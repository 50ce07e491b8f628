import { about, test } from '../../harness/check/check.ts'
import { openssl } from '../../harness/probes/reproduce.ts'
import { describeAnswer, describeOffer, offerTls } from '../../harness/probes/tls.ts'
import type { TlsOffer } from '../../harness/probes/tls-hello.ts'

/** The groups of suites that must be refused, as OpenSSL names them. */
const groups = {
  NULL: 'eNULL',
  EXPORT: 'EXPORT',
  anon: 'aNULL',
  RC4: 'RC4',
  DES: 'DES',
  '3DES': '3DES',
  'static-RSA': 'kRSA',
  CBC: 'SHA1:SHA256:SHA384:!kRSA:!aNULL:!eNULL',
}

const refused: readonly {
  name: string
  offer: TlsOffer
  ciphers?: string
  severity: 'high' | 'medium' | 'low'
}[] = [
  ...(['SSLv3', 'TLSv1', 'TLSv1.1'] as const).map((version) => ({
    name: version,
    offer: { version },
    severity: 'high' as const,
  })),
  ...(['NULL', 'EXPORT', 'anon', 'RC4', 'DES', '3DES'] as const).map((group) => ({
    name: `${group} suites`,
    offer: { version: 'TLSv1.2' as const, suites: [group] },
    ciphers: groups[group],
    severity: 'high' as const,
  })),
  // No forward secrecy, and RFC 9325 §4.1 says SHOULD NOT; for CBC with ECDHE it prefers AEAD.
  ...(
    [
      ['static-RSA', 'medium'],
      ['CBC', 'low'],
    ] as const
  ).map(([group, severity]) => ({
    name: `${group} suites`,
    offer: { version: 'TLSv1.2' as const, suites: [group] },
    ciphers: groups[group],
    severity,
  })),
]

test(
  'the API speaks TLS 1.2 and later only, with suites that keep their promise',
  about({
    id: 'tls/versions',
    practices: ['P06', 'P34'],
    severity: 'high',
    why: 'What a server still answers to, somebody in between can talk both sides into.',
    remediation: 'Offer TLS 1.2 and 1.3 only, with ECDHE and AEAD suites (RFC 9325 §4.2), on every host.',
    references: [
      'CWE-326',
      'CWE-327',
      'CWE-757',
      'ASVS 5.0 12.1.1',
      'RFC 8996',
      'RFC 9325 §3.1.1',
      'RFC 9325 §4.2',
      'WSTG-CRYP-01',
    ],
    needs: ['tls'],
    reach: 'safe',
    weakness: 'offers-tls-1-0',
  }),
  async ({ endpoints, evidence, verify }) => {
    await verify.each(endpoints.tls(), async ({ endpoint, serverName, host, port }, verify) => {
      const sound = await Promise.all(
        (['TLSv1.2', 'TLSv1.3'] as const).map((version) =>
          offerTls(endpoint, {
            version,
            suites: version === 'TLSv1.3' ? ['TLS13'] : ['ECDHE-AEAD', 'DHE-AEAD'],
          }),
        ),
      )
      verify.held(
        sound.some((answer) => answer.kind === 'server-hello'),
        `no handshake with TLS 1.2 or 1.3 came about: ${sound.map(describeAnswer).join('; ')}`,
      )
      await verify.each(refused, async ({ offer, ciphers, severity }, verify) => {
        const answer = await offerTls(endpoint, offer)
        verify.held(
          answer.kind !== 'unreachable' && answer.kind !== 'timeout',
          `no answer to ${describeOffer(offer)}: ${describeAnswer(answer)}`,
        )
        verify.that(answer.kind !== 'server-hello', () => ({
          operation: 'api.tls',
          severity,
          expected: `${describeOffer(offer)} refused`,
          actual: describeAnswer(answer),
          evidence: [evidence.handshake(`${host}:${port}`, describeOffer(offer), describeAnswer(answer))],
          reproduce: openssl({
            host,
            port,
            serverName,
            version: offer.version,
            ...(endpoint.starttls === undefined ? {} : { starttls: endpoint.starttls }),
            ...(ciphers === undefined ? {} : { ciphers }),
          }),
        }))
      })
      const compressed = await offerTls(endpoint, { version: 'TLSv1.2', compression: true })
      verify.that(compressed.kind !== 'server-hello' || !compressed.compression, () => ({
        operation: 'api.tls',
        expected: 'no TLS compression (CVE-2012-4929)',
        actual: describeAnswer(compressed),
        evidence: [evidence.handshake(`${host}:${port}`, 'DEFLATE', describeAnswer(compressed))],
        reproduce: openssl({ host, port, serverName, version: 'TLSv1.2' }),
      }))
    })
  },
)
