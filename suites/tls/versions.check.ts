import { about, test } from '../../harness/check/check.ts'
import { describeAnswer, describeOffer } from '../../harness/probes/tls.ts'
import { refusedOffers } from '../../harness/probes/tls-offers.ts'

test(
  'the API speaks TLS 1.2 and later only, with suites that keep their promise',
  about({
    practices: ['P06', 'P34'],
    severity: 'high',
    why: 'What a server still answers to, somebody in between can talk both sides into.',
    remediation: {
      effort: 'low',
      how: 'Offer TLS 1.2 and 1.3 only, with ECDHE and AEAD suites (RFC 9325 §4.2), on every host.',
      before: 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2;',
      after: 'ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;',
    },
    references:
      'CWE-326 · CWE-327 · CWE-757 · ASVS 5.0 12.1.1 · RFC 8996 · RFC 9325 §3.1.1 · RFC 9325 §4.2 · WSTG-CRYP-01',
    needs: ['tls'],
    reach: 'safe',
    weaknesses: [
      'offers-tls-1-0',
      'offers-tls-1-1',
      'offers-suites-without-encryption',
      'offers-suites-without-a-certificate',
      'offers-cbc-suites',
    ],
  }),
  async ({ endpoints, verify }) => {
    await verify.each(endpoints.tls(), async ({ offer: make }) => {
      const sound = [
        await make({ version: 'TLSv1.2', suites: ['ECDHE-AEAD', 'DHE-AEAD'] }),
        await make({ version: 'TLSv1.3', suites: ['TLS13'] }),
      ]
      verify.held(
        sound.some(({ kind }) => kind === 'server-hello'),
        `no handshake with TLS 1.2 or 1.3 came about: ${sound.map(describeAnswer).join('; ')}`,
      )
      await verify.each(refusedOffers, async ({ offer, ciphers, severity }) => {
        const answer = await make(offer, ciphers)
        verify.held(
          answer.kind !== 'unreachable' && answer.kind !== 'timeout',
          `no answer to ${describeOffer(offer)}: ${describeAnswer(answer)}`,
        )
        // Compression is offered beside none, and refused by choosing that.
        const taken = answer.kind === 'server-hello' && (offer.compression !== true || answer.compression)
        verify.that(!taken, {
          ...{ operation: 'api.tls', severity },
          expected: `${describeOffer(offer)} refused`,
          actual: describeAnswer(answer),
        })
      })
    })
  },
)
