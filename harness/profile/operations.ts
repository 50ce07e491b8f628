/**
 * What a target does, in our words: each operation with what it takes and what it gives back. A profile maps them
 * onto the target's own calls; see `fixtures/targets/example.yaml`.
 */

export type InputKind =
  | 'text'
  | 'number'
  | 'time'
  | 'mailbox'
  | 'mailboxes'
  | 'texts'
  | 'fields'
  | 'attachments'

export type ResultKind = 'text' | 'number' | 'secret' | 'list' | 'any'

export interface OperationWords {
  readonly inputs: Readonly<Record<string, InputKind>>
  readonly results: Readonly<Record<string, ResultKind>>
  /** The operation that takes back what this one made, called with the named result (or input) as its input. */
  readonly undo?: { readonly operation: string; readonly input: string }
}

const page = { search: 'text', sort: 'text', limit: 'number', cursor: 'text' } as const
const items = { items: 'list', next: 'text' } as const
const byId = { inputs: { id: 'text' }, results: { id: 'text' } } as const
const undoById = (operation: string) => ({ operation, input: 'id' })

const template = { name: 'text', subject: 'text', html: 'text', text: 'text' } as const
const contact = { email: 'text', name: 'text', attributes: 'fields' } as const
const key = {
  name: 'text',
  scopes: 'texts',
  project: 'text',
  ipAllowlist: 'texts',
  expiresAt: 'time',
} as const
const message = {
  from: 'mailbox',
  to: 'mailboxes',
  cc: 'mailboxes',
  bcc: 'mailboxes',
  replyTo: 'mailbox',
  subject: 'text',
  text: 'text',
  html: 'text',
  headers: 'fields',
  attachments: 'attachments',
  template: 'text',
  variables: 'fields',
  sendAt: 'time',
  tags: 'texts',
} as const

export const operations: Readonly<Record<string, OperationWords>> = {
  'session.create': {
    inputs: { email: 'text', password: 'text' },
    results: { token: 'secret', expiresIn: 'number', csrf: 'secret' },
  },
  'principal.get': {
    inputs: {},
    results: { id: 'text', tenant: 'text', email: 'text', role: 'text', scopes: 'list', kind: 'text' },
  },

  'user.list': { inputs: page, results: items },
  'user.create': {
    inputs: { email: 'text', role: 'text', password: 'text' },
    results: { id: 'text' },
    undo: undoById('user.delete'),
  },
  'user.get': { inputs: byId.inputs, results: { id: 'text', email: 'text', role: 'text' } },
  'user.update': { inputs: { id: 'text', email: 'text', role: 'text' }, results: byId.results },
  'user.delete': byId,

  'key.create': {
    inputs: key,
    results: { id: 'text', secret: 'secret', prefix: 'text', scopes: 'list' },
    undo: undoById('key.revoke'),
  },
  'key.list': { inputs: page, results: items },
  'key.get': { inputs: byId.inputs, results: { id: 'text', scopes: 'list', prefix: 'text' } },
  'key.update': { inputs: { id: 'text', ...key }, results: { id: 'text', scopes: 'list' } },
  'key.revoke': byId,
  'key.rotate': { inputs: byId.inputs, results: { id: 'text', secret: 'secret' } },

  'message.send': { inputs: message, results: { id: 'text', status: 'text' } },
  'message.get': { inputs: byId.inputs, results: { id: 'text', status: 'text', recipients: 'list' } },
  'message.list': { inputs: { ...page, status: 'text' }, results: items },
  'message.preview': { inputs: byId.inputs, results: { html: 'text' } },
  'message.cancel': byId,

  'template.create': { inputs: template, results: byId.results, undo: undoById('template.delete') },
  'template.list': { inputs: page, results: items },
  'template.get': { inputs: byId.inputs, results: { id: 'text', ...resultTexts(template) } },
  'template.update': { inputs: { id: 'text', ...template }, results: byId.results },
  'template.delete': byId,
  'template.preview': {
    inputs: { id: 'text', variables: 'fields' },
    results: { subject: 'text', html: 'text', text: 'text' },
  },

  'contact.create': { inputs: contact, results: byId.results, undo: undoById('contact.delete') },
  'contact.list': { inputs: page, results: items },
  'contact.get': { inputs: byId.inputs, results: { id: 'text', email: 'text', name: 'text' } },
  'contact.update': { inputs: { id: 'text', ...contact }, results: byId.results },
  'contact.delete': byId,
  'contact.export': { inputs: {}, results: { content: 'any' } },

  'suppression.create': {
    inputs: { email: 'text', reason: 'text' },
    results: { email: 'text' },
    undo: { operation: 'suppression.delete', input: 'email' },
  },
  'suppression.list': { inputs: page, results: items },
  'suppression.delete': { inputs: { email: 'text' }, results: {} },

  'analytics.get': { inputs: {}, results: { counts: 'any' } },

  'domain.create': {
    inputs: { name: 'text' },
    results: { id: 'text', records: 'list' },
    undo: undoById('domain.delete'),
  },
  'domain.list': { inputs: page, results: items },
  'domain.get': {
    inputs: byId.inputs,
    results: { id: 'text', name: 'text', verified: 'any', records: 'list' },
  },
  'domain.verify': { inputs: byId.inputs, results: { id: 'text', verified: 'any' } },
  'domain.update': { inputs: { id: 'text', tlsPolicy: 'text' }, results: byId.results },
  'domain.delete': byId,

  'audit.list': { inputs: page, results: items },
}

function resultTexts<K extends string>(of: Readonly<Record<K, string>>): Record<K, 'text'> {
  return Object.fromEntries(Object.keys(of).map((name) => [name, 'text'])) as Record<K, 'text'>
}

/** Names by which findings speak of what is not an HTTP call; a profile does not map them. */
export const pseudoOperations = ['submission.authenticate', 'submission.send', 'api.tls'] as const

/** The word of `known` that is the fewest edits away, for "did you mean"; `null` if none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const [best] = known
    .map((candidate) => ({ candidate, distance: edits(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(2, Math.ceil(word.length / 2))
    ? best.candidate
    : null
}

/** Levenshtein's distance, one row at a time. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, x] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, y] of [...b].entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (x === y ? 0 : 1)))
    row = next
  }
  return row[b.length] ?? a.length
}
