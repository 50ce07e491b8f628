import 'reflect-metadata'
import { createPrivateKey, generateKeyPair, webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import * as x509 from '@peculiar/x509'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Claims, claimsNow, requestIn, type SignedPart, type SigningKey } from '../probes/saml.ts'
import {
  type Forgery,
  forgedSignatures,
  type Ground,
  misusedAnswers,
  ownXml,
  wrappings,
} from '../probes/saml-forgeries.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { Unproven } from '../verdicts.ts'
import { createAccounts, neededOfAccounts, sessionGiven, sessionIn, signInInput } from './accounts.ts'
import { type Door, doorOfSession } from './doors.ts'
import { guardForAll } from './guard-for-all.ts'
import { jarOf } from './second-factors.ts'
import { signedIn } from './signed-in.ts'

/** What a check needs in the profile to sign somebody in by an identity provider. */
export const neededOfSingleSignOn = [
  ...neededOfAccounts,
  ...(['sso.finish:response', 'profile:saml'] as const),
] as const

type SignOnKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'verify'>

/** Somebody who has an account, whom only a door tells from others. */
interface Person {
  readonly email: string
  readonly door: Door
}

/** A sign-in that was begun. */
interface Begun {
  /** `null` where the target asks for nothing. */
  readonly request: string | null
  readonly relayState: string | null
  readonly cookies: readonly (readonly [name: string, value: string])[]
}

/** Markup of a request that is longer is none. */
const longestRequest = 64 * 1024
const neighbour = 'neighbour'

/**
 * Verdicts on answers of an identity provider that were not signed so, or were signed for something else. Each comes for a sign-in of
 * its own. A guard: a right answer signs its subject in, also after all others.
 */
export async function forgedAnswers(kit: SignOnKit): Promise<Part[]> {
  const { api, profile, verify } = kit
  const { saml } = profile
  if (saml === undefined) throw new TypeError('expected a need of profile:saml; name it in the check')
  verify.held(
    isRsaKey(saml.key),
    'the key of the identity provider is no RSA key in PEM',
    'see saml.key in the profile: the private key that goes with the certificate which the target knows',
  )
  const provider: SigningKey = { key: saml.key, certificate: saml.certificate ?? null }
  const recipient =
    saml.recipient ?? new URL(profile.operations['sso.finish']?.path ?? '', profile.target.url).href
  const [own, victim, other] = await Promise.all([person(kit, 'own'), person(kit, 'victim'), ownKey()])
  verify.held(
    own.door.identity !== victim.door.identity,
    'the read that tells who somebody is says the same of two people',
    'map result.id of principal.get in the profile',
  )

  const begin = (email: string) => begun(kit, email)
  const claims = ({ request }: Begun, { email }: Pick<Person, 'email'>): Claims =>
    claimsNow({
      ...{ issuer: saml.issuer, audience: saml.audience, recipient },
      ...{ subject: email, inResponseTo: request },
    })
  const show = ({ relayState, cookies }: Begun, xml: string): Promise<Exchange> =>
    api.call(
      'sso.finish',
      {
        response: Buffer.from(xml).toString('base64'),
        ...(relayState === null ? {} : api.carried('sso.finish', { relayState })),
      },
      jarOf(cookies),
    )
  /** Who is signed in by what was answered. */
  const letIn = async (exchange: Exchange): Promise<string | null> => {
    if (exchange.answer !== 'accepted') {
      // An error gives no session either: whether it comes of what was forged, a right answer shows afterwards.
      verify.answered(exchange, 'the effect decides')
      return null
    }
    const session = sessionIn({ api }, exchange)
    return session === null ? null : (await own.door.showAs(session)).caller
  }
  const signsIn = async (part: SignedPart) => {
    const sign = await begin(own.email)
    const xml = ownXml({ own: claims(sign, own), provider }, part)
    // As good as a password, for a while.
    api.conceal('saml_response', Buffer.from(xml).toString('base64'))
    const exchange = await show(sign, xml)
    return { sign, xml, exchange, isIn: (await letIn(exchange)) === own.door.identity }
  }
  const right = async (part: SignedPart) => {
    const shown = await signsIn(part)
    verify.held(
      shown.isIn,
      `a right answer of the identity provider does not sign in its subject: ${api.said(shown.exchange)}`,
      'see saml in the profile: issuer, audience, recipient and key as the target knows them, and result.token of sso.finish',
    )
    return shown
  }

  /** What of an answer may be signed alone. */
  const parts: SignedPart[] = []
  for (const part of ['assertion', 'response'] as const) if ((await signsIn(part)).isIn) parts.push(part)
  const [base] = parts
  if (base === undefined) {
    await right('assertion')
    throw new Unproven('no right answer signs anybody in', 'see saml in the profile')
  }
  const guards = new Map(parts.map((part) => [part, guardForAll(() => right(part))]))

  const part = (of: SignedPart, forgery: Forgery): Part => ({
    name: `${forgery.name}${forgery.name.startsWith('a signed response') || of === base ? '' : `, ${of}`}`,
    async judge() {
      const guard = guards.get(of)
      const shown = await guard?.atOnce(async () => {
        const sign = await begin(own.email)
        const ground: Ground = { own: claims(sign, own), victim: claims(sign, victim), provider, other }
        const exchange = await show(sign, forgery.make(ground))
        return { exchange, caller: await letIn(exchange) }
      })
      if (shown === undefined) return
      const { exchange, caller } = shown
      const isHeld = {
        anybody: caller === null,
        // Whoever is signed in rightly beside what was forged is no finding.
        others: caller === null || caller === own.door.identity,
        'the victim': caller !== victim.door.identity,
      }[forgery.against]
      if (isHeld) await guard?.holds()
      verify.that(isHeld, {
        ...{ of: exchange, severity: forgery.severity },
        expected: `${forgery.actual} signs in nobody whom it should not`,
        actual: `it signs in ${caller === victim.door.identity ? 'another person' : 'whom it names'}`,
      })
    },
  })

  return [
    ...[...forgedSignatures(base, provider.certificate), ...misusedAnswers(base, api.has('sso.begin'))].map(
      (forgery) => part(base, forgery),
    ),
    ...parts.flatMap((of) => wrappings(of).map((forgery) => part(of, forgery))),
    {
      name: 'a second time',
      async judge() {
        const { sign, xml } = await right(base)
        const again = await show(sign, xml)
        const caller = await letIn(again)
        verify.that(caller === null, {
          ...{ of: again, severity: 'medium' },
          expected: 'an answer signs its subject in once (SAML 2.0 profiles §4.1.4.5)',
          actual: 'the same answer signs in again',
        })
      },
    },
    {
      name: 'somebody of another tenant',
      async judge() {
        verify.applies(neighbour in profile.principals, 'the profile has no principal of another tenant')
        const stranger = await person(kit, 'stranger', neighbour)
        const sign = await begin(own.email)
        const xml = ownXml({ own: claims(sign, stranger), provider }, base)
        const exchange = await show(sign, xml)
        const caller = await letIn(exchange)
        const isHeld = caller !== stranger.door.identity
        if (isHeld) await right(base)
        verify.that(isHeld, {
          of: exchange,
          expected: 'an identity provider signs in people of its own tenant alone',
          actual: 'that of one tenant signs in somebody of another',
        })
      },
    },
  ]
}

/** A guard: somebody new, who has signed in with a password. */
async function person(kit: SignOnKit, label: string, as?: string): Promise<Person> {
  if (as === undefined) {
    const { email, session } = await signedIn(kit, label)
    return { email, door: await doorOfSession(kit, session) }
  }
  const { api, mailbox, verify } = kit
  const made = { email: createAccounts(kit).stranger(label), password: `Right-${mailbox.canary()}` }
  const role = profileRole(kit)
  verify.accepted(await api.call('user.create', { ...made, ...api.carried('user.create', role) }, as))
  const first = verify.accepted(await api.call('session.create', signInInput({ api }, made)))
  return { email: made.email, door: await doorOfSession(kit, sessionGiven({ api }, first)) }
}

function profileRole({ profile }: Pick<Kit, 'profile'>): { role?: string } {
  const role = profile.principals['support']?.role ?? Object.keys(profile.roles)[0]
  return role === undefined ? {} : { role }
}

/** A guard: a browser was sent to the identity provider. Nothing where the target takes what it has not asked for. */
async function begun({ api, verify }: SignOnKit, email: string): Promise<Begun> {
  if (!api.has('sso.begin')) return { request: null, relayState: null, cookies: [] }
  const exchange = verify.accepted(await api.call('sso.begin', api.carried('sso.begin', { email })))
  const request = requestIn(String(exchange.result?.['location'] ?? ''), longestRequest)
  if (request === null)
    throw new Unproven(
      'sso.begin was accepted and led to no identity provider',
      'map result.location of sso.begin in the profile: the URL with SAMLRequest in its query',
      'accepted',
    )
  const cookies = cookiesSetBy(exchange.response).map(({ name, value = '' }) => [name, value] as const)
  for (const [, value] of cookies) api.conceal('sso_cookie', value)
  return { request: request.id, relayState: request.relayState, cookies }
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** A key that the target has never seen, with a certificate that says it is an identity provider's. */
async function ownKey(): Promise<SigningKey> {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const imported = (key: 'privateKey' | 'publicKey', usage: 'sign' | 'verify') =>
    webcrypto.subtle.importKey('jwk', keys[key].export({ format: 'jwk' }), rsa, true, [usage])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=identity provider',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 24 * 3_600_000),
    keys: {
      privateKey: await imported('privateKey', 'sign'),
      publicKey: await imported('publicKey', 'verify'),
    },
    signingAlgorithm: rsa,
  })
  const key = String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { key, certificate: certificate.toString('pem') }
}
