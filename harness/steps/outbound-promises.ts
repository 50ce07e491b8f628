import type { Severity } from '../model.ts'
import type { Policies } from '../profile/shape.ts'

type Promised = Policies['outboundTls']

/**
 * What it weighs that mail is handed to an exchanger that cannot prove who it is. Where any TLS is optional a promise is kept: to refuse
 * old TLS there would mean clear text.
 */
export function weightOfUnproven(promise: Promised, shows: 'a bad certificate' | 'old TLS'): Severity {
  if (promise === 'verify') return 'high'
  return promise === 'require' && shows === 'old TLS' ? 'medium' : 'low'
}

/** The same of mail in clear text, whole or its envelope alone; `offered`: by an exchanger that offers TLS, with a right certificate. */
export function weightOfClearText(promise: Promised, seen: 'offered' | 'whole' | 'envelope'): Severity {
  const optional = promise === 'opportunistic'
  if (seen === 'offered') return optional ? 'medium' : 'critical'
  if (optional) return 'low'
  return seen === 'whole' ? 'critical' : 'high'
}
