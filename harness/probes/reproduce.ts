import { printing, remark, type Script, type ShellPiece, word } from '../shell.ts'

/** Lines for `sh` that a reader pastes. Secrets are shell variables, never values. */

/** How a text stands in a line: what is another one at each start of the target is a variable. */
export type Spell = (text: string) => readonly ShellPiece[]

/** A value of ours, or the name of a variable that holds a secret. */
export type ShellWord = string | { readonly variable: string }

const asItIs: Spell = (text) => [{ text }]

export function shellWord(said: ShellWord, spell: Spell = asItIs): string {
  return word(typeof said === 'string' ? spell(said) : [said])
}

/** A secret of somebody by the name of the variable that stands for it; one that a check made up as it is. */
export function secretWord(secret: string, redact: (text: string) => string): ShellWord {
  const shown = redact(secret)
  return shown === secret ? secret : { variable: /^\$(\w+)$/.exec(shown)?.[1] ?? 'CREDENTIAL' }
}

/** A server, and how its name and port stand in a line. */
interface Server {
  readonly host: string
  readonly port: number
  readonly spell?: Spell | undefined
}

/** `host:port`, with brackets around an address of IPv6. */
function authority({ host, port, spell = asItIs }: Server): readonly ShellPiece[] {
  const whole = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const known = spell(whole)
  if (known.some((piece) => !('text' in piece)) || host.includes(':')) return known
  return [...spell(host), { text: ':' }, ...spell(String(port))]
}

export interface Credentials {
  readonly mechanism: string
  readonly user: string
  readonly secret: ShellWord
  /** Whom to act for, by PLAIN. */
  readonly authzid?: string | undefined
}

export interface SubmissionOptions extends Server {
  readonly tls: 'starttls' | 'implicit'
  readonly auth: Credentials
  /** What is sent; it only signs in where that is left out. */
  readonly mail?: { readonly from: string; readonly to: readonly string[]; readonly data: string } | undefined
}

/** A session of mail submission by `curl`, which prints what is said. */
export function submission({ tls, auth, mail, ...server }: SubmissionOptions): string {
  const { spell = asItIs } = server
  const secret: ShellPiece = typeof auth.secret === 'string' ? { text: auth.secret } : auth.secret
  const url = [{ text: tls === 'implicit' ? 'smtps://' : 'smtp://' }, ...authority(server)]
  const words = [
    ...['curl -sSv --cacert "$CA"', ...(tls === 'starttls' ? ['--ssl-reqd'] : [])],
    ...['-u', word([...spell(`${auth.user}:`), secret]), '--login-options', `AUTH=${auth.mechanism}`],
    ...(auth.authzid === undefined ? [] : ['--sasl-authzid', shellWord(auth.authzid, spell)]),
    ...(mail === undefined
      ? ['-X NOOP']
      : [
          ...['--mail-from', shellWord(mail.from, spell)],
          ...mail.to.flatMap((to) => ['--mail-rcpt', shellWord(to, spell)]),
          '-T -',
        ]),
    word(url),
  ]
  return `${mail === undefined ? '' : `${printing(spell(mail.data))} | `}${words.join(' ')}`
}

export interface TalkOptions extends Server {
  readonly tls: 'none' | 'starttls' | 'implicit'
  /** Lines of the client, each once the one before was answered. */
  readonly said: readonly (string | Credentials)[]
}

/** Lines of SMTP as they are, in clear by `curl`, else by `openssl`: each after a second, for the answer to the one before. */
export function smtpTalk({ tls, said, ...server }: TalkOptions): string {
  const lines = [
    ...said.flatMap((each) =>
      typeof each === 'string' ? [printing([{ text: `${each}\r\n` }])] : authLines(each),
    ),
    printing([{ text: 'QUIT\r\n' }]),
  ]
  const speaker =
    tls === 'none'
      ? `curl -sS ${word([{ text: 'telnet://' }, ...authority(server)])}`
      : `openssl s_client -quiet${tls === 'starttls' ? ' -starttls smtp' : ''} -connect ${word(authority(server))}`
  return `{ ${lines.map((line) => `sleep 1; ${line}`).join('; ')}; sleep 1; } | ${speaker}`
}

/** What a client says for each mechanism (RFC 4616, RFC 4954); to a challenge that it would have to reckon with, nothing. */
function authLines({ mechanism, user, secret, authzid = '' }: Credentials): string[] {
  const held: ShellPiece = typeof secret === 'string' ? { text: secret } : secret
  const encoded = (pieces: readonly ShellPiece[]): ShellPiece => ({
    command: `${printing(pieces)} | openssl base64 -A`,
  })
  const line = (pieces: readonly ShellPiece[]) => printing([...pieces, { text: '\r\n' }])
  switch (mechanism) {
    case 'PLAIN':
      return [line([{ text: 'AUTH PLAIN ' }, encoded([{ text: `${authzid}\0${user}\0` }, held])])]
    case 'LOGIN':
      return [line([{ text: 'AUTH LOGIN' }]), line([encoded([{ text: user }])]), line([encoded([held])])]
    case 'XOAUTH2':
      return [
        line([
          { text: 'AUTH XOAUTH2 ' },
          encoded([{ text: `user=${user}\x01auth=Bearer ` }, held, { text: '\x01\x01' }]),
        ]),
      ]
    default:
      return [line([{ text: `AUTH ${mechanism}` }])]
  }
}

export interface OpensslOptions extends Server {
  readonly serverName?: string | null
  readonly starttls?: 'smtp'
  readonly version?: 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  /** An OpenSSL cipher string; the security level is lowered for it. */
  readonly ciphers?: string
  /** OpenSSL's names of groups, as `P-192`. */
  readonly groups?: string
}

/** `openssl s_client`, which says `Cipher is` and the certificate; a distribution's build may lack the oldest versions. */
export function openssl(options: OpensslOptions): string {
  const { serverName, starttls, version, ciphers, groups, spell, ...server } = options
  const old = version !== undefined && version !== 'TLSv1.2' && version !== 'TLSv1.3'
  const list = ciphers ?? (old ? 'ALL:COMPLEMENTOFALL' : undefined)
  const words = [
    ...['openssl', 's_client', '-connect', word(authority({ ...server, spell }))],
    ...(serverName === null
      ? ['-noservername']
      : serverName === undefined
        ? []
        : ['-servername', shellWord(serverName, spell)]),
    ...(starttls === undefined ? [] : ['-starttls', starttls]),
    ...(version === undefined ? [] : [opensslVersions[version]]),
    ...(list === undefined ? [] : ['-cipher', shellWord(`${list}@SECLEVEL=0`)]),
    ...(groups === undefined ? [] : ['-groups', shellWord(groups)]),
  ]
  // It would wait for what to send.
  return `${words.join(' ')} </dev/null`
}

/** `dig`, at a server where one is given. */
export function dig(
  name: string,
  type: string,
  server?: Omit<Server, 'spell'>,
  spell: Spell = asItIs,
): string {
  return [
    ...['dig', '+noall', '+answer', '+comments'],
    ...(server === undefined
      ? []
      : [word([{ text: '@' }, ...spell(server.host)]), '-p', shellWord(String(server.port), spell)]),
    ...[type, shellWord(name, spell)],
  ].join(' ')
}

/**
 * Lines, each run so many times at once, and one after the other but for those that run `alongside` the one before. Where a line
 * writes `varies`, each run says another word there. What goes before them goes before all.
 */
export function inVolleys(
  volleys: readonly (Script & {
    readonly count: number
    readonly varies?: string | undefined
    readonly alongside?: boolean
  })[],
): string {
  let waits = false
  const parts = volleys.flatMap(({ line, count, varies, alongside = false }) => {
    const before = waits && !alongside ? ['wait'] : []
    waits = count > 1 || (waits && alongside)
    if (count === 1) return [...before, line]
    const each =
      varies !== undefined && /^[A-Za-z0-9-]+$/.test(varies)
        ? line.replaceAll(varies, `${varies}-'"$i"'`)
        : line
    return [...before, `i=0; while [ "$((i += 1))" -le ${count} ]; do ${each} & done`]
  })
  const before = new Set(volleys.flatMap(({ before }) => before))
  return [...before, [...parts, ...(waits ? ['wait'] : [])].join('; ')].join('\n')
}

/** Characters: of what is longer, a report would hold a part. */
const longest = 16 * 1024

/** Lines with what they are to show; what nobody could paste is told in words. */
export function tellingFirst(script: string, seen: string): string {
  if (script === '') return ''
  const lines =
    script.length <= longest
      ? script
      : remark(`the call is too long to stand here: ${script.length} characters`)
  return `${remark(seen)}\n${lines}`
}

const opensslVersions = {
  SSLv3: '-ssl3',
  TLSv1: '-tls1',
  'TLSv1.1': '-tls1_1',
  'TLSv1.2': '-tls1_2',
  'TLSv1.3': '-tls1_3',
} as const
