import type { MadeValue } from '../made-values.ts'
import { singleQuoted } from '../shell.ts'
import type { DecodedJwt, Signing } from './jwt.ts'

/** A live token that others are made of. */
export interface LiveJwt extends DecodedJwt {
  readonly token: string
}

export interface Forgery {
  readonly header: object | string
  readonly payload: object | string
  readonly signing: Signing
  /** Epoch seconds. */
  readonly now: number
}

/** What a key of HMAC is made of: an expression for Node.js that knows `jwk`, and where the key set is that has it. */
export interface KnownForm {
  readonly expression: string
  readonly url: string
}

type Members = Readonly<Record<string, unknown>>

/** How a line makes such a token now, of the live ones that it resembles, by Node.js; `null` where there is none, or it names a place of ours. */
export function remade(
  forgery: Forgery,
  lives: readonly LiveJwt[],
  form: KnownForm | null,
): MadeValue | null {
  const { header, payload, signing, now } = forgery
  const signers =
    signing.kind === 'verbatim'
      ? lives.filter(({ parts }) => changedSignature(signing.signature, parts[2]) !== null)
      : lives
  const first = nearest(signers, header, 'header')
  const second = nearest(lives, payload, 'payload')
  if (first === null || second === null || (isMembers(header) && ('jku' in header || 'x5u' in header)))
    return null
  const tokens = first === second ? [first.token] : [first.token, second.token]
  const own = ownKey(header, signing)
  const secret =
    signing.kind === 'key' && own === null
      ? [signing.pem]
      : signing.kind === 'hmac' && typeof signing.key === 'string' && form === null
        ? [signing.key]
        : []
  const lines = [
    'const crypto = require("node:crypto")',
    `const [, ${['a', ...(first === second ? [] : ['b']), ...(secret.length > 0 ? ['key'] : form === null ? [] : ['keys'])].join(', ')}] = process.argv`,
    'const read = (token, part) => JSON.parse(Buffer.from(token.split(".")[part], "base64url"))',
    'const write = (part) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url")',
    ...(own ?? []),
    `const header = ${changed(header, first.header, 'read(a, 0)', now, own === null ? [] : ['jwk', 'x5c'], own)}`,
    `const payload = ${changed(payload, second.payload, `read(${first === second ? 'a' : 'b'}, 1)`, now)}`,
    ...(form === null
      ? []
      : [
          'const published = JSON.parse(keys).keys',
          'const jwk = published.find(({ kid }) => kid === header.kid) ?? published[0]',
        ]),
    'const input = write(header) + "." + write(payload)',
    `console.log(${signed(signing, first, own !== null, form)})`,
  ]
  const isTimed = lines.some((line) => /\bnow\b/.test(line))
  const script = (isTimed ? ['const now = Math.floor(Date.now() / 1000)', ...lines] : lines).join('\n')
  return {
    of: [...tokens, ...secret],
    command: (words, spelled) =>
      [
        'node -e',
        singleQuoted(script),
        ...words,
        ...(form === null ? [] : [`"$(curl -sS --cacert "$CA" ${spelled(form.url)})"`]),
      ].join(' '),
  }
}

/** The one that has most members in common with it. */
function nearest(
  lives: readonly LiveJwt[],
  part: object | string,
  which: 'header' | 'payload',
): LiveJwt | null {
  const shared = (live: LiveJwt) =>
    isMembers(part)
      ? Object.entries(part).filter(([name, value]) => isSame(live[which][name], value)).length
      : 0
  const counted = lives.map((live) => ({ live, count: shared(live) })).filter(({ count }) => count > 0)
  return counted.sort((a, b) => b.count - a.count)[0]?.live ?? null
}

/** As an expression of what the live one has: its members, but for those that are others or none. */
function changed(
  part: object | string,
  live: Members,
  read: string,
  now: number,
  made: readonly string[] = [],
  own: readonly string[] | null = null,
): string {
  if (!isMembers(part)) return JSON.stringify(part)
  const gone = Object.keys(live).filter((name) => part[name] === undefined)
  const others = Object.entries(part).filter(
    ([name, value]) => value !== undefined && !isSame(live[name], value) && !made.includes(name),
  )
  const base =
    gone.length === 0
      ? read
      : `(({ ${gone.map((name, at) => `${JSON.stringify(name)}: _${at}`).join(', ')}, ...rest }) => rest)(${read})`
  const members = [
    `...${base}`,
    ...others.map(([name, value]) => `[${JSON.stringify(name)}]: ${literal(name, value, now)}`),
    ...(own === null ? [] : ['...offered']),
  ]
  return members.length === 1 && gone.length === 0 ? read : `{ ${members.join(', ')} }`
}

/** Times are told from now on. */
function literal(name: string, value: unknown, now: number): string {
  if (['iat', 'nbf', 'exp', 'auth_time'].includes(name) && typeof value === 'number' && value > 0) {
    const away = Math.round(value) - now
    return `now ${away < 0 ? '-' : '+'} ${Math.abs(away)}`
  }
  return JSON.stringify(value)
}

/** Of a token that brings its own key, how another one is made; `null` of others. */
function ownKey(header: object | string, signing: Signing): string[] | null {
  if (!isMembers(header) || signing.kind !== 'key') return null
  const isCurve = signing.alg.startsWith('ES')
  if ('jwk' in header) {
    const kid = isMembers(header['jwk']) ? header['jwk']['kid'] : undefined
    return [
      `const { privateKey, publicKey } = crypto.generateKeyPairSync(${isCurve ? '"ec", { namedCurve: "P-256" }' : '"rsa", { modulusLength: 2048 }'})`,
      `const offered = { jwk: { ...publicKey.export({ format: "jwk" })${kid === undefined ? '' : `, kid: ${JSON.stringify(kid)}`} } }`,
    ]
  }
  if (!('x5c' in header)) return null
  const kind = isCurve ? '"ec", "-pkeyopt", "ec_paramgen_curve:P-256"' : '"rsa:2048"'
  return [
    `const made = require("node:child_process").execFileSync("openssl", ["req", "-x509", "-newkey", ${kind}, "-nodes", "-keyout", "-", "-subj", "/CN=issuer", "-days", "1"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })`,
    'const privateKey = crypto.createPrivateKey(made)',
    'const offered = { x5c: [new crypto.X509Certificate(made.slice(made.indexOf("-----BEGIN CERTIFICATE"))).raw.toString("base64")] }',
  ]
}

/** The whole token, as an expression. */
function signed(signing: Signing, live: LiveJwt, isOwn: boolean, form: KnownForm | null): string {
  switch (signing.kind) {
    case 'none':
      return 'input + "."'
    case 'two-parts':
      return 'input'
    case 'verbatim':
      return `input + "." + ${changedSignature(signing.signature, live.parts[2])}`
    case 'hmac': {
      const key =
        form !== null
          ? form.expression
          : typeof signing.key === 'string'
            ? 'key'
            : `Buffer.from("${Buffer.from(signing.key).toString('hex')}", "hex")`
      return `input + "." + crypto.createHmac("${signing.hash}", ${key}).update(input).digest("base64url")`
    }
    case 'key': {
      const { alg } = signing
      const hash = alg === 'EdDSA' ? 'null' : `"sha${alg.slice(2)}"`
      const options = alg.startsWith('PS')
        ? ', padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST'
        : ', dsaEncoding: "ieee-p1363"'
      return `input + "." + crypto.sign(${hash}, Buffer.from(input), { key: ${isOwn ? 'privateKey' : 'key'}${options} }).toString("base64url")`
    }
  }
}

/** What became of the live signature, as an expression; `null` where it is none of it. */
function changedSignature(signature: string, live: string): string | null {
  const own = 'a.split(".")[2]'
  const bytes = Buffer.from(signature, 'base64url')
  const before = Buffer.from(live, 'base64url')
  if (signature === '') return '""'
  if (signature === live) return own
  if (live.startsWith(signature)) return `${own}.slice(0, ${signature.length - live.length})`
  if (bytes.every((byte) => byte === 0)) return `Buffer.alloc(${bytes.length}).toString("base64url")`
  const differing =
    bytes.length === before.length ? [...bytes].flatMap((byte, at) => (byte === before[at] ? [] : [at])) : []
  const [only] = differing
  if (differing.length === 1 && only !== undefined)
    return `((bytes) => (bytes[${only}] ^= ${(bytes[only] ?? 0) ^ (before[only] ?? 0)}, bytes))(Buffer.from(${own}, "base64url")).toString("base64url")`
  return null
}

function isMembers(part: unknown): part is Members {
  return part !== null && typeof part === 'object' && !Array.isArray(part)
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
