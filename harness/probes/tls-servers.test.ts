import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { testWith } from '../runner/parts.testing.ts'
import { openssl } from './reproduce.ts'
import { offerTls, type TlsEndpoint } from './tls.ts'
import { type TlsFault, tlsFaults } from './tls-faults.ts'
import { helloOf } from './tls-interview.ts'
import { missingProgram, startTlsServers, type TlsServers, type TlsSetting } from './tls-servers.testing.ts'
import { groupOf, type SuiteGroup } from './tls-suites.ts'
import { surveyTls, type TlsSurvey } from './tls-survey.ts'

vi.setConfig({ testTimeout: 0, hookTimeout: 0 })

const run = promisify(execFile)

const aead = 'ECDHE+AESGCM:ECDHE+CHACHA20'
const everything = 'ALL:COMPLEMENTOFALL'
const tlslite = { server: 'tlslite', oldest: 'SSLv3' } as const
const modern = { oldest: 'TLSv1.2', newest: 'TLSv1.3' } as const
const only12 = { oldest: 'TLSv1.2', newest: 'TLSv1.2' } as const

const settings: readonly TlsSetting[] = [
  { name: 'sound', server: 'nginx', ...modern, ciphers: aead },
  { name: 'sound, elliptic key', server: 'nginx', ...modern, ciphers: aead, key: 'EC' },
  { name: 'TLS 1.3 alone', server: 'nginx', oldest: 'TLSv1.3', newest: 'TLSv1.3', ciphers: aead },
  { name: 'all there is', server: 'nginx', oldest: 'TLSv1', newest: 'TLSv1.3', ciphers: everything },
  { name: 'static RSA alone', server: 'nginx', ...only12, ciphers: 'kRSA+AES' },
  { name: 'DHE alone, 1024 bits', server: 'nginx', ...only12, ciphers: 'DHE+AESGCM', bits: 1024 },
  { name: 'DHE alone, 2048 bits', server: 'nginx', ...only12, ciphers: 'DHE+AESGCM', bits: 2048 },
  { name: 'CBC alone', server: 'nginx', ...only12, ciphers: 'ECDHE+AES:!AESGCM:!AESCCM' },
  { name: 'CBC with Camellia', server: 'nginx', ...only12, ciphers: `${aead}:ECDHE+CAMELLIA:!ARIA` },
  { name: 'no encryption beside', server: 'nginx', ...modern, ciphers: `${aead}:eNULL:!aNULL` },
  { name: 'a small curve', server: 'nginx', ...only12, ciphers: aead, curves: 'prime192v1:prime256v1' },
  { name: 'an uncommon curve', server: 'nginx', ...only12, ciphers: aead, curves: 'brainpoolP256r1' },
  { name: 'old versions alone', server: 'stunnel', oldest: 'TLSv1', newest: 'TLSv1.1', ciphers: everything },
  { name: 'TLS 1.0 alone', server: 'stunnel', oldest: 'TLSv1', newest: 'TLSv1', ciphers: 'ECDHE:kRSA' },
  { name: 'static RSA with AEAD', server: 'stunnel', ...modern, ciphers: `${aead}:kRSA+AESGCM` },
  { name: 'one curve', server: 'stunnel', ...modern, ciphers: aead, curves: 'P-521' },
  { name: 'mail as it comes', server: 'postfix', oldest: 'TLSv1', newest: 'TLSv1.3', ciphers: 'HIGH' },
  { name: 'mail, sound', server: 'postfix', ...modern, ciphers: `${aead}:!aNULL` },
  {
    name: 'mail, DHE of 1536 bits',
    server: 'postfix',
    ...only12,
    ciphers: `${aead}:DHE+AESGCM:!aNULL`,
    bits: 1536,
  },
  { name: 'mail without certificates', server: 'postfix', ...only12, ciphers: 'aNULL' },
]
/** SSLyze does not get as far as a handshake with these. */
const beyondSslyze = ['an uncommon curve', 'mail without certificates']
/** What OpenSSL no longer speaks, by a library that does. */
const museum: readonly (TlsSetting & { readonly faults: object })[] = [
  {
    ...{ name: 'SSL 3.0 with RC4', ...tlslite, newest: 'SSLv3', ciphers: 'rc4' },
    faults: { SSLv3: 'high', 'RC4 suites': 'high' },
  },
  {
    ...{ name: '3DES beside AES', ...tlslite, newest: 'TLSv1.2', ciphers: '3des,aes128gcm' },
    faults: {
      ...{ SSLv3: 'high', TLSv1: 'high', 'TLSv1.1': 'high' },
      ...{ '3DES suites': 'high', 'static-RSA suites': 'medium' },
    },
  },
  {
    ...{ name: 'DHE of 512 bits', ...tlslite, oldest: 'TLSv1', newest: 'TLSv1.2' },
    ...{ ciphers: 'aes128', bits: 512 },
    faults: {
      ...{ TLSv1: 'high', 'TLSv1.1': 'high', 'finite-field groups': 'high' },
      ...{ 'static-RSA suites': 'medium', 'CBC suites': 'medium' },
    },
  },
]

const survey = (endpoint: TlsEndpoint) => surveyTls((offer) => offerTls(endpoint, offer))

// Postfix is started by root alone.
const isRoot = process.getuid?.() === 0
const missing = isRoot ? await missingProgram('openssl', 'nginx', 'stunnel4', 'postfix') : 'no root'
const scanner = missing ?? (await missingProgram('sslyze', 'tls.py'))
const testServers = testWith('tls-servers', missing)
const testScanned = testWith('sslyze', scanner)

describe('servers that nobody here wrote', () => {
  let servers: TlsServers
  let scanned: Map<number, Scan> | undefined
  beforeAll(async () => {
    if (missing === null) servers = await startTlsServers([...settings, ...(scanner === null ? museum : [])])
  })
  afterAll(() => servers?.close())

  for (const setting of settings)
    testServers(
      `${setting.server}, ${setting.name}: OpenSSL sees the same by the lines of findings`,
      async () => {
        const endpoint = servers.at(setting)
        const faults = tlsFaults(await survey(endpoint)).filter(({ name }) => ofOpenssl.includes(name))
        const seen = faults.map(async (fault) => [fault.name, await opensslSees(endpoint, fault)])
        expect(faults.map(({ name, shown }) => [name, shown])).toEqual(await Promise.all(seen))
      },
    )

  const scannable = settings.filter(({ name }) => !beyondSslyze.includes(name))
  for (const setting of scannable)
    testScanned(
      `${setting.server}, ${setting.name}: SSLyze finds the same versions, suites and sizes`,
      async () => {
        scanned ??= await scan(scannable.map((each) => servers.at(each)))
        const endpoint = servers.at(setting)
        expect(summary(await survey(endpoint))).toEqual(scanned.get(endpoint.port))
      },
    )

  for (const setting of museum)
    testScanned(`${setting.server}, ${setting.name}: what was set is found`, async () => {
      const found = tlsFaults(await survey(servers.at(setting))).filter(({ shown }) => shown !== false)
      expect(Object.fromEntries(found.map(({ name, severity }) => [name, severity]))).toEqual(setting.faults)
    })

  testServers('postfix without TLS speaks in clear', async () => {
    const faults = tlsFaults(await survey(servers.clear))
    expect(faults.map(({ name, severity, shown }) => [name, severity, shown])).toEqual([
      ['clear text', 'high', true],
    ])
  })
})

/** What OpenSSL 3 can ask for. */
const ofOpenssl = [
  ...['TLSv1', 'TLSv1.1', 'NULL suites', 'anon suites', 'static-RSA suites', 'CBC suites'],
  ...['finite-field groups', 'curves'],
]

async function opensslSees(endpoint: TlsEndpoint, fault: TlsFault): Promise<boolean> {
  const { version } = fault.handshake.offer
  const line = openssl({ ...endpoint, serverName: null, version, ...fault.openssl })
  const { stdout } = await run('bash', ['-c', `${line} </dev/null 2>&1 || true`])
  const bits = /Server Temp Key: DH, (\d+) bits/.exec(stdout)?.[1]
  const shook = / Cipher is (?!\(NONE\))/.test(stdout)
  return fault.name === 'finite-field groups' ? shook && Number(bits) < 2048 : shook
}

interface Scan {
  readonly versions: readonly string[]
  /** Weak ones, in the newest version before TLS 1.3. */
  readonly groups: readonly SuiteGroup[]
  /** Of finite fields with a certificate. */
  readonly bits: readonly number[]
  readonly compression: boolean
  readonly secureRenegotiation: boolean
}

function summary({ versions, suites, finiteField }: TlsSurvey): Scan {
  const spoken = [...versions].flatMap(([version, handshakes]) =>
    handshakes.flatMap((handshake) => {
      const hello = helloOf(handshake)
      return hello?.version === version ? [hello] : []
    }),
  )
  const bits = finiteField.flatMap((handshake) => {
    const key = helloOf(handshake)?.key
    return key?.kind === 'DH' ? [key.bits] : []
  })
  return {
    versions: spoken.map(({ version }) => version),
    groups: [...suites]
      .filter(([group, all]) => all.some((handshake) => groupOf(helloOf(handshake)?.cipher ?? '') === group))
      .map(([group]) => group)
      .sort(),
    bits,
    compression: spoken.some(({ compression }) => compression),
    secureRenegotiation: spoken.every(({ secureRenegotiation }) => secureRenegotiation),
  }
}

interface Accepted {
  readonly cipher_suite: { readonly name: string }
  readonly ephemeral_key: { readonly type_name: string; readonly size: number } | null
}

type Attempt<Result> = { readonly result: Result | null }

interface Report {
  readonly server_scan_results: readonly {
    readonly server_location: { readonly port: number }
    readonly scan_result: Record<
      `${string}_cipher_suites`,
      Attempt<{ readonly accepted_cipher_suites: readonly Accepted[] }>
    > & {
      readonly tls_compression: Attempt<{ readonly supports_compression: boolean }>
      readonly session_renegotiation: Attempt<{ readonly supports_secure_renegotiation: boolean }>
    }
  }[]
}

const scans = [
  ['TLSv1.3', 'tls_1_3'],
  ['TLSv1.2', 'tls_1_2'],
  ['TLSv1.1', 'tls_1_1'],
  ['TLSv1', 'tls_1_0'],
  ['SSLv3', 'ssl_3_0'],
] as const

/** What SSLyze says, by port. */
async function scan(endpoints: readonly TlsEndpoint[]): Promise<Map<number, Scan>> {
  const found = new Map<number, Scan>()
  for (const starttls of [undefined, 'smtp'] as const) {
    const places = endpoints.filter((endpoint) => endpoint.starttls === starttls)
    const { stdout } = await run(
      'sslyze',
      [
        ...['--json_out=-', '--mozilla_config=disable', '--compression', '--reneg'],
        ...['--sslv3', '--tlsv1', '--tlsv1_1', '--tlsv1_2', '--tlsv1_3'],
        ...(starttls === undefined ? [] : [`--starttls=${starttls}`]),
        ...places.map(({ host, port }) => `${host}:${port}`),
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    for (const { server_location, scan_result } of (JSON.parse(stdout) as Report).server_scan_results)
      found.set(server_location.port, read(scan_result))
  }
  return found
}

function read(result: Report['server_scan_results'][number]['scan_result']): Scan {
  const accepted = scans.flatMap(([version, name]) => {
    const suites = result[`${name}_cipher_suites`]?.result?.accepted_cipher_suites ?? []
    return suites.length === 0 ? [] : [{ version, suites }]
  })
  const before13 = accepted.find(({ version }) => version !== 'TLSv1.3')?.suites ?? []
  const groups = before13.flatMap(({ cipher_suite }) => groupOf(cipher_suite.name) ?? [])
  const dhe = before13.filter(({ cipher_suite }) => cipher_suite.name.startsWith('TLS_DHE_'))
  return {
    versions: accepted.map(({ version }) => version),
    groups: [...new Set(groups)].filter((group) => !group.endsWith('AEAD')).sort(),
    bits: [...new Set(dhe.flatMap(({ ephemeral_key }) => ephemeral_key?.size ?? []))],
    compression: result.tls_compression.result?.supports_compression ?? false,
    secureRenegotiation: result.session_renegotiation.result?.supports_secure_renegotiation ?? true,
  }
}
