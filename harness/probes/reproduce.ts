/** Lines a reader can paste into a POSIX shell. Secrets are shell variables, never values. */

/** A value of ours, or the name of a variable that holds a secret. */
export type ShellWord = string | { readonly variable: string }

/** One word for a POSIX shell: single quotes, or `"$NAME"`; control characters in `$'…'`, which bash, zsh and ksh read. */
export function shellWord(word: ShellWord): string {
  if (typeof word !== 'string') {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(word.variable))
      throw new Error(`Expected the name of a shell variable, saw ${JSON.stringify(word.variable)}.`)
    return `"$${word.variable}"`
  }
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  if (/[\x00-\x1f\x7f]/.test(word)) return `$'${escaped(word)}'`
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** A secret of somebody by the name of the variable that stands for it; one that a check made up as it is. */
export function secretWord(secret: string, redact: (text: string) => string): ShellWord {
  const shown = redact(secret)
  return shown === secret ? secret : { variable: /^\$(\w+)$/.exec(shown)?.[1] ?? 'CREDENTIAL' }
}

function shellLine(words: readonly ShellWord[]): string {
  return words.map(shellWord).join(' ')
}

export interface SwaksOptions {
  readonly host: string
  readonly port: number
  readonly tls: 'none' | 'starttls' | 'implicit'
  readonly from?: string
  readonly to?: readonly string[]
  readonly auth?: { readonly mechanism: string; readonly user: string; readonly secret: ShellWord }
  /** Stops after this command, as `AUTH` or `RCPT`. */
  readonly quitAfter?: string
  readonly data?: string
}

export function swaks(options: SwaksOptions): string {
  const { host, port, tls, from, to, auth, quitAfter, data } = options
  return shellLine([
    ...['swaks', '--server', host, '--port', String(port)],
    ...(tls === 'starttls' ? ['--tls'] : tls === 'implicit' ? ['--tls-on-connect'] : []),
    ...(from === undefined ? [] : ['--from', from]),
    ...(to === undefined ? [] : ['--to', to.join(',')]),
    ...(auth === undefined
      ? []
      : ['--auth', auth.mechanism, '--auth-user', auth.user, '--auth-password', auth.secret]),
    ...(quitAfter === undefined ? [] : ['--quit-after', quitAfter]),
    ...(data === undefined ? [] : ['--data', data]),
  ])
}

export interface OpensslOptions {
  readonly host: string
  readonly port: number
  readonly serverName?: string | null
  readonly starttls?: 'smtp'
  readonly version?: 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** An OpenSSL cipher string; the security level is lowered for it. */
  readonly ciphers?: string
  /** OpenSSL's names of groups, as `P-192`. */
  readonly groups?: string
}

/** `openssl s_client`; a distribution's build may lack the oldest versions. */
export function openssl(options: OpensslOptions): string {
  const { host, port, serverName, starttls, version, ciphers, groups } = options
  const old = version !== undefined && version !== 'TLSv1.2' && version !== 'TLSv1.3'
  const list = ciphers ?? (old ? 'ALL:COMPLEMENTOFALL' : undefined)
  return shellLine([
    ...['openssl', 's_client', '-connect', `${host.includes(':') ? `[${host}]` : host}:${port}`],
    ...(serverName === null
      ? ['-noservername']
      : serverName === undefined
        ? []
        : ['-servername', serverName]),
    ...(starttls === undefined ? [] : ['-starttls', starttls]),
    ...(version === undefined ? [] : [opensslVersions[version]]),
    ...(list === undefined ? [] : ['-cipher', `${list}@SECLEVEL=0`]),
    ...(groups === undefined ? [] : ['-groups', groups]),
  ])
}

/** `dig`, at a server where one is given. */
export function dig(
  name: string,
  type: string,
  server?: { readonly host: string; readonly port: number },
): string {
  return shellLine([
    'dig',
    '+noall',
    '+answer',
    '+comments',
    ...(server === undefined ? [] : [`@${server.host}`, '-p', String(server.port)]),
    type,
    name,
  ])
}

/**
 * Lines, each run so many times at once, and one after the other but for those that run `alongside` the one before. Where a line
 * writes `varies` within single quotes, each run says another word there: what is quoted otherwise stays as it is.
 */
export function inVolleys(
  volleys: readonly {
    readonly line: string
    readonly count: number
    readonly varies?: string | undefined
    readonly alongside?: boolean
  }[],
): string {
  let waits = false
  const parts = volleys.flatMap(({ line, count, varies, alongside = false }) => {
    const before = waits && !alongside ? ['wait'] : []
    waits = count > 1 || (waits && alongside)
    if (count === 1) return [...before, line]
    const isPlain = varies !== undefined && /^[A-Za-z0-9-]+$/.test(varies) && !line.includes("$'")
    const each = isPlain ? line.replaceAll(varies, `${varies}-'"$i"'`) : line
    return [...before, `for i in $(seq ${count}); do ${each} & done`]
  })
  return [...parts, ...(waits ? ['wait'] : [])].join('; ')
}

const opensslVersions = {
  SSLv3: '-ssl3',
  TLSv1: '-tls1',
  'TLSv1.1': '-tls1_1',
  'TLSv1.2': '-tls1_2',
  'TLSv1.3': '-tls1_3',
} as const

function escaped(text: string): string {
  return text.replace(/[\\'\x00-\x1f\x7f]/g, (character) => {
    if (character === '\r') return '\\r'
    if (character === '\n') return '\\n'
    if (character === '\\' || character === "'") return `\\${character}`
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
