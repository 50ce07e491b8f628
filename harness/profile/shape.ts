import type { WebhookScheme } from '../model.ts'
import type { Effect } from './effects.ts'
import type { Example } from './examples.ts'
import type { Expression } from './expressions.ts'
import type { Position } from './layers.ts'
import type { DeclaredOperation } from './operations.ts'

/** A profile as it is read: valid, with its references to secrets still open. */
export interface ProfileDocument {
  /** Absolute path of the file. */
  readonly file: string
  /** What stands in it, unresolved. */
  readonly data: ProfileData
  /** Absolute path of the module that `target.embedded` names. */
  readonly embedded: string | null
  readonly comesUp: ComesUp
  /** Where the value at a path stands, or with `key` its name, or its nearest ancestor. */
  locate(path: readonly (string | number)[], key?: boolean): Position
  /** The absolute path of a file or folder that the value at `at` names. */
  pathOf(at: readonly (string | number)[], value: string): string
}

/** How the target comes up; `external` is there already. */
export type ComesUp = 'embedded' | 'container' | 'command' | 'external'

export type Reference = string | { readonly exec: string | readonly string[] }
export type Template = string | number | boolean

/** The document as the schema allows it; `S` is what stands where a secret belongs. */
export interface ProfileData<S = Reference, P = number | string> {
  readonly extends?: string
  readonly name: string
  readonly target: {
    /** Of a submission service, `smtp` or `smtps`, host and port. */
    readonly url: string
    /** It has no HTTP API: what the profile says under `target.submission` stands under `mail.submission`. */
    readonly submissionAlone?: true
    readonly embedded?: string
    readonly container?: ContainerData
    readonly command?: CommandData
    readonly headers?: Readonly<Record<string, string>>
    readonly timeout?: number
  }
  readonly ca?: string
  readonly openapi?: string
  /** Whole paths, once it is resolved. */
  readonly artifacts?: readonly string[]
  readonly authorization?: {
    readonly owner: string
    readonly until: string
    readonly scope: readonly string[]
  }
  readonly budget?: Budget
  readonly report?: { readonly disclosed?: 'shortened' | 'whole' }
  readonly principals: Readonly<Record<string, PrincipalData<S>>>
  readonly operations: Readonly<Record<string, OperationData>>
  /** The further calls of the OpenAPI document are operations too, but these: `operations.from` and `operations.except`. */
  readonly documented?: { readonly except: readonly string[] }
  readonly mail: MailData<S, P>
  readonly pages?: Readonly<Record<string, PageData>>
  readonly policies?: Policies
  readonly roles?: Readonly<Record<string, '*' | readonly Allowed[]>>
  readonly scopes?: Readonly<Record<string, readonly Allowed[]>>
  readonly shared?: readonly (string | SharedObject)[]
  readonly accounts?: Readonly<Record<string, readonly string[]>>
  readonly jwt?: {
    readonly jwks?: string
    readonly signingKey?: S
    readonly issuer?: string
    readonly audience?: string
    readonly algorithm?: string
  }
  readonly passkeys?: { readonly origin: string }
  readonly saml?: {
    readonly issuer: string
    readonly audience: string
    readonly recipient?: string
    readonly tenant?: string
    readonly key: S
    readonly certificate?: string
  }
  readonly ingest?: {
    readonly scheme?: 'standard-webhooks' | WebhookScheme
    readonly secret?: S
    readonly within?: number
  }
  readonly mcp?: { readonly url: string; readonly tools: Readonly<Record<string, ToolData>> }
  readonly oauth?: {
    readonly issuer: string
    readonly metadata?: string
    readonly origins?: readonly string[]
    readonly scopes?: readonly string[]
    readonly parameters?: Readonly<Record<string, string>>
    readonly signIn?: {
      readonly fields: Readonly<Record<string, S | string>>
      readonly buttons?: Readonly<Record<string, string>>
    }
    readonly clients: Readonly<Record<string, OAuthClientData<S>>>
  }
  readonly dashboard?: {
    readonly signIn: {
      readonly url: string
      readonly fields: Readonly<Record<string, S | string>>
      readonly buttons?: Readonly<Record<string, string>>
    }
    readonly pages: Readonly<Record<string, string>>
    readonly change?: { readonly page: string; readonly field: string; readonly makes?: string }
  }
  readonly sandbox?: {
    readonly zone?: string
    readonly authority?: string
    readonly records?: readonly { readonly name: string; readonly type: string; readonly value: string }[]
    readonly ports?: Readonly<Record<string, number>>
    readonly mailpit?: MailpitData<S>
    readonly forwarder?: { readonly image?: string }
  }
  readonly zap?: ZapData<S>
}

/** One that the provider keeps for all tenants. */
export interface SharedObject {
  readonly kind: string
  readonly id: string
}

/** An operation that a role or a scope allows: on all of its tenant's, or on what it made itself alone. */
export type Allowed = string | { readonly operation: string; readonly of: 'own' }

/** `image` of one that is started, or `url` of one that runs already. */
export interface MailpitData<S> {
  readonly image?: string
  readonly url?: string
  readonly username?: string
  readonly password?: S
  readonly smtp?: string
}

export type OAuthGrant =
  | 'authorization_code'
  | 'client_credentials'
  | 'urn:ietf:params:oauth:grant-type:device_code'

/** A client of the authorization server; without `secret` and `signingKey` a public one. */
export interface OAuthClientData<S> {
  readonly id: string
  readonly secret?: S
  readonly method?: 'client_secret_basic' | 'client_secret_post'
  readonly signingKey?: S
  readonly algorithm?: string
  readonly keyId?: string
  readonly audience?: string
  readonly redirectUri?: string
  readonly grants?: readonly OAuthGrant[]
  readonly scopes?: readonly string[]
  readonly native?: true
}

/** Exactly one of `image`, `home`, `url`. */
export interface ZapData<S> {
  readonly image?: string
  readonly home?: string
  readonly url?: string
  readonly key?: S
  readonly principal?: string
  readonly minutes?: number
  readonly exclude?: readonly string[]
}

/** The driver fills in the references of these two. */
export interface ContainerData {
  readonly image?: string
  readonly build?: {
    readonly context: string
    readonly dockerfile?: string
    readonly args?: Readonly<Record<string, string>>
  }
  readonly run?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly ports: readonly number[]
  readonly ready?: {
    readonly path?: string
    readonly port?: number
    readonly tls?: boolean
    readonly log?: string
    readonly healthcheck?: true
    /** Seconds. */
    readonly within?: number
  }
  readonly volumes?: readonly string[]
  readonly readOnly?: boolean
  readonly announces?: boolean
}

export interface CommandData {
  readonly run: readonly string[]
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly ready?: { readonly url?: string; readonly within?: number }
  readonly announces?: boolean
}

export interface Budget {
  readonly requests?: number
  readonly mails?: number
  readonly perSecond?: number
}

export interface PrincipalData<S> {
  readonly tenant?: string
  readonly role?: string
  readonly scopes?: readonly string[]
  readonly values?: Readonly<Record<string, string | { readonly operation: string; readonly result: string }>>
  readonly none?: true
  readonly bearer?: S
  readonly basic?: { readonly username: string; readonly password: S }
  readonly headers?: Readonly<Record<string, S>>
  readonly query?: Readonly<Record<string, S>>
  readonly body?: Readonly<Record<string, S>>
  readonly sigv4?: {
    readonly accessKeyId: S
    readonly secretAccessKey: S
    readonly sessionToken?: S
    readonly region: string
    readonly service: string
  }
  readonly hmac?: {
    readonly secret: S
    readonly secretEncoding?: 'utf8' | 'hex' | 'base64'
    readonly algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
    readonly message: string
    readonly encoding?: 'hex' | 'base64' | 'base64url'
    readonly timestamp?: 'seconds' | 'milliseconds' | 'iso' | 'http'
    readonly headers?: Readonly<Record<string, string>>
    readonly query?: Readonly<Record<string, string>>
  }
  readonly session?: {
    readonly operation?: string
    readonly input: Readonly<Record<string, S | string | number | boolean>>
    readonly headers?: Readonly<Record<string, string>>
    readonly query?: Readonly<Record<string, string>>
    readonly cookies?: boolean
    readonly code?: {
      readonly request: string
      readonly to?: string
      readonly find: string
      readonly input?: string
    }
  }
}

/** One call of the target: how it is asked, and what its answer says. */
export interface CallData {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, Template>>
  readonly headers?: Readonly<Record<string, Template>>
  readonly body?: string
  readonly form?: string
  readonly multipart?: string
  readonly raw?: { readonly type: string; readonly content: string; readonly base64?: boolean }
  readonly accepted?: string
  readonly refused?: string
  readonly limited?: string
  readonly invalid?: string
  readonly missing?: string
  readonly result?: Readonly<Record<string, string>>
}

export interface UndoData {
  readonly operation: string
  readonly input: string
}

/** A call before an operation's own; what it gives are inputs of those behind it. */
export interface StepData extends CallData {
  readonly undo?: UndoData
}

/** A tool of an MCP server, and the operation that it stands for. */
export interface ToolData extends Pick<CallData, AnswerWord | 'result'> {
  readonly operation: string
  readonly arguments?: string
}

export interface OperationData extends CallData {
  /** It was taken up from the document; `asks`: that says that the call wants a credential. */
  readonly documented?: { readonly asks: boolean }
  readonly pathWith?: Readonly<Record<string, string>>
  readonly as?: string
  readonly current?: string
  readonly effect?: Effect
  readonly inputs?: readonly string[]
  readonly example?: Example
  readonly undo?: false | UndoData
  /** The calls before its own. */
  readonly steps?: readonly StepData[]
  /** The calls after its own, for what its answer does not give. */
  readonly afterwards?: readonly CallData[]
}

export interface SubmissionData<S, P> {
  readonly host: string
  readonly starttls?: P
  readonly implicit?: P
  readonly username?: string
  readonly secret?: S
  /** A template over what `key.create` gives, by which a key that a run made signs in. */
  readonly usernameOfKey?: string
}

export interface MailData<S, P> {
  readonly from: string
  readonly domains?: readonly string[]
  readonly selectors?: readonly string[]
  readonly signedBy?: 'target' | 'relay'
  readonly recipients?: { readonly route: 'mx' | 'relay' | 'mailpit'; readonly domains?: readonly string[] }
  readonly submission?: SubmissionData<S, P>
  readonly egressAddresses?: readonly string[]
  /** Seconds. */
  readonly delivery?: { readonly within: number }
  readonly journal?: readonly string[]
  readonly inbound?: { readonly host: string; readonly port: P }
  /** Addresses; `{tag}` in one stands for any word. */
  readonly received?: readonly string[]
  /** Copies. */
  readonly inFlight?: number
}

/** Exactly one of `url` and `field`; `at` goes with `field`. */
export interface PageData {
  readonly url?: string
  readonly field?: 'List-Unsubscribe'
  readonly at?: string
  readonly as?: string
}

/** Seconds, where nothing else is said. */
export interface Policies {
  readonly limits?: {
    /** What is promised, `limit` with `window`, and else what is demanded. */
    readonly send?: {
      readonly limit?: number
      readonly window?: number
      readonly demand?: { readonly limit: number; readonly window: number }
      readonly per?: 'key' | 'tenant' | 'address'
      readonly principal?: string
    }
    readonly signIn?: {
      readonly perAccount?: number
      readonly perSource?: number
      /** Guesses. */
      readonly demand?: number
      readonly window?: number
    }
    readonly badKeys?: { readonly perSource?: number; readonly window?: number }
    readonly codes?: { readonly perAccount?: number; readonly window?: number }
    /** Of one message: what is promised or demanded. */
    readonly recipients?: number
  }
  readonly keys?: {
    readonly revocation?: number
    readonly overlap?: number
    readonly maximumAge?: number
    readonly exposure?: number
    readonly alert?: number
    readonly projects?: { readonly kinds: readonly string[]; readonly names?: readonly string[] }
  }
  readonly tls?: { readonly minimum?: 'TLSv1.2' | 'TLSv1.3' }
  readonly outboundTls?: 'opportunistic' | 'require' | 'verify'
  readonly links?: { readonly hosts?: readonly string[] }
  readonly retry?: { readonly within?: number }
  /** Milliseconds. */
  readonly timing?: { readonly difference?: number }
  readonly tokens?: {
    readonly leeway?: number
    readonly revocation?: number
    readonly lifetime?: number
    readonly reuse?: number
  }
  readonly domains?: { readonly recheck?: number }
  readonly retention?: { readonly audit?: number }
  readonly webhooks?: {
    readonly scheme?: 'standard-webhooks' | WebhookScheme
    /** Which of the sandbox's own addresses, or another URL that leads there. */
    readonly receiver?: string
    readonly within?: number
    readonly retry?: number
    readonly overlap?: number
  }
}

export const answerWords = ['limited', 'missing', 'refused', 'invalid', 'accepted'] as const
export type AnswerWord = (typeof answerWords)[number]

/** An operation, ready to be called. */
export interface Operation {
  readonly name: DeclaredOperation
  /** `contact`, of `contact.list`. */
  readonly kind: string
  readonly effect: Effect
  /** Mail goes out by it. */
  readonly sends: boolean
  /** The inputs that say to whom mail goes, those of ours or of its example. */
  readonly mailTo: readonly string[]
  /** The input that names the object it acts on; `null` where it acts on none, or carries no such input. */
  readonly object: string | null
  /** What it is called with to try it, beside our own sample and what names its object. */
  readonly example: Example
  readonly method: string
  readonly path: string
  /** The path instead, of a call that has the input. */
  readonly pathWith: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, Template>>
  readonly headers: Readonly<Record<string, Template>>
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'json' | 'form' | 'multipart'; readonly expression: Expression }
    | {
        readonly kind: 'raw'
        readonly type: string
        readonly base64: boolean
        readonly expression: Expression
      }
  /** Who calls it unless a check says otherwise; `null` is nobody. */
  readonly as: string | null
  /** Who calls it by the profile's own word, also for what a check makes and looks at; `null` where that says nobody. */
  readonly caller: string | null
  /** The operation that reads the object before, for a call that wants all of it. */
  readonly current: string | null
  /** Which inputs it can carry. */
  readonly inputs: ReadonlySet<string>
  readonly answers: Readonly<Partial<Record<AnswerWord, Expression>>>
  readonly result: Readonly<Record<string, Expression>>
  readonly undo: { readonly operation: string; readonly input: Expression } | null
  /** The calls before its own, each by a name of its place in the profile; what they give are inputs of those behind them. */
  readonly steps: readonly Operation[]
  /** The calls after its own, once that was accepted: what they give are results of the whole. */
  readonly afterwards: readonly Operation[]
  /** It goes to an MCP server, as JSON-RPC; `tool`: by that tool, whose answer is read, and not only what it came in. */
  readonly rpc: { readonly origin: string; readonly tool: string | null } | null
  /** Nobody declared it: the document has it, and what it says of it may be wrong. `asks`: by that it wants a credential. */
  readonly documented: { readonly asks: boolean } | null
}

/** What an MCP server is asked, ready to be called. */
export interface McpCalls {
  readonly initialize: Operation
  /** Told once that was accepted. */
  readonly initialized: Operation
  readonly list: Operation
  /** By their names: each is the operation that it stands for, by another way. */
  readonly tools: Readonly<Record<string, Operation>>
}

export interface Secret {
  /** A shell variable's name, without the dollar sign. */
  readonly name: string
  readonly value: string
}

type Data = ProfileData<string, number>
export type Principal = PrincipalData<string>

/** A profile with its secrets filled in and its expressions compiled. */
export interface Profile
  extends Omit<
    Data,
    'operations' | 'mail' | 'policies' | 'roles' | 'scopes' | 'shared' | 'accounts' | 'ca' | 'target'
  > {
  readonly file: string
  readonly target: Data['target'] & { readonly timeout: number }
  /** PEM of the CAs that `ca` names, besides the system's; `null` without it. */
  readonly ca: string | null
  readonly operations: Readonly<Record<string, Operation>>
  readonly mail: Omit<Data['mail'], 'delivery' | 'domains' | 'selectors' | 'egressAddresses' | 'journal'> & {
    readonly domains: readonly string[]
    readonly selectors: readonly string[]
    readonly egressAddresses: readonly string[]
    readonly journal: readonly string[]
    readonly delivery: { readonly within: number }
  }
  readonly policies: Policies
  readonly roles: Readonly<Record<string, '*' | readonly string[]>>
  /** Of what a role or a scope allows, what it allows on the caller’s own objects alone. */
  readonly ownOnly: Readonly<Record<'roles' | 'scopes', Readonly<Record<string, readonly string[]>>>>
  readonly scopes: Readonly<Record<string, readonly string[]>>
  /** What all tenants of an installation have in common: everything of a kind, or single objects. */
  readonly shared: readonly (string | SharedObject)[]
  /** Addresses of accounts that exist, by the state that they are in. */
  readonly accounts: Readonly<Record<string, readonly string[]>>
  /** Of `mcp`; `null` without it. */
  readonly mcpCalls: McpCalls | null
  /** Every secret value of the profile, for redaction. */
  readonly secrets: readonly Secret[]
}
