export interface Command {
  /** In upper case. */
  readonly verb: string
  readonly argument: string
}

export interface Path {
  /** Without the angle brackets; `''` for the null reverse-path. */
  readonly address: string
  /** ESMTP parameters by name in upper case; `''` where there is no value. */
  readonly parameters: ReadonlyMap<string, string>
}

/** RFC 5321 §2.4: the verb is case-insensitive, one space, the rest. */
export function parseCommand(line: Buffer): Command {
  const text = decode(line)
  const space = text.indexOf(' ')
  const verb = (space < 0 ? text : text.slice(0, space)).trim().toUpperCase()
  return { verb, argument: space < 0 ? '' : text.slice(space + 1).trim() }
}

/**
 * `FROM:<path> parameters` or `TO:<path> parameters` (RFC 5321 §4.1.1.2 and §4.1.1.3); `null` where it is malformed. A
 * control character is malformed: the grammar has none, and it would be a command smuggled into the path.
 */
export function parsePath(keyword: 'FROM' | 'TO', argument: string): Path | null {
  const match = /^([a-z]+): ?<((?:"(?:[^"\\]|\\.)*"|[^<>"])*)>(?: +(.*))?$/is.exec(argument)
  if (!match || match[1]?.toUpperCase() !== keyword || /[\x00-\x1f\x7f]/.test(argument)) return null
  const parameters = new Map<string, string>()
  for (const word of (match[3] ?? '').split(/ +/).filter(Boolean)) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    parameters.set(name.toUpperCase(), equals < 0 ? '' : word.slice(equals + 1))
  }
  return { address: match[2] ?? '', parameters }
}

/** RFC 6531 allows UTF-8; anything else is kept octet by octet. */
function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes.toString('latin1')
}
