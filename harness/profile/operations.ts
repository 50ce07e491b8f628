import { analytics } from './operations/analytics.ts'
import { audit } from './operations/audit.ts'
import { contact } from './operations/contact.ts'
import { domain } from './operations/domain.ts'
import { email } from './operations/email.ts'
import { event } from './operations/event.ts'
import { factor } from './operations/factor.ts'
import { inbound } from './operations/inbound.ts'
import { key } from './operations/key.ts'
import { message } from './operations/message.ts'
import { passkey } from './operations/passkey.ts'
import { password } from './operations/password.ts'
import { principal } from './operations/principal.ts'
import { relay } from './operations/relay.ts'
import type { Resource, Verb } from './operations/resource.ts'
import { session } from './operations/session.ts'
import { signup } from './operations/signup.ts'
import { sso } from './operations/sso.ts'
import { subaccount } from './operations/subaccount.ts'
import { suppression } from './operations/suppression.ts'
import { template } from './operations/template.ts'
import { user } from './operations/user.ts'
import { webhook } from './operations/webhook.ts'

/**
 * What a target does, in our words, by what it is done with. A profile maps each operation onto the target's own calls; see
 * `fixtures/targets/example.yaml`.
 */
// biome-ignore format: a line a resource
const table = {
  session,
  sso,
  factor,
  passkey,
  password,
  email,
  signup,
  principal,
  user,
  subaccount,
  key,
  message,
  template,
  contact,
  suppression,
  analytics,
  domain,
  audit,
  webhook,
  inbound,
  relay,
  event,
} as const satisfies Readonly<Record<string, Resource>>

type Table = typeof table
type Kind = keyof Table
type Verbs<K extends Kind> = Table[K]['verbs']
type InputsOf<V> = V extends { readonly inputs: infer Inputs } ? keyof Inputs & string : never

/** `message.send`: an operation of ours. */
export type OperationName = { [K in Kind]: `${K}.${keyof Verbs<K> & string}` }[Kind]

declare const further: unique symbol
/** One beyond our words that a profile declares. No literal is one: `attemptable` and `Profile.operations` give them out. */
export type FurtherOperation = string & { readonly [further]: true }
export type DeclaredOperation = OperationName | FurtherOperation

/** The inputs of an operation by name; of one beyond our words, any. */
export type InputOf<Name extends DeclaredOperation> = Name extends `${infer K extends Kind}.${infer V}`
  ? V extends keyof Verbs<K>
    ? InputsOf<Verbs<K>[V]>
    : string
  : string

/** `message.send:cc`: an operation with an input that it takes. */
export type OperationInput = { [Name in OperationName]: `${Name}:${InputOf<Name>}` }[OperationName]

export interface OperationWords extends Omit<Verb, 'undo'> {
  readonly kind: string
  readonly essential: readonly string[]
  /** The input that names the object it acts on; `null` where it acts on none. */
  readonly object: string | null
  /** The operation that takes back what this one made, called with the named result (or input) as its input. */
  readonly undo: { readonly operation: string; readonly input: string } | null
}

export const resources: Readonly<Record<string, Resource>> = table

export const operations: Readonly<Record<string, OperationWords>> = Object.fromEntries(
  Object.entries(resources).flatMap(([kind, resource]) =>
    Object.entries(resource.verbs).map(([verb, words]) => [`${kind}.${verb}`, full(kind, resource, words)]),
  ),
)

function full(kind: string, { named }: Resource, { undo, ...words }: Verb): OperationWords {
  const object = words.effect !== 'create' && named in words.inputs ? named : null
  return {
    ...words,
    kind,
    object,
    essential: [...(words.essential ?? []), ...(object === null ? [] : [object])],
    undo: undo === undefined ? null : { operation: `${kind}.${undo}`, input: named },
  }
}

/** The operations that send mail. */
export const sendingOperations: readonly string[] = Object.keys(operations).filter(
  (name) => operations[name]?.sends === true,
)

/** Names by which findings speak of what is no call of the API: a profile does not map them. */
export const pseudoOperations = [
  ...(['submission.authenticate', 'submission.send', 'submission.tls', 'inbound.send', 'api.tls'] as const),
  ...([
    'oauth.metadata',
    'oauth.authorize',
    'oauth.token',
    'oauth.revoke',
    'oauth.introspect',
    'oauth.device',
  ] as const),
] as const
export type PseudoOperation = (typeof pseudoOperations)[number]
