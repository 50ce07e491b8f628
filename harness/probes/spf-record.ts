import { isIPv4, isIPv6 } from 'node:net'

export interface SpfTerm {
  /** `+` for modifiers too. */
  readonly qualifier: '+' | '-' | '~' | '?'
  /** In lower case: a mechanism, `redirect`, `exp` or an unknown modifier. */
  readonly name: string
  /** The domain-spec or address; `null` where it is left out. */
  readonly target: string | null
}

/** Reads an SPF record by the grammar of RFC 7208 §4.6.1 and §12; every term is reported that is not in it. */
export function parseSpf(record: string): { terms: SpfTerm[]; errors: string[] } {
  const [terms, errors]: [SpfTerm[], string[]] = [[], []]
  if (/[^\x20-\x7e]/.test(record)) errors.push('a character outside ASCII')
  for (const text of record.split(' ').slice(1)) {
    if (text === '') continue
    const term = modifier(text) ?? mechanism(text)
    if (term === null) errors.push(`${JSON.stringify(text.slice(0, 80))} is no term`)
    else terms.push(term)
  }
  for (const name of ['redirect', 'exp'])
    if (terms.filter((term) => term.name === name).length > 1) errors.push(`${name}= stands there twice`)
  return { terms, errors }
}

function modifier(text: string): SpfTerm | null {
  const [, name, value] = /^([a-z][a-z0-9\-_.]*)=(.*)$/is.exec(text) ?? []
  if (name === undefined || value === undefined) return null
  const known = /^(redirect|exp)$/i.test(name)
  return (known ? isDomainSpec(value) : isMacroString(value))
    ? { qualifier: '+', name: name.toLowerCase(), target: value }
    : null
}

function mechanism(text: string): SpfTerm | null {
  const [, sign, written, separator, rest = ''] = /^([+\-~?]?)([a-z0-9]+)(?:([:/])(.*))?$/is.exec(text) ?? []
  if (written === undefined) return null
  const name = written.toLowerCase()
  const argument = separator === '/' ? `/${rest}` : separator === ':' ? rest : null
  const check = grammar[name]
  if (check === undefined || !check(argument, separator === ':')) return null
  const target = argument?.replace(/(?:\/\d+)?(?:\/\/\d+)?$/, '') || null
  return { qualifier: (sign || '+') as SpfTerm['qualifier'], name, target }
}

type Check = (argument: string | null, colon: boolean) => boolean

const withDomainAndCidr: Check = (argument, colon) => {
  if (argument === null) return true
  const [, domain = '', ipv4, ipv6] = /^(.*?)(?:\/(\d+))?(?:\/\/(\d+))?$/s.exec(argument) ?? []
  return (colon ? isDomainSpec(domain) : domain === '') && isPrefix(ipv4, 32) && isPrefix(ipv6, 128)
}
const withDomain: Check = (argument, colon) => argument !== null && colon && isDomainSpec(argument)

const grammar: Readonly<Record<string, Check>> = {
  all: (argument) => argument === null,
  include: withDomain,
  exists: withDomain,
  a: withDomainAndCidr,
  mx: withDomainAndCidr,
  ptr: (argument, colon) => argument === null || withDomain(argument, colon),
  ip4: (argument, colon) => isNetwork(argument, colon, isIPv4, 32),
  ip6: (argument, colon) => isNetwork(argument, colon, isIPv6, 128),
}

function isNetwork(
  argument: string | null,
  colon: boolean,
  isAddress: (text: string) => boolean,
  most: number,
) {
  const [, address = '', prefix] = /^([^/]*)(?:\/(.*))?$/s.exec(argument ?? '') ?? []
  return colon && isAddress(address) && isPrefix(prefix, most)
}

function isPrefix(text: string | undefined, most: number): boolean {
  return text === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= most)
}

/** domain-spec: ends in a top-level label or a macro, and holds no white space. Longer ones can expand to no name. */
function isDomainSpec(text: string): boolean {
  if (text.length > 512) return false
  const ending = /(?:\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?|%\{[^}]*\}|%%|%_|%-)$/i
  return isMacroString(text) && ending.test(text) && !/(?:^|[^%}])\.\.|^\./.test(text)
}

function isMacroString(text: string): boolean {
  const rest = text.replace(/%\{[slodiphcrtv]\d*r?[.\-+,/_=]*\}|%%|%_|%-/gi, '')
  return /^[\x21-\x24\x26-\x7e]*$/.test(rest)
}
