/** What an operation does to the target. */
export const effects = ['read', 'create', 'change', 'delete'] as const
export type Effect = (typeof effects)[number]

/** Verbs that say what they do; those of one list are words for the same thing. */
const verbs: Readonly<Record<Effect, readonly (readonly string[])[]>> = {
  read: [
    ['get', 'read', 'show', 'view', 'fetch', 'describe'],
    ['list', 'index'],
    ['search', 'find', 'query', 'lookup'],
    ['export', 'download'],
    ['preview', 'render'],
    ['stats', 'statistics'],
    ...each('count', 'status', 'history'),
  ],
  create: [
    ['create', 'add', 'insert', 'register', 'new'],
    ['import', 'upload'],
    ['clone', 'copy', 'duplicate'],
    ...each('issue', 'generate', 'invite', 'send', 'resend', 'deliver', 'broadcast', 'notify'),
  ],
  change: [
    ['update', 'edit', 'modify', 'patch'],
    ['rotate', 'regenerate', 'roll'],
    ['verify', 'validate'],
    ...each('set', 'replace', 'rename', 'move', 'assign', 'mark', 'reset', 'renew', 'confirm', 'approve'),
    ...each('cancel', 'archive', 'unarchive', 'restore', 'enable', 'disable', 'activate', 'deactivate'),
    ...each('suspend', 'lock', 'unlock', 'pause', 'resume', 'stop', 'schedule', 'launch', 'publish', 'start'),
  ],
  delete: [['delete', 'remove', 'destroy', 'purge', 'erase', 'revoke']],
}

/** By which mail may go out, to whomever the object was made for. */
const sending = [
  ...['send', 'resend', 'deliver', 'broadcast', 'notify', 'invite'],
  ...['schedule', 'launch', 'publish', 'start'],
]

function each(...words: readonly string[]): readonly (readonly string[])[] {
  return words.map((word) => [word])
}

/** What a verb says that it does: `get`, `listMembers`, `bulk-delete` by its first word that says something; `null` if none does. */
export function effectOfVerb(verb: string): Effect | null {
  const said = wordsOf(verb).flatMap((word) =>
    effects.filter((effect) => verbs[effect].some((list) => list.includes(word))),
  )
  return said[0] ?? null
}

/** Mail may go out by an operation of this verb. */
export function sendsByVerb(verb: string): boolean {
  return wordsOf(verb).some((word) => sending.includes(word))
}

/** Other words for a verb. */
export function synonyms(verb: string): readonly string[] {
  return effects.flatMap((effect) => verbs[effect]).find((list) => list.includes(verb)) ?? []
}

/** `bulk-delete` → bulk, delete; `listMembers` → list, members. */
function wordsOf(verb: string): string[] {
  return verb
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/)
}

/** Of a path: what ends sessions, whoever asks for it. */
export const endsSessions = /log-?_?out|sign-?_?out|log-?_?off|deactivate-?account/i
