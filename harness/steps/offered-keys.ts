import { generateKeyPairSync } from 'node:crypto'
import type { Kit } from '../check/kit.ts'
import { type DecodedJwt, forgeJwt, type Signing } from '../probes/jwt.ts'
import { ownCertificate } from '../probes/own-certificate.ts'

/** A way in which a token brings the key that it is to be verified by, or says where that is (RFC 7515 §4.1.2 to §4.1.6). */
export interface OfferedKey {
  readonly name: string
  /** A token with this payload. */
  token(payload: object): string
  /** Requests for what the token names, a line each; `null` where it names nothing. */
  readonly asked: (() => Promise<readonly string[]>) | null
}

type Ground = Pick<Kit, 'callback' | 'mailbox'>

/** A key that the target has never seen, and its certificate, which nobody else has signed. */
interface Own {
  readonly alg: 'ES256' | 'RS256'
  readonly signing: Signing
  readonly jwk: Readonly<Record<string, unknown>>
  /** DER in base64, as `x5c` has it. */
  readonly certificate: string
}

/** A token that is signed by such a key and says nothing of it: the negative control. */
export async function unknownKey({ header, payload }: DecodedJwt): Promise<string> {
  const { alg, signing } = await ownKey('ES256')
  return forgeJwt({ ...header, alg }, payload, signing)
}

/** All of them, by elliptic curve and by RSA, as the header of the live token allows. */
export async function offeredKeys({ header, payload }: DecodedJwt, ground: Ground): Promise<OfferedKey[]> {
  const own = await Promise.all((['ES256', 'RS256'] as const).map(ownKey))
  const issuer = String(payload['iss'])
  const host = URL.canParse(issuer) ? new URL(issuer).host : null
  const offered = own.flatMap((key) => {
    const { alg, signing, jwk, certificate } = key
    const carried = (name: string, more: object): OfferedKey => ({
      name: `${alg}, ${name}`,
      token: (payload) => forgeJwt({ ...header, alg, ...more }, payload, signing),
      asked: null,
    })
    const at = async (
      name: string,
      member: 'jku' | 'x5u',
      scheme: 'http' | 'https',
      spell: (url: URL) => string,
    ): Promise<OfferedKey> => {
      const path = `/${ground.mailbox.canary()}`
      const url = new URL(ground.callback.url(path, scheme))
      // Whoever follows the first token finds it there.
      await ground.callback.serve(path, { keys: [{ ...jwk, kid: header['kid'], alg, use: 'sig' }] })
      return {
        ...carried(scheme === 'https' ? `${name}, by TLS` : name, { [member]: spell(url) }),
        asked: async () => (await ground.callback.hits(path)).map(({ method, path }) => `${method} ${path}`),
      }
    }
    return [
      carried('a key in it (jwk)', { jwk }),
      carried('a key in it, by its own id', { jwk: { ...jwk, kid: 'own' }, kid: 'own' }),
      carried('a certificate in it (x5c)', { x5c: [certificate] }),
      // Some go nowhere but by TLS, as RFC 7515 asks for, and so to anybody who has a certificate.
      ...(['http', 'https'] as const).flatMap((scheme) => [
        at('the address of a key (jku)', 'jku', scheme, ({ href }) => href),
        at('the address of a certificate (x5u)', 'x5u', scheme, ({ href }) => href),
        ...(host === null
          ? []
          : [
              at(
                'an address that begins as the issuer does',
                'jku',
                scheme,
                (url) => `${scheme}://${host}@${url.host}${url.pathname}`,
              ),
            ]),
      ]),
    ]
  })
  return Promise.all(offered)
}

async function ownKey(alg: Own['alg']): Promise<Own> {
  const keys =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const jwk = keys.publicKey.export({ format: 'jwk' }) as Own['jwk']
  const certificate = await ownCertificate(alg, keys, { subject: 'CN=issuer' })
  return { alg, jwk, certificate: certificate.toString('base64'), signing: { kind: 'key', pem, alg } }
}
