import { Secret, TOTP, URI } from 'otpauth'
import { noteMade } from '../made-values.ts'

/** What makes the codes of one secret (RFC 6238). */
export interface Authenticator {
  /** Seconds of a step. */
  readonly period: number
  /** The secret as people type it: base32 without padding. */
  readonly secret: string
  /** The step that a time is in: epoch milliseconds. */
  stepAt(time: number): number
  codeAt(step: number): string
}

/** Characters: an URI of a QR code has a few hundred. */
const longest = 4096

/**
 * By what an enrolment gave: the `otpauth:` URI of its QR code or, without one, its secret in base32 with the usual six digits of 30
 * seconds by SHA-1. `null` where neither is one that applications on phones can use.
 */
export function readAuthenticator({
  uri,
  secret,
}: {
  readonly uri?: unknown
  readonly secret?: unknown
}): Authenticator | null {
  const totp = read(uri, (text) => URI.parse(text)) ?? read(secret, ofSecret)
  if (!(totp instanceof TOTP)) return null
  const { period, digits } = totp
  const secretText = totp.secret.base32
  const stepAt = (time: number) => Math.floor(time / 1000 / period)
  if (period < 1 || period > 3600 || digits < 4 || digits > 10) return null
  return {
    period,
    ...{ secret: secretText, stepAt },
    codeAt(step) {
      const code = totp.generate({ timestamp: step * period * 1000 })
      const off = step - stepAt(Date.now())
      noteMade(code, () => ({
        of: [secretText],
        command: ([word]) => `printf '%s' ${word} | ${generation(totp, off)}`,
      }))
      return code
    },
  }
}

const ofSecret = (text: string) =>
  new TOTP({ secret: Secret.fromBase32(text.replace(/[ -]/g, '').toUpperCase()) })

function read<T>(text: unknown, parse: (text: string) => T): T | null {
  if (typeof text !== 'string' || text === '' || text.length > longest) return null
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** A command for `sh` that reads a secret and prints the code of so many steps from now (RFC 4226 §5.3). */
function generation({ algorithm, digits, period }: TOTP, off: number): string {
  const script = [
    'const bits = [...require("fs").readFileSync(0, "latin1")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("")',
    'const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))',
    `const step = Buffer.alloc(8)`,
    `step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / ${period * 1000}) + ${off}))`,
    `const mac = require("crypto").createHmac("${algorithm}", key).update(step).digest()`,
    `const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff`,
    `process.stdout.write(String(number).slice(-${digits}).padStart(${digits}, "0"))`,
  ]
  return `node -e '${script.join('; ')}'`
}
