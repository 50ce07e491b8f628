import type { TlsAnswer } from './tls-answer.ts'
import { allCurves, weakCurves } from './tls-groups.ts'
import type { TlsOffer, TlsVersion } from './tls-hello.ts'
import { createInterview, type Handshake, helloOf, type Interview } from './tls-interview.ts'
import { groupOf, type SuiteGroup } from './tls-suites.ts'

/** What tells of each: one handshake, or several where none of them took it. */
export interface TlsSurvey {
  readonly versions: ReadonlyMap<TlsVersion, readonly Handshake[]>
  /** The weak ones, in the newest version before TLS 1.3 that is spoken. */
  readonly suites: ReadonlyMap<SuiteGroup, readonly Handshake[]>
  /** With a group of the server's own choice. */
  readonly finiteField: readonly Handshake[]
  readonly weakCurve: readonly Handshake[]
}

const soundSuites: readonly SuiteGroup[] = ['ECDHE-AEAD', 'DHE-AEAD']
/** A ClientHello each: some old servers bear 64 suites and no more. */
const weakSuites: readonly (readonly SuiteGroup[])[] = [
  ['ECDHE-CBC', 'DHE-CBC'],
  ['static-RSA', 'static-DH'],
  ['NULL', 'EXPORT', 'anon', 'RC4', 'DES', '3DES'],
]
/** They have fewer suites. */
const before12: readonly (readonly SuiteGroup[])[] = [
  ['ECDHE-CBC', 'DHE-CBC', 'static-RSA', 'RC4', '3DES', 'anon', 'NULL'],
  ['EXPORT', 'DES', 'static-DH'],
]
const versions: readonly (readonly [TlsVersion, readonly (readonly SuiteGroup[])[]])[] = [
  ['TLSv1.3', [['TLS13']]],
  ['TLSv1.2', [soundSuites, ...weakSuites]],
  ['TLSv1.1', before12],
  ['TLSv1', before12],
  ['SSLv3', before12],
]

/**
 * Finds out what a server speaks, one connection after the other; about ten at a sound one. First the versions, each by itself;
 * then the suites, all that are weak in a like way at once, until none is taken any more.
 */
export async function surveyTls(make: (offer: TlsOffer) => Promise<TlsAnswer>): Promise<TlsSurvey> {
  const { ask } = createInterview(make)
  const tried = new Map<TlsVersion, Handshake[]>()
  for (const [version, hellos] of versions) tried.set(version, await tryVersion(ask, version, hellos))

  const old = [...tried].find(([version, answered]) => version !== 'TLSv1.3' && isSpoken(version, answered))
  const suites = new Map<SuiteGroup, Handshake[]>()
  if (old === undefined) {
    // What refuses all suites of TLS 1.2 refuses each.
    const refused = tried.get('TLSv1.2') ?? []
    for (const group of weakSuites.flat()) suites.set(group, refused)
    return { versions: tried, suites, finiteField: refused, weakCurve: refused }
  }
  const [version] = old
  for (const groups of weakSuites) await trySuites(ask, version, groups, suites)
  return {
    versions: tried,
    suites,
    finiteField: [await ask({ version, suites: ['DHE-AEAD', 'DHE-CBC'], groups: allCurves })],
    weakCurve: [await ask({ version, suites: ['ECDHE-AEAD', 'ECDHE-CBC'], groups: weakCurves })],
  }
}

function isSpoken(version: TlsVersion, handshakes: readonly Handshake[]): boolean {
  return handshakes.some((handshake) => helloOf(handshake)?.version === version)
}

/** By one ClientHello after the other, until one says whether the version is spoken. */
async function tryVersion(
  ask: Interview['ask'],
  version: TlsVersion,
  hellos: readonly (readonly SuiteGroup[])[],
): Promise<Handshake[]> {
  const handshakes: Handshake[] = []
  for (const suites of hellos) {
    const handshake = await ask({ version, suites, compression: version !== 'TLSv1.3' })
    handshakes.push(handshake)
    const { answer } = handshake
    if (answer.kind === 'server-hello' || answer.kind === 'timeout') break
    if (answer.kind === 'alert' && answer.description === 'protocol_version') break
  }
  return handshakes
}

/** Until the server takes none of those that are left. */
async function trySuites(
  ask: Interview['ask'],
  version: TlsVersion,
  groups: readonly SuiteGroup[],
  found: Map<SuiteGroup, Handshake[]>,
): Promise<void> {
  for (let left = groups; left.length > 0; ) {
    const handshake = await ask({ version, suites: left })
    const taken = groupOf(helloOf(handshake)?.cipher ?? '')
    const told = left.filter((group) => group === taken)
    for (const group of told.length > 0 ? told : left) found.set(group, [handshake])
    left = told.length > 0 ? left.filter((group) => group !== taken) : []
  }
}
