import { createPublicKey, randomBytes } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import XmlBuilder from 'fast-xml-builder'
import { SignedXml } from 'xml-crypto'

/** What an identity provider says of a sign-in (SAML 2.0 core §2.3.3, profiles §4.1.4.2). Times are milliseconds since 1970. */
export interface Claims {
  readonly issuer: string
  /** An address: the NameID. */
  readonly subject: string
  readonly audience: string
  readonly recipient: string
  /** The id of the request; `null` for an answer that nobody asked for. */
  readonly inResponseTo: string | null
  readonly notBefore: number
  readonly notOnOrAfter: number
  /** Until when the subject is confirmed. */
  readonly confirmedUntil: number
}

/** PEM of an RSA key, and of the certificate that goes with it, where it is shown. */
export interface SigningKey {
  readonly key: string
  readonly certificate: string | null
  /** Shows the bare key instead (XML Signature §4.4.2). */
  readonly isBare?: boolean
}

/** What of an answer is signed. */
export type SignedPart = 'assertion' | 'response' | 'both'

/** The markup of an answer, and of the assertion in it. */
export interface Answer {
  /** All up to the end of Status. */
  readonly head: string
  readonly assertion: string
}

const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const saml = 'urn:oasis:names:tc:SAML:2.0'
export const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
export const hmacSha1 = 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'

const builder = new XmlBuilder({ attributeNamePrefix: '@', ignoreAttributes: false })

/** An id as XML wants it (xs:ID). */
export const newId = () => `_${randomBytes(20).toString('hex')}`

/** Claims of a sign-in that is under way now. */
export function claimsNow(who: Omit<Claims, 'notBefore' | 'notOnOrAfter' | 'confirmedUntil'>): Claims {
  const now = Date.now()
  return { ...who, notBefore: now - 60_000, notOnOrAfter: now + 300_000, confirmedUntil: now + 300_000 }
}

/** An answer with nothing signed. The assertion brings its own namespace, so that it may stand anywhere. */
export function answerOf(claims: Claims, ids: { readonly assertion?: string } = {}): Answer {
  const issued = time(Date.now())
  const said = { '@Version': '2.0', '@IssueInstant': issued }
  const answers = claims.inResponseTo === null ? {} : { '@InResponseTo': claims.inResponseTo }
  const response = builder.build({
    'samlp:Response': {
      ...{ '@xmlns:samlp': `${saml}:protocol`, '@xmlns:saml': `${saml}:assertion`, '@ID': newId(), ...said },
      ...{ '@Destination': claims.recipient, ...answers },
      'saml:Issuer': claims.issuer,
      'samlp:Status': { 'samlp:StatusCode': { '@Value': `${saml}:status:Success` } },
    },
  })
  const assertion = builder.build({
    'saml:Assertion': {
      ...{ '@xmlns:saml': `${saml}:assertion`, '@ID': ids.assertion ?? newId(), ...said },
      'saml:Issuer': claims.issuer,
      'saml:Subject': {
        'saml:NameID': {
          '@Format': 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
          '#text': claims.subject,
        },
        'saml:SubjectConfirmation': {
          '@Method': `${saml}:cm:bearer`,
          'saml:SubjectConfirmationData': {
            ...{ '@NotOnOrAfter': time(claims.confirmedUntil), '@Recipient': claims.recipient, ...answers },
          },
        },
      },
      'saml:Conditions': {
        ...{ '@NotBefore': time(claims.notBefore), '@NotOnOrAfter': time(claims.notOnOrAfter) },
        'saml:AudienceRestriction': { 'saml:Audience': claims.audience },
      },
      'saml:AuthnStatement': {
        ...{ '@AuthnInstant': issued, '@SessionIndex': newId() },
        'saml:AuthnContext': {
          'saml:AuthnContextClassRef': `${saml}:ac:classes:PasswordProtectedTransport`,
        },
      },
      'saml:AttributeStatement': {
        'saml:Attribute': {
          ...{ '@Name': 'email', '@NameFormat': `${saml}:attrname-format:basic` },
          'saml:AttributeValue': claims.subject,
        },
      },
    },
  })
  return { head: String(response).replace(/<\/samlp:Response>$/, ''), assertion: String(assertion) }
}

/** The whole document, with these in place of its one assertion. */
export function whole({ head }: Pick<Answer, 'head'>, ...content: readonly string[]): string {
  return `${head}${content.join('')}</samlp:Response>`
}

/** The same with an enveloped signature behind the first Issuer of that part (SAML 2.0 core §5.4). */
export function signed(
  answer: Answer,
  part: SignedPart,
  signing: SigningKey,
  algorithm: typeof rsaSha256 | typeof hmacSha1 = rsaSha256,
): Answer {
  if (part === 'both') {
    const inner = signed(answer, 'assertion', signing, algorithm)
    return signed(inner, 'response', signing, algorithm)
  }
  const { key, certificate, isBare = false } = signing
  const signer = new SignedXml({
    ...{ privateKey: key, signatureAlgorithm: algorithm, canonicalizationAlgorithm: exclusive },
    ...(certificate === null ? {} : { publicCert: certificate }),
    ...(isBare ? { getKeyInfoContent: () => bareKey(key) } : {}),
  })
  if (algorithm === hmacSha1) signer.enableHMAC()
  const element = part === 'assertion' ? 'Assertion' : 'Response'
  const xpath = `//*[local-name(.)='${element}']`
  signer.addReference({ xpath, transforms: [enveloped, exclusive], digestAlgorithm: sha256 })
  const location = { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' } as const
  signer.computeSignature(whole(answer, answer.assertion), { prefix: 'ds', location })
  return answerIn(signer.getSignedXml())
}

/** A document with one assertion, as `whole` puts it together. */
export function answerIn(xml: string): Answer {
  const [start, end] = [xml.indexOf('<saml:Assertion'), xml.lastIndexOf('</samlp:Response>')]
  return { head: xml.slice(0, start), assertion: xml.slice(start, end) }
}

/** A request as it is sent to an identity provider in the query of a URL (SAML 2.0 bindings §3.4.4.1); `null` for none. */
export function requestIn(
  location: string,
  most: number,
): { readonly id: string; readonly relayState: string | null } | null {
  const query = URL.parse(location, 'https://relative.invalid')?.searchParams
  const request = query?.get('SAMLRequest')
  if (!query || !request) return null
  try {
    const sent = Buffer.from(request, 'base64')
    // Of a form it is not compressed (§3.5.4).
    const xml = (
      sent[0] === 0x3c ? sent.subarray(0, most) : inflateRawSync(sent, { maxOutputLength: most })
    ).toString()
    const id = /<(?:\w+:)?AuthnRequest\b[^>]*?\sID=["']([\w.-]+)["']/.exec(xml)?.[1]
    return id === undefined ? null : { id, relayState: query.get('RelayState') }
  } catch {
    return null
  }
}

/** What stands in KeyInfo of a key that is shown as it is. */
function bareKey(pem: string): string {
  const { n = '', e = '' } = createPublicKey(pem).export({ format: 'jwk' })
  const [modulus, exponent] = [n, e].map((value) => Buffer.from(value, 'base64url').toString('base64'))
  return `<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${modulus}</ds:Modulus><ds:Exponent>${exponent}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>`
}

function time(at: number): string {
  return new Date(at).toISOString()
}
