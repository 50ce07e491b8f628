import { createPrivateKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { newPassword } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange, HttpResponse } from '../model.ts'
import { ownCertificate, type Words, wordsOf } from '../probes/own-certificate.ts'
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
  /** The fields that set them. */
  readonly fields: HttpResponse['headers']
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
    saml.recipient ??
    `${profile.target.url.replace(/\/+$/, '')}${profile.operations['sso.finish']?.path ?? ''}`
  const [own, victim, other] = await Promise.all([
    person(kit, 'own'),
    person(kit, 'victim'),
    ownKey(provider),
  ])
  verify.held(
    own.door.identity !== victim.door.identity,
    'the read that tells who somebody is says the same of two people',
    'map result.id of principal.get in the profile',
  )

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
  const letIn = async (exchange: Exchange, { fields }: Begun): Promise<string | null> => {
    if (exchange.answer !== 'accepted') {
      // An error gives no session either: whether it comes of what was forged, a right answer shows afterwards.
      verify.answered(exchange, 'the effect decides')
      return null
    }
    const { response } = exchange
    // A browser shows what it was given before as well, which some keep.
    const whole = response && { ...response, headers: [...fields, ...response.headers] }
    const session = sessionIn({ api }, { ...exchange, response: whole })
    if (session === null) return null
    const { exchange: read, caller } = await own.door.showAs(session)
    // A limit or an error hides who was let in.
    if (caller === null) await own.door.denied(read)
    return caller
  }
  let last: Promise<unknown> = Promise.resolve()
  /** One after the other: some have one open request, or one session, for each person. */
  const inTurn = <T>(attempt: () => Promise<T>): Promise<T> => {
    const mine = last.then(attempt)
    last = mine.catch(() => {})
    return mine
  }
  const signsIn = async (part: SignedPart, who = own) => {
    const sign = await begun(kit, who.email)
    const xml = ownXml({ own: claims(sign, who), provider }, part)
    // As good as a password, for a while.
    api.conceal('saml_response', Buffer.from(xml).toString('base64'))
    const exchange = await show(sign, xml)
    return { sign, xml, exchange, isIn: (await letIn(exchange, sign)) === who.door.identity }
  }
  const right = async (part: SignedPart, who = own) => {
    const shown = await signsIn(part, who)
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
  if (parts.length === 0 && (await signsIn('both')).isIn) parts.push('both')
  const [base] = parts
  if (base === undefined) {
    await right('assertion')
    throw new Unproven('no right answer signs anybody in', 'see saml in the profile')
  }
  const guards = new Map(
    parts.map((part) => [
      part,
      guardForAll(() =>
        inTurn(async () => {
          await right(part)
          // What was refused was not refused for whom it named.
          return right(part, victim)
        }),
      ),
    ]),
  )

  const part = (of: SignedPart, forgery: Forgery): Part => ({
    name: `${forgery.name}${forgery.name.startsWith('a signed response') || of === base ? '' : `, ${of}`}`,
    async judge() {
      const guard = guards.get(of)
      const attempt = async () => {
        // Whoever forges an answer says who is to sign in.
        const sign = await begun(kit, (forgery.against === 'anybody' ? own : victim).email)
        const ground: Ground = { own: claims(sign, own), victim: claims(sign, victim), provider, other }
        const exchange = await show(sign, forgery.make(ground))
        return { exchange, caller: await letIn(exchange, sign) }
      }
      const shown = await guard?.atOnce(() => inTurn(attempt))
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
    ...misusedAnswers(base, api.has('sso.begin')).map((forgery) => part(base, forgery)),
    ...parts.flatMap((of) =>
      [...forgedSignatures(of, provider.certificate), ...wrappings(of)].map((forgery) => part(of, forgery)),
    ),
    {
      name: 'a second time',
      async judge() {
        const { again, caller } = await inTurn(async () => {
          const { sign, xml } = await right(base)
          const again = await show(sign, xml)
          return { again, caller: await letIn(again, sign) }
        })
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
        verify.applies(
          saml.tenant !== undefined && saml.tenant !== profile.principals[neighbour]?.tenant,
          'the profile does not say that the identity provider is one tenant’s own (saml.tenant)',
        )
        const stranger = await person(kit, 'stranger', neighbour)
        verify.applies(
          stranger.door.identity !== stranger.email,
          'people are told apart by their addresses alone, which one may have in several tenants',
        )
        const { exchange, caller } = await inTurn(async () => {
          const sign = await begun(kit, own.email)
          const xml = ownXml({ own: claims(sign, stranger), provider }, base)
          api.conceal('saml_response', Buffer.from(xml).toString('base64'))
          const exchange = await show(sign, xml)
          return { exchange, caller: await letIn(exchange, sign) }
        })
        const isHeld = caller !== stranger.door.identity
        if (isHeld) await inTurn(() => right(base))
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
  const { api, verify } = kit
  const made = { email: createAccounts(kit).stranger(label), password: newPassword('Right') }
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
  if (!api.has('sso.begin')) return { request: null, relayState: null, cookies: [], fields: [] }
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
  const fields = (exchange.response?.headers ?? []).filter(([name]) => name === 'set-cookie')
  return { request: request.id, relayState: request.relayState, cookies, fields }
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

/** A key that the target has never seen, with a certificate that says of itself what the right one says. */
async function ownKey({ certificate: right }: SigningKey): Promise<SigningKey> {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const words: Words = right === null ? { subject: 'CN=identity provider' } : wordsOf(right)
  const certificate = await ownCertificate('RS256', keys, words)
  const key = String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { key, certificate: certificate.toString('pem') }
}
