import { describeAnswer, describeOffer } from './tls.ts'
import type { ServerHello } from './tls-answer.ts'
import { weakCurves } from './tls-groups.ts'
import type { TlsVersion } from './tls-hello.ts'
import { type Handshake, helloOf } from './tls-interview.ts'
import { groupOf, type SuiteGroup } from './tls-suites.ts'
import type { TlsSurvey } from './tls-survey.ts'

/** Something that a server of today does not do. */
export interface TlsFault {
  readonly name: string
  readonly severity: 'high' | 'medium' | 'low'
  /** Whether this one does; `null` where that could not be told. */
  readonly shown: boolean | null
  /** What tells: the handshake that shows it, else one that is unclear, else the last that was refused. */
  readonly handshake: Handshake
  readonly expected: string
  readonly actual: string
  /** What to ask OpenSSL for, in its own terms. */
  readonly openssl: { readonly ciphers?: string; readonly groups?: string }
}

interface Rule extends Pick<TlsFault, 'name' | 'severity'>, Partial<Pick<TlsFault, 'expected' | 'openssl'>> {
  /** What tells. */
  readonly handshakes: readonly Handshake[] | undefined
  /** Whether a ServerHello shows it; `null` where it lacks what would tell. */
  shows(hello: ServerHello): boolean | null
}

/** RFC 9325 §4.1; of what has no forward secrecy it says SHOULD NOT. */
const weakSuites: readonly (readonly [SuiteGroup, TlsFault['severity'], ciphers: string])[] = [
  ['NULL', 'high', 'eNULL'],
  ['EXPORT', 'high', 'EXPORT'],
  ['anon', 'high', 'aNULL:!eNULL'],
  ['RC4', 'high', 'RC4'],
  ['DES', 'high', 'DES'],
  ['3DES', 'high', '3DES'],
  ['static-RSA', 'medium', 'kRSA:!eNULL:!RC4:!3DES'],
  ['static-DH', 'medium', 'kDH:kECDH'],
]

/**
 * Versions before TLS 1.2 (RFC 8996), suites that RFC 9325 §4 rules out, keys shorter than its §4.5 has them, compression
 * (CVE-2012-4929), and no word of secure renegotiation (RFC 5746). `minimum`: the oldest version that the target promises.
 */
export function tlsFaults(survey: TlsSurvey, minimum: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2'): TlsFault[] {
  const heard = [...survey.versions.values()].flat()
  const inClear = heard.every(({ answer }) => answer.kind === 'no-starttls')
  const taken = heard.filter((handshake) => helloOf(handshake) !== null)
  const clearText: Rule = {
    ...{ name: 'clear text', severity: 'high', handshakes: taken.length > 0 ? taken : heard },
    ...{ expected: 'TLS', shows: () => false },
  }
  if (inClear) return [{ ...judged(clearText), shown: true }]
  return [
    ...[clearText, ...versionRules(survey, minimum), ...suiteRules(survey)],
    ...[...keyRules(survey), ...otherRules(survey)],
  ].map(judged)
}

function versionRules({ versions }: TlsSurvey, minimum: 'TLSv1.2' | 'TLSv1.3'): Rule[] {
  const rule = (name: TlsVersion, severity: TlsFault['severity']): Rule => ({
    ...{ name, severity, handshakes: versions.get(name) },
    shows: ({ version }) => version === name,
  })
  return [
    ...[rule('SSLv3', 'high'), rule('TLSv1', 'high'), rule('TLSv1.1', 'high')],
    ...(minimum === 'TLSv1.3' ? [rule('TLSv1.2', 'low')] : []),
  ]
}

function suiteRules({ versions, suites }: TlsSurvey): Rule[] {
  const inVersions = [...versions.values()].flat()
  const chosen = (...groups: SuiteGroup[]) =>
    inVersions.filter((handshake) =>
      groups.some((group) => group === groupOf(helloOf(handshake)?.cipher ?? '')),
    )
  const hasSound = chosen('TLS13', 'ECDHE-AEAD', 'DHE-AEAD').length > 0
  return [
    ...weakSuites.map(
      ([group, severity, ciphers]): Rule => ({
        ...{ name: `${group} suites`, severity, openssl: { ciphers } },
        // An older version may have what the newest has not.
        handshakes: [...(suites.get(group) ?? []), ...chosen(group)],
        shows: ({ cipher }) => groupOf(cipher) === group,
      }),
    ),
    {
      name: 'CBC suites',
      // RFC 9325 §4.2 prefers AEAD.
      severity: hasSound ? 'low' : 'medium',
      handshakes: [...(suites.get('ECDHE-CBC') ?? []), ...(suites.get('DHE-CBC') ?? [])],
      openssl: { ciphers: 'ECDHE:DHE:!AESGCM:!AESCCM:!ARIAGCM:!CHACHA20:!eNULL:!RC4:!3DES' },
      shows: ({ cipher }) => groupOf(cipher)?.endsWith('-CBC') ?? false,
    },
  ]
}

function keyRules({ finiteField, weakCurve }: TlsSurvey): Rule[] {
  const isBelow = (bits: number, { key }: ServerHello) =>
    key === null ? null : key.kind === 'DH' && key.bits < bits
  const isTiny = finiteField.some((handshake) => {
    const hello = helloOf(handshake)
    return hello !== null && isBelow(1024, hello) === true
  })
  return [
    {
      name: 'finite-field groups',
      severity: isTiny ? 'high' : 'medium',
      handshakes: finiteField,
      expected: 'a Diffie-Hellman group of at least 2048 bits, or none',
      openssl: { ciphers: 'DHE' },
      shows: (hello) => isBelow(2048, hello),
    },
    {
      ...{ name: 'curves', severity: 'medium', handshakes: weakCurve },
      expected: 'no curve below 224 bits',
      openssl: { ciphers: 'ECDHE', groups: 'P-192' },
      // A server may take a curve of its own that nobody offered.
      shows: ({ key }) => (key === null ? null : key.kind === 'ECDH' && weakCurves.includes(key.curve)),
    },
  ]
}

function otherRules({ versions }: TlsSurvey): Rule[] {
  const before13 = [...versions].flatMap(([version, all]) => (version === 'TLSv1.3' ? [] : all))
  const taken = before13.filter((handshake) => helloOf(handshake) !== null)
  const handshakes = taken.length > 0 ? taken : before13
  return [
    {
      ...{ name: 'compression', severity: 'high', handshakes, expected: 'no compression' },
      shows: ({ compression }) => compression,
    },
    {
      ...{
        name: 'renegotiation',
        severity: 'low',
        handshakes,
        expected: 'renegotiation_info in the ServerHello',
      },
      shows: ({ secureRenegotiation }) => !secureRenegotiation,
    },
  ]
}

function judged({ handshakes = [], shows, openssl = {}, ...rule }: Rule): TlsFault {
  const told = handshakes.map((handshake) => {
    const hello = helloOf(handshake)
    const shown = hello === null ? false : shows(hello)
    return { handshake, shown: shown === false && !handshake.conclusive ? null : shown }
  })
  const found =
    told.find(({ shown }) => shown === true) ?? told.find(({ shown }) => shown === null) ?? told.at(-1)
  if (found === undefined) throw new Error(`nothing was asked that tells of ${rule.name}`)
  const { offer, answer } = found.handshake
  return {
    expected: `${describeOffer(offer)} refused`,
    ...rule,
    ...found,
    openssl,
    actual: describeAnswer(answer),
  }
}
