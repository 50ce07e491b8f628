import { getDomain } from 'tldts'

/**
 * The Organizational Domain by RFC 7489 §3.2: a label below the longest public suffix of the Public Suffix List (ICANN
 * section; a top-level domain that is not in the list, as `test`, counts as a suffix: the list's rule `*`).
 *
 * `suffixes` adds names that count as public suffixes. A sandbox needs them: provider and customers all live below one
 * zone there, and the list would make them one organisation.
 */
export function organisationalDomain(domain: string, suffixes: readonly string[] = []): string {
  const name = normal(domain)
  const added = suffixes.map(normal).filter((suffix) => name === suffix || name.endsWith(`.${suffix}`))
  const [longest] = added.sort((a, b) => b.length - a.length)
  if (longest === undefined) return getDomain(name, { allowPrivateDomains: false }) ?? name
  const [label] = name
    .slice(0, -longest.length - 1)
    .split('.')
    .slice(-1)
  return label ? `${label}.${longest}` : name
}

/** Identifier alignment by RFC 7489 §3.1, with the Public Suffix List. */
export function aligned(
  author: string,
  identifier: string,
  mode: 'strict' | 'relaxed',
  suffixes: readonly string[] = [],
): boolean {
  if (author === '' || identifier === '') return false
  if (mode === 'strict') return normal(author) === normal(identifier)
  return organisationalDomain(author, suffixes) === organisationalDomain(identifier, suffixes)
}

function normal(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, '')
}
