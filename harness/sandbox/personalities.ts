import type { SecureContextOptions } from 'node:tls'
import { type Personality, personalities } from '../model.ts'
import type { CertificateFault } from './certificates.ts'
import { replyTexts } from './passing-failures.ts'

/** How an exchanger differs from a sound one. */
export interface Behaviour {
  /** `absent` neither offers nor knows STARTTLS; `refused` answers 454; `garbage` answers 220 and then no TLS. */
  readonly startTls: 'sound' | 'absent' | 'refused' | 'garbage'
  readonly certificate: CertificateFault | null
  readonly tls: SecureContextOptions
  /** What RCPT is answered; `null` accepts. */
  readonly recipientReply: string | null
  /** Milliseconds before each reply. */
  readonly delay: number
}

const sound: Behaviour = {
  startTls: 'sound',
  certificate: null,
  tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' },
  recipientReply: null,
  delay: 0,
}

export const behaviours: Readonly<Record<Personality, Behaviour>> = {
  sound,
  'no-starttls': { ...sound, startTls: 'absent' },
  'starttls-refused': { ...sound, startTls: 'refused' },
  'starttls-garbage': { ...sound, startTls: 'garbage' },
  'untrusted-certificate': { ...sound, certificate: 'untrusted' },
  'expired-certificate': { ...sound, certificate: 'expired' },
  'wrong-name-certificate': { ...sound, certificate: 'wrong-name' },
  // RFC 8996 retires TLS 1.0 and 1.1; OpenSSL 3 speaks them at security level 0 alone.
  'old-tls': {
    ...sound,
    tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
  },
  'temporary-failure': { ...sound, recipientReply: replyTexts['451'] },
  slow: { ...sound, delay: 300 },
}

/** One value for each personality. */
export function forEachPersonality<Value>(
  make: (personality: Personality) => Value,
): Record<Personality, Value> {
  return Object.fromEntries(personalities.map((name) => [name, make(name)])) as Record<Personality, Value>
}
