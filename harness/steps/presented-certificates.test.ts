import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import type { TlsService } from '../check/endpoints.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { certify, type Wanted } from '../probes/certificates.testing.ts'
import type { Presentation } from '../probes/certificates.ts'
import { judgeCertificates } from './presented-certificates.ts'

const presented = async (wanted: Wanted = {}): Promise<Presentation> => {
  const chain = [new X509Certificate((await certify(wanted)).cert)] as const
  return { kind: 'presented', address: '192.0.2.1', chain, refusal: null, mistrust: null }
}

async function judged(presentations: readonly Presentation[], ahead: number | null = 0) {
  const { judge } = sampleKit()
  return judge(({ verify, saw }) => {
    const service = {
      ...{ name: 'API', host: '127.0.0.1', operation: 'api.tls' },
      certificates: async () => presentations,
      showCertificate: () =>
        saw.shookHands({ endpoint: '127.0.0.1:443', offered: 'TLS', answered: 'this', reproduce: 'openssl' }),
    } as unknown as TlsService
    const endpoints = { tls: () => [service], clock: async () => ahead }
    return verify.each([service], (each) => judgeCertificates({ endpoints, verify }, each))
  })
}

test('a right certificate holds by each rule', async () => {
  const { verdict, variants } = await judged([await presented()])
  expect(verdict).toBe('pass')
  expect(variants.map(({ name }) => name)).toEqual(
    ['chain', 'name', 'dates', 'time left', 'key', 'signature', 'purpose'].map((rule) => `API, ${rule}`),
  )
})

test('one address with a wrong one is enough, and the finding says which', async () => {
  const wrong = { ...(await presented({ until: 5 })), address: '192.0.2.2' } as Presentation
  const { verdict, findings } = await judged([await presented(), wrong])
  expect(verdict).toBe('fail')
  expect(findings).toMatchObject([
    {
      operation: 'api.tls',
      severity: 'medium',
      actual: expect.stringMatching(/^5\.0 days are left: at 192\.0\.2\.2/),
    },
  ])
})

test('what has expired by our clock may not have by theirs', async () => {
  const expired = [await presented({ until: -1 })]
  expect((await judged(expired, -30 * 24 * 60 * 60 * 1000)).verdict).toBe('unproven')
  expect((await judged(expired, 1000)).verdict).toBe('fail')
  expect((await judged(expired, null)).verdict).toBe('fail')
})

test('what was not seen is not held', async () => {
  const refused: Presentation = { kind: 'unreachable', address: '192.0.2.2', reason: 'ECONNREFUSED' }
  expect(await judged([refused])).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('ECONNREFUSED'),
  })
  expect((await judged([])).reason).toContain('127.0.0.1 does not resolve')
  expect((await judged([await presented(), refused])).verdict).toBe('unproven')
  const unrouted = { ...refused, reason: 'ENETUNREACH' }
  expect(await judged([await presented(), unrouted])).toMatchObject({ verdict: 'pass' })
  const clear: Presentation = { kind: 'no-starttls', address: '192.0.2.1', reason: '502 no' }
  expect((await judged([clear])).verdict).toBe('not-applicable')
})
