import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DecodedJwt } from './jwt.ts'

/** What stands in the examples of books, frameworks and settings, and what people type who are asked for a secret. */
const words = `
  secret, secrets, shared secret, my secret, our secret, the secret, super secret, top secret, very secret,
  so secret, big secret, some secret, a secret, no secret, not so secret, secret sauce, secret key,
  my secret key, super secret key, very secret key, secret word, secret phrase, secret token, jwt,
  jwt secret, jwt key, jwt secret key, jwt token, jwt token secret, jwt private key, my jwt secret, token,
  token secret, token key, access token, access token secret, access secret, refresh token secret, session,
  session secret, cookie secret, auth, auth secret, auth key, auth token, signing key, sign key, signature,
  signing secret, hmac, hmac secret, hmac key, hs256, hs512, sha256, encryption key, crypto, api, api key,
  api secret, app, app key, app secret, application secret, client secret, server secret, key, my key,
  private key, public key, master key, default key, security key, secure key, private, change me,
  change it, change this, change me please, please change me, change me now, change this secret,
  change me in production, replace me, replace this, replace with your secret, to be changed, set me,
  fill me in, your secret, your secret key, your jwt secret, your secret here, your key here,
  your private key, your token, your 256 bit secret, your 384 bit secret, your 512 bit secret,
  enter your secret here, insert secret here, a string secret at least 256 bits long,
  a valid string secret that is at least 512 bits long which is very long, this is a secret,
  this is my secret, this is a secret key, this is secret, keep it secret, do not tell anyone, password,
  passwort, passw0rd, p@ssw0rd, pass, passphrase, my password, default password, pwd, admin, administrator,
  root, user, guest, test, tests, testing, test secret, test key, test token, tester, unit test,
  integration, dev, develop, development, dev secret, development secret, staging, stage, prod, production,
  production secret, local, localhost, local secret, local dev secret, example, example secret,
  example key, sample, sample secret, demo, demo secret, dummy, dummy secret, mock, fake, placeholder,
  default, default secret, none, null, nil, undefined, empty, blank, true, false, todo, fixme, tbd, xxx,
  xxxxxxxx, aaaaaaaa, abc, abc123, abcdef, abcdefgh, abcdefghijklmnopqrstuvwxyz, qwerty, qwertyuiop, asdf,
  asdfghjkl, 1, 12, 123, 1234, 12345, 123456, 1234567, 12345678, 123456789, 1234567890, 0, 0000, 00000000,
  0123456789, 0123456789abcdef, 0123456789abcdef0123456789abcdef, 1111, 11111111,
  12345678901234567890123456789012, 00000000000000000000000000000000, deadbeef, cafebabe, 42, 4711, 31337,
  foo, bar, foobar, foo bar baz, hello, hello world, world, letmein, welcome, iloveyou, monkey, dragon,
  shh, shhh, shhhh, shhhhh, hush, keyboard cat, insecure, unsafe, notsecure, not secure, weak, safe, node,
  nodejs, express, nestjs, fastify, koa, django, django insecure, flask, fastapi, rails, laravel, spring,
  spring boot, java, golang, php, symfony, dotnet, docker, kubernetes, redis, postgres, mongo, mail,
  mailer, email, smtp, newsletter, backend, frontend, server, service, web, website, company
`
  .split(',')
  .map((word) => word.trim())

const behind = ['', '!', '1', '12', '123', '1234', '2024', '2025', '2026', '.', '?', '\n', '\r\n']
const behindNames = ['', '!', '1', '123']

/** How a word is written in settings: in capitals too, with the spaces as they come, and what people hang behind it. */
function spelled(word: string, ends = behind): string[] {
  const joined = ['', '-', '_', ' ', '.'].map((between) => word.replaceAll(' ', between))
  const camel = word.replace(/ (.)/g, (_, first: string) => first.toUpperCase())
  const plain = [...new Set([...joined, camel])]
  const cased = plain.flatMap((text) => [
    text,
    text.toUpperCase(),
    text.charAt(0).toUpperCase() + text.slice(1),
  ])
  return cased.flatMap((text) => ends.map((end) => text + end))
}

/** A few that are tried at the target itself; the rest costs nothing. */
export const mostUsual = [
  '',
  'secret',
  'changeme',
  'password',
  'your-256-bit-secret',
  'jwt-secret',
  'test',
  'key',
]

/** Names of the target, such as its hosts, and what people make of them. */
function ofNames(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => [name, ...domainsOver(name), ...name.split(/[.:/@\s]+/)])
  const besides = ['secret', 'key', 'jwt', 'token', 'jwt secret', 'secret key', 'api', 'password', 'auth']
  return [...new Set(parts)]
    .slice(0, 200)
    .flatMap((part) => [
      ...spelled(part, behindNames),
      ...besides.flatMap((other) => [
        ...spelled(`${part} ${other}`, behindNames),
        ...spelled(`${other} ${part}`, behindNames),
      ]),
    ])
}

/** Of a host, those that it belongs to. */
function domainsOver(host: string): string[] {
  const labels = /^[\w-]+(?:\.[\w-]+)+$/.test(host) ? host.split('.') : []
  return labels.map((_, at) => labels.slice(at).join('.'))
}

/** No list of ours is longer. */
const most = 200_000

/** Each as text and, where it reads so, as the bytes that it is in base 64 or 16. */
function* keysOf(texts: Iterable<string>): Generator<Buffer> {
  for (const text of texts) {
    yield Buffer.from(text)
    if (/^[A-Za-z0-9+/_-]{4,}=*$/.test(text)) yield Buffer.from(text, 'base64')
    if (/^(?:[0-9a-f]{2})+$/i.test(text)) yield Buffer.from(text, 'hex')
  }
}

/** What there is of the target besides: names that it has, and texts of its documents as they are. */
export interface Known {
  readonly names: readonly string[]
  readonly texts: readonly string[]
}

const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const
export type HmacAlgorithm = keyof typeof hashes

export function hmacAlgorithmOf({ header }: Pick<DecodedJwt, 'header'>): HmacAlgorithm | null {
  const { alg } = header
  return alg === 'HS256' || alg === 'HS384' || alg === 'HS512' ? alg : null
}

/**
 * The secret that a token is signed with by HMAC, where it is usual, or made of what is known of the target; `null` where it is
 * not. `tried` is how many there were. Nothing is sent, and no other secret gives that signature.
 */
export function usualSecretOf(
  { header, parts }: DecodedJwt,
  { names, texts }: Known,
): { readonly key: Buffer | null; readonly tried: number } {
  const alg = hmacAlgorithmOf({ header })
  if (alg === null) throw new Error(`expected a token signed by HMAC; seen ${String(header['alg'])}`)
  const [head, payload, signature] = parts
  const [input, wanted] = [`${head}.${payload}`, Buffer.from(signature, 'base64url')]
  const all = [...['', ...words].flatMap((word) => spelled(word)), ...ofNames(names), ...texts]
  const tried = new Set<string>()
  for (const key of keysOf(all.slice(0, most))) {
    const name = key.toString('latin1')
    if (tried.has(name)) continue
    tried.add(name)
    const made = createHmac(hashes[alg], key).update(input).digest()
    if (made.length === wanted.length && timingSafeEqual(made, wanted)) return { key, tried: tried.size }
  }
  return { key: null, tried: tried.size }
}
