import { createHash } from 'node:crypto'
import escapeForRegex from 'escape-string-regexp'

/** A secret that stands in a text where it should not. */
export interface FoundSecret {
  /** `a private key`, in the words of the rule that found it. */
  readonly kind: string
  readonly value: string
  /** Whose it is, where it stands beside it. */
  readonly user?: string
}

/** By the usual forms of secrets of many services. */
export async function secretsIn(text: string, name: string): Promise<FoundSecret[]> {
  // Nothing else needs them, and they take their time to load.
  const [{ lintSource }, { creator }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ])
  const { messages } = await lintSource({
    source: { filePath: name, content: text, ext: /\.\w+$/.exec(name)?.[0] ?? '', contentType: 'text' },
    options: { config: { rules: [{ id: preset, rule: creator }] } },
  })
  const found = messages.map(({ ruleId, messageId, range: [from, to] }) => ({
    kind: `what ${ruleId.replace(/^.*secretlint-rule-/, '')} calls ${messageId}`,
    value: text.slice(from, to),
  }))
  const unread = found.filter(({ value }) => !isPlaceholder(value))
  const inAddresses = passwordsInAddresses(text).filter(
    ({ value }) => !unread.some((other) => other.value.includes(value)),
  )
  return [...unread, ...inAddresses]
}

/** Mail is submitted with such, and no rule of the preset knows their schemes (RFC 3986 §3.2.1). */
function passwordsInAddresses(text: string): FoundSecret[] {
  const addresses = text.matchAll(
    /\b(smtps?|submissions?|imaps?):\/\/([^\s:/@"'`]+):([^\s:/@"'`]+)@([\w.-]+)/g,
  )
  return [...addresses].flatMap(([whole, scheme = '', user = '', value = '']) =>
    isPlaceholder(whole) ? [] : [{ kind: `a password in an address of ${scheme}`, value, user }],
  )
}

const preset = '@secretlint/secretlint-rule-preset-recommend'

/** What documents write in the place of a secret. */
export function isPlaceholder(text: string): boolean {
  return (
    /x{4,}|\*{3,}|\.{3}|0{8,}|1234567|abcdefg|example|placeholder|change.?me|your[-_ ]|dummy|sample|redacted|\bpass(?:word)?@|[<>]|\$\{|\{\{/i.test(
      text,
    ) || new Set(text.replace(/-----.*?-----|\s/g, '')).size < 6
  )
}

/** What is written like a key of the target: as long, of the same letters, and with what its keys begin with. Empty where they begin with nothing. */
export function likeKeys(text: string, key: string): string[] {
  const mark = /^(?:[A-Za-z]{1,8}[-_.]){1,3}/.exec(key)?.[0]
  if (mark === undefined) return []
  const form = new RegExp(
    `(?<![\\w-])${escapeForRegex(mark)}[\\w.-]{${key.length - mark.length}}(?![\\w-])`,
    'g',
  )
  return [...new Set(text.match(form) ?? [])].filter((found) => !isPlaceholder(found))
}

/** By which a secret is known again that is not to be read: its first letters, no more than a quarter of it, and a digest. */
export function fingerprint(value: string): string {
  const digest = createHash('sha256').update(value).digest('hex').slice(0, 8)
  return `${value.slice(0, Math.min(4, Math.floor(value.length / 4))).replace(/\s/g, ' ')}… (SHA-256 ${digest}…)`
}
