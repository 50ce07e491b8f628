import { randomBytes } from 'node:crypto'
import { forgeries, type TwoLinks } from './unsubscribe-links.ts'

/** The return path of a reader's own mail, and that of somebody else's, by whom both are known. */
export interface TwoPaths {
  readonly own: string
  readonly ownAddress: string
  readonly other: string
  readonly otherAddress: string
}

/** A way to make, of one's own return path, that of the mail of somebody else. */
export interface ForgedPath {
  readonly name: string
  paths(of: TwoPaths): readonly string[]
}

/** Where local parts are made of several (RFC 5233, and the usual variable envelope return paths). */
const between = /([+=])/

/** As a link whose steps are the parts of it, so that it is forged as links are. */
function linkOf(path: string): URL {
  const at = path.lastIndexOf('@')
  const steps = [...path.slice(0, at).split(between), path.slice(at)]
  return new URL(`https://return.path/${steps.map(encodeURIComponent).join('/')}`)
}

function pathOf({ pathname }: URL): string {
  const path = pathname.slice(1).split('/').map(decodeURIComponent).join('')
  // What ends in a dot is no address (RFC 5321 §4.1.2).
  return path.replace('.@', '@')
}

/** Those of links that are forged in one place; a local part has no parameters, and no room for a token by RFC 7519. */
const fitting: Readonly<Record<string, string>> = {
  'the address of somebody else in its place': 'the address of somebody else in a return path',
  'a number further on': 'a return path by a number further on',
  'the proof of another link': 'the proof of another return path',
  'a changed proof': 'a return path by a changed proof',
  'a proof cut short': 'a return path by a proof cut short',
  'no proof': 'a return path without a proof',
}

export const forgedPaths: readonly ForgedPath[] = forgeries.flatMap(({ name, links }) => {
  const called = fitting[name]
  if (called === undefined) return []
  const paths = (of: TwoPaths) => {
    const two: TwoLinks = { ...of, own: linkOf(of.own), other: linkOf(of.other) }
    const made = [...links(two).map(pathOf), ...(name.startsWith('the address') ? readdressed(of) : [])]
    return [...new Set(made)].filter((path) => path !== of.own)
  }
  return [{ name: called, paths }]
})

/** As `bounce-reader=example.com@` writes whose mail it is. */
function readdressed({ own, ownAddress, otherAddress }: TwoPaths): string[] {
  const [from, to] = [ownAddress, otherAddress].map((address) => address.replace('@', '='))
  const changed = own.replace(from ?? '', to ?? '')
  return changed === own ? [] : [changed]
}

/** Of the same form, and with none of what it holds: other letters and digits in the longest part. */
export function madeUpPaths(path: string): string[] {
  const at = path.lastIndexOf('@')
  const parts = path.slice(0, at).split(between)
  const longest = parts.toSorted((a, b) => b.length - a.length)[0] ?? ''
  const random = randomBytes(longest.length).toString('hex')
  const other = longest.replace(/[a-z\d]/gi, (_, index: number) => random[index] ?? '0')
  return [
    `${parts.map((part) => (part === longest ? other : part)).join('')}${path.slice(at)}`,
    ...(parts.length > 1 ? [`${parts[0]}${path.slice(at)}`] : []),
  ]
}
