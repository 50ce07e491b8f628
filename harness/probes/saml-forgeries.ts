import type { Severity } from '../model.ts'
import {
  type Answer,
  answerIn,
  answerOf,
  type Claims,
  hmacSha1,
  newId,
  type SignedPart,
  type SigningKey,
  signed,
  whole,
} from './saml.ts'

/** What an attacker has: an account of their own, and what the identity provider signs for it. */
export interface Ground {
  /** What the identity provider says of the attacker. */
  readonly own: Claims
  /** The same of somebody else, which it has never said. */
  readonly victim: Claims
  readonly provider: SigningKey
  /** A key of the attacker's, with a certificate. */
  readonly other: SigningKey
}

export interface Forgery {
  readonly name: string
  readonly severity?: Severity
  /** Who must not be signed in by it: others than the attacker, or the victim alone where somebody else may be meant rightly. */
  readonly against: 'anybody' | 'others' | 'the victim'
  /** What it is, for a sentence. */
  readonly actual: string
  /** XML. */
  make(ground: Ground): string
}

const hour = 3_600_000
const stranger = 'elsewhere.example'

/** What nobody has signed, or not so (XML Signature Wrapping, CVE-2017-11427, CVE-2025-29774, CVE-2025-29775, CVE-2025-47949). */
export function forgedSignatures(part: SignedPart, certificate: string | null): Forgery[] {
  const forged = (name: string, actual: string, make: Forgery['make']): Forgery => ({
    ...{ name, actual, against: 'others', make },
  })
  const all = (answer: Answer) => whole(answer, answer.assertion)
  return [
    forged('no signature', 'an answer that nobody has signed', ({ victim }) => all(answerOf(victim))),
    forged('the signature of another key', 'an answer that was signed by another key', ({ victim, other }) =>
      all(signed(answerOf(victim), part, { ...other, certificate: null })),
    ),
    forged(
      'a certificate of its own in KeyInfo',
      'an answer that was signed by the key of a certificate which stands in it',
      ({ victim, other }) => all(signed(answerOf(victim), part, other)),
    ),
    forged(
      'a key of its own in KeyInfo',
      'an answer that was signed by a key which stands in it',
      ({ victim, other }) => all(signed(answerOf(victim), part, { ...other, isBare: true })),
    ),
    forged('a name that was changed', 'an answer that was changed when it was signed', (ground) =>
      all(ownAnswer(ground, part)).replaceAll(ground.own.subject, ground.victim.subject),
    ),
    ...(certificate === null
      ? []
      : [
          forged(
            'the certificate for a secret',
            'an HMAC whose secret is the public certificate',
            ({ victim }) =>
              all(signed(answerOf(victim), part, { key: certificate, certificate: null }, hmacSha1)),
          ),
        ]),
    ...signedInfos(part),
  ]
}

/** An assertion of the attacker's beside one that is signed; a verifier must believe the element that the signature refers to. */
export function wrappings(part: SignedPart): Forgery[] {
  const wrapping = (name: string, make: (evil: Answer, own: Answer, ground: Ground) => string): Forgery => ({
    ...{ name, against: 'others', actual: 'an answer with an assertion beside the one that is signed' },
    make: (ground) => make(answerOf(ground.victim), ownAnswer(ground, part), ground),
  })
  if (part !== 'assertion')
    return [
      wrapping('a signed response in the signature of another', (evil, own) =>
        withSignature(evil, inObject(own.head, withoutSignature(whole(own, own.assertion)))),
      ),
      wrapping('a signed response in the extensions of another', (evil, own) =>
        whole({ head: withExtensions(evil.head, whole(own, own.assertion)) }, evil.assertion),
      ),
      wrapping('a signed response behind its signature in another', (evil, own) =>
        withSignature(evil, `${signatureIn(own.head)}${withoutSignature(whole(own, own.assertion))}`),
      ),
      // What stands in a signature is left out of what it signs (XML Signature §6.6.4).
      wrapping('an assertion in the signature of a response', (evil, own) =>
        whole({ head: inOwnSignature(own.head, evil.assertion) }, own.assertion),
      ),
      wrapping('a subject in the signature of a response', (evil, own) =>
        whole({ head: inOwnSignature(own.head, subjectIn(evil)) }, own.assertion),
      ),
    ]
  return [
    wrapping('an assertion before the signed one', (evil, own) => whole(own, evil.assertion, own.assertion)),
    wrapping('an assertion behind the signed one', (evil, own) => whole(own, own.assertion, evil.assertion)),
    wrapping('an assertion around the signed one', (evil, own) =>
      whole(own, withChild(evil.assertion, own.assertion)),
    ),
    wrapping('an assertion with the signature of another', (evil, own) =>
      whole(own, signedAs(evil.assertion, signatureIn(own.assertion)), withoutSignature(own.assertion)),
    ),
    wrapping('an assertion with the signed one in its signature', (evil, own) =>
      whole(own, signedAs(evil.assertion, inObject(own.assertion, withoutSignature(own.assertion)))),
    ),
    wrapping('an assertion in the extensions', (evil, own) =>
      whole({ head: withExtensions(own.head, evil.assertion) }, own.assertion),
    ),
    wrapping('an assertion of the same id', (_evil, own, { victim }) =>
      whole(own, sameId(own, victim), own.assertion),
    ),
    wrapping('an assertion of the same id behind the signed one', (_evil, own, { victim }) =>
      whole(own, own.assertion, sameId(own, victim)),
    ),
    wrapping('an assertion of the same id in the extensions', (_evil, own, { victim }) =>
      whole({ head: withExtensions(own.head, sameId(own, victim)) }, own.assertion),
    ),
    // What stands in a signature is left out of what it signs (XML Signature §6.6.4).
    wrapping('an assertion in the signature of the signed one', (evil, own) =>
      whole(own, inOwnSignature(own.assertion, evil.assertion)),
    ),
    wrapping('a subject in the signature of the signed one', (evil, own) =>
      whole(own, inOwnSignature(own.assertion, subjectIn(evil))),
    ),
    wrapping('a subject in the extensions', (evil, own) =>
      whole({ head: withExtensions(own.head, subjectIn(evil)) }, own.assertion),
    ),
    wrapping('a subject behind the signed one', (evil, own) => whole(own, own.assertion, subjectIn(evil))),
  ]
}

/** What was signed as it is, and means something else, or nothing here. */
export function misusedAnswers(part: SignedPart, asksFirst: boolean): Forgery[] {
  const misused = (
    name: string,
    severity: Severity,
    actual: string,
    change: (own: Claims) => Partial<Claims>,
  ): Forgery => ({
    ...{ name, severity, actual, against: 'anybody' },
    make(ground) {
      const changed = ownAnswer({ ...ground, own: { ...ground.own, ...change(ground.own) } }, part)
      // What is not signed says what is wanted to hear.
      return whole(part === 'assertion' ? answerOf(ground.own) : changed, changed.assertion)
    },
  })
  const named = (name: string, ending: (rest: string) => string): Forgery => ({
    ...{ name, against: 'the victim', actual: 'the answer of somebody whose name begins with hers' },
    make({ victim, ...ground }) {
      const rest = `.${stranger}`
      const own = { ...ground.own, subject: `${victim.subject}${rest}` }
      return ownXml({ ...ground, own }, part).replaceAll(
        `${victim.subject}${rest}<`,
        () => `${victim.subject}${ending(rest)}<`,
      )
    },
  })
  return [
    named('a comment in the name', (rest) => `<!---->${rest}`),
    named('a CDATA section in the name', (rest) => `<![CDATA[${rest}]]>`),
    misused('another audience', 'high', 'an answer for another service', () => ({
      audience: `https://${stranger}`,
    })),
    misused('an audience that begins alike', 'high', 'an answer for another service', ({ audience }) => ({
      audience: `${audience}.${stranger}`,
    })),
    misused('another recipient', 'medium', 'an answer that was sent to another address', () => ({
      recipient: `https://${stranger}/acs`,
    })),
    misused('another issuer', 'medium', 'an answer of another identity provider', ({ issuer }) => ({
      issuer: `${issuer}.${stranger}`,
    })),
    misused('conditions that are over', 'medium', 'an answer whose conditions ended an hour ago', () => ({
      ...{ notBefore: Date.now() - 2 * hour, notOnOrAfter: Date.now() - hour },
    })),
    misused(
      'a confirmation that is over',
      'medium',
      'an answer whose confirmation ended an hour ago',
      () => ({
        confirmedUntil: Date.now() - hour,
      }),
    ),
    misused('conditions that are to come', 'low', 'an answer whose conditions begin in an hour', () => ({
      ...{ notBefore: Date.now() + hour, notOnOrAfter: Date.now() + 2 * hour },
      confirmedUntil: Date.now() + 2 * hour,
    })),
    ...(asksFirst
      ? [
          misused('a request that nobody made', 'medium', 'an answer to a request that nobody made', () => ({
            inResponseTo: newId(),
          })),
        ]
      : []),
  ]
}

/** What the identity provider signs for the attacker. */
export function ownXml(ground: Pick<Ground, 'own' | 'provider'>, part: SignedPart): string {
  const answer = ownAnswer(ground, part)
  return whole(answer, answer.assertion)
}

function ownAnswer({ own, provider }: Pick<Ground, 'own' | 'provider'>, part: SignedPart): Answer {
  return signed(answerOf(own), part, provider)
}

/** Two SignedInfo, or two digests, of which one is verified and another one believed. */
function signedInfos(part: SignedPart): Forgery[] {
  const forged = (name: string, change: (right: string, wrong: string) => string): Forgery => ({
    ...{ name, against: 'others', actual: 'an answer whose signature says two things' },
    make(ground) {
      const own = ownXml(ground, part)
      // As the attacker's own key signs it: the victim's, by the same id.
      const id = idOf(own, part)
      const victim = own.replaceAll(ground.own.subject, ground.victim.subject)
      const bare = withoutSignature(victim)
      const signature = signatureIn(own)
      const right = signedInfoIn(own)
      const wrong = signedInfoIn(signedText(bare, part, ground.other))
      return victim.replace(signatureIn(victim), () =>
        signature.replace(right, () => change(right, wrong.replace(/URI="[^"]*"/, `URI="#${id}"`))),
      )
    },
  })
  return [
    forged('two SignedInfo, the wrong one first', (right, wrong) => `${wrong}${right}`),
    forged('two SignedInfo, the wrong one last', (right, wrong) => `${right}${wrong}`),
    forged('a comment in the digest', (right, wrong) =>
      right.replace(digest, (_all, value: string) => {
        const [, other = ''] = digest.exec(wrong) ?? []
        return `<ds:DigestValue><!--${other}-->${value}</ds:DigestValue>`
      }),
    ),
  ]
}

const digest = /<ds:DigestValue>([^<]*)<\/ds:DigestValue>/

/** A document with nothing signed, signed by another key. */
function signedText(xml: string, part: SignedPart, { key }: SigningKey): string {
  const outer = part === 'both' ? 'response' : part
  const answer = signed(answerIn(xml), outer, { key, certificate: null })
  return whole(answer, answer.assertion)
}

const signedInfoIn = (xml: string) => between(xml, '<ds:SignedInfo', '</ds:SignedInfo>')

function signatureIn(xml: string): string {
  return between(xml, '<ds:Signature ', '</ds:Signature>')
}

const withoutSignature = (xml: string) => xml.replace(signatureIn(xml), '')

/** The signature of that element, with something in an Object of its own (XML Signature §4.6). */
function inObject(of: string, content: string): string {
  return signatureIn(of).replace('</ds:Signature>', () => `<ds:Object>${content}</ds:Object></ds:Signature>`)
}

/** The same with something in its signature, which still holds. */
const inOwnSignature = (of: string, content: string) =>
  of.replace(signatureIn(of), () => inObject(of, content))

/** Another assertion with a signature, where its own would stand. */
function signedAs(assertion: string, signature: string): string {
  return assertion.replace('</saml:Issuer>', () => `</saml:Issuer>${signature}`)
}

/** Whom an assertion is about, with no assertion around it. */
const subjectIn = ({ assertion }: Answer) =>
  `${between(assertion, '<saml:Subject>', '</saml:Subject>')}${between(assertion, '<saml:AttributeStatement>', '</saml:AttributeStatement>')}`

const sameId = (own: Answer, victim: Claims) => answerOf(victim, { assertion: idOf(own.assertion) }).assertion

const withSignature = (evil: Answer, signature: string) =>
  whole({ head: signedAs(evil.head, signature) }, evil.assertion)

const withExtensions = (head: string, content: string) =>
  head.replace('<samlp:Status>', () => `<samlp:Extensions>${content}</samlp:Extensions><samlp:Status>`)

const withChild = (assertion: string, child: string) =>
  assertion.replace(/<\/saml:Assertion>$/, () => `${child}</saml:Assertion>`)

function idOf(xml: string, part: SignedPart = 'assertion'): string {
  const element = part === 'assertion' ? '<saml:Assertion' : '<samlp:Response'
  return /\sID="([^"]*)"/.exec(xml.slice(xml.indexOf(element)))?.[1] ?? ''
}

function between(xml: string, start: string, end: string): string {
  const at = xml.indexOf(start)
  return xml.slice(at, xml.indexOf(end, at) + end.length)
}
