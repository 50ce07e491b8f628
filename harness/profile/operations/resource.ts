import type { Effect } from '../effects.ts'

export type InputKind =
  | 'text'
  | 'number'
  | 'time'
  | 'mailbox'
  | 'mailboxes'
  /** A list, each as the inputs of `message.send`. */
  | 'messages'
  /** A whole message in base64. */
  | 'mime'
  | 'texts'
  | 'fields'
  /** JSON of somebody else's making. */
  | 'object'
  | 'attachments'

export type ResultKind = 'text' | 'number' | 'secret' | 'list' | 'any'

/** What samples are made of, fresh for each of them. */
export interface Makings {
  /** 124 random bits in hex, to stand in a field that reading gives back. */
  readonly mark: string
  /** An address that nobody had before; its mail ends in the sandbox. */
  readonly address: string
  /** From which the target may send. */
  readonly from: string
  /** A domain of the sandbox. */
  readonly domain: string
  /** That may do least, of those that the profile names. */
  readonly role: string
  /** Another one, which what is made with the former changes to; absent where there is none. */
  readonly otherRole?: string
  /** One, if the profile names any. */
  readonly scopes: readonly string[]
  /** In an hour: ISO 8601. */
  readonly later: string
}

export type Sample = (makings: Makings) => Readonly<Record<string, unknown>>

/** Theirs for ours, in plain form (lower case, letters and digits alone); our own names count anyway. */
export type OtherNames = Readonly<Record<string, readonly string[]>>

/** One thing that is done with a resource. */
export interface Verb {
  readonly effect: Effect
  readonly inputs: Readonly<Record<string, InputKind>>
  readonly results: Readonly<Record<string, ResultKind>>
  /** Inputs without which it is not what its name says, beside the one that names its object. */
  readonly essential?: readonly string[]
  /** The verb that takes back what this one made. */
  readonly undo?: string
  /** Mail goes out by it. */
  readonly sends?: true
  /** It shows all that a tenant has of what is no stranger's business, so that it is never everybody's by design. */
  readonly confides?: true
  /** The inputs that say to whom mail goes. */
  readonly mailTo?: readonly string[]
  /** The inputs that claim a domain for the tenant. */
  readonly claims?: readonly string[]
  /** What it is called with to try it, beside what names its object: a throw-away one, or a change that shows. */
  readonly sample?: Sample
  /** The same, where a profile carries nothing of that. */
  readonly sampleElse?: Sample
  /** What the object that it is tried on must be made with besides, by the inputs of the operation that makes it. */
  readonly onto?: Readonly<Record<string, keyof Makings>>
  /** Whoever makes it has not signed in yet, or could not: nobody calls it, where the profile does not say who does. */
  readonly byNobody?: true
  /** Why nothing follows from who may make the call: nobody tries it then. */
  readonly untried?: string
  /**
   * The calls of a target that are likely to be it, as a method and the end of a path, the most usual first: `R` is the
   * resource, `{}` a parameter, other words themselves.
   */
  readonly calls: readonly string[]
}

/** Something that email APIs keep, and all that is done with it. One file each. */
export interface Resource {
  /** What paths call it: in plain form, in the singular. */
  readonly words: readonly string[]
  /** What some call it, and others something else: by itself it does not say it. */
  readonly looseWords?: readonly string[]
  /** What is made with none of these is another thing that some call the same: names of properties, in plain form. */
  readonly telling?: readonly string[]
  /** The input by which operations name one of them. */
  readonly named: string
  readonly verbs: Readonly<Record<string, Verb>>
  readonly otherNames?: { readonly inputs?: OtherNames; readonly results?: OtherNames }
}

/**
 * What verbs are called in paths and names, beside themselves, where the method does not say it: `POST /templates/add`,
 * `messages.send`, `cancelScheduled`. In plain form.
 */
export const spokenVerbs: Readonly<Record<string, readonly string[]>> = {
  create: ['add', 'new', 'insert', 'register'],
  list: ['all', 'search', 'query', 'find', 'view'],
  get: ['info', 'find', 'retrieve', 'show', 'read', 'fetch', 'details', 'lookup', 'view'],
  update: ['edit', 'modify', 'change', 'patch'],
  delete: ['remove', 'destroy', 'revoke'],
  revoke: ['delete', 'remove', 'destroy'],
  rotate: ['roll', 'regenerate'],
  send: ['submit', 'deliver', 'dispatch', 'transact', 'trigger'],
  batch: ['bulk', 'sendbatch', 'sendbulk', 'batchsend', 'bulksend'],
  raw: ['sendraw', 'mime', 'sendmime'],
  preview: ['render', 'content', 'html'],
  cancel: ['cancelscheduled', 'unschedule', 'abort'],
  deactivate: ['disable', 'suspend', 'block', 'lock'],
  end: ['logout', 'signout'],
  verify: ['check', 'checkdns', 'validate', 'verification'],
  export: [],
}

// What resources have in common.

/** Inputs of a list. */
export const page = { search: 'text', sort: 'text', limit: 'number', cursor: 'text' } as const
/** Results of a list. */
export const items = { items: 'list', next: 'text' } as const
export const byId = { inputs: { id: 'text' }, results: { id: 'text' } } as const

/** What is usual for a resource of which there are many. */
export const calls = {
  create: ['POST R'],
  list: ['GET R', 'POST R'],
  get: ['GET R/{}'],
  update: ['PATCH R/{}', 'PUT R/{}', 'POST R/{}'],
  delete: ['DELETE R/{}', 'POST R/{}/delete'],
} as const

export const commonNames = {
  inputs: {
    email: ['emailaddress', 'address'],
    limit: ['perpage', 'pagesize', 'size', 'count', 'maxresults', 'take'],
    cursor: ['after', 'pagetoken', 'nexttoken', 'startingafter', 'offset', 'page', 'start', 'skip'],
    search: ['query', 'q', 'filter'],
    sort: ['orderby', 'sortby', 'order'],
  },
  results: {
    id: ['uuid', 'identifier', 'pk'],
    items: ['data', 'results', 'result', 'entries', 'records', 'list'],
    next: ['nextcursor', 'nextpagetoken', 'nexttoken', 'nextpage', 'cursor'],
  },
} as const satisfies NonNullable<Resource['otherNames']>
