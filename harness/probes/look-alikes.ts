import { domainToASCII } from 'node:url'

/** An address that some take for another one, and where mail to it goes. */
export interface LookAlike {
  readonly name: string
  /** As it is written; `null` where the other has nothing in it that could be replaced so. */
  of(address: string): { readonly written: string; readonly mailbox: string } | null
}

/** U+0131: its capital is I. */
const dotless = 'ı'

type Replace = readonly [from: string, to: string]

/** Letters that case mapping, normal forms (UAX 15) and collations make the same, and what is not seen. */
const inLocalParts: readonly (readonly [name: string, replace: Replace])[] = [
  ['a dotless i', ['i', dotless]],
  ['a Kelvin sign', ['k', '\u212a']],
  ['a letter of full width', ['k', '\uff4b']],
  ['a ligature', ['fi', '\ufb01']],
  ['an accent', ['i', 'í']],
  ['a zero-width joiner', ['k', 'k\u200d']],
]

/** Of a domain those alone that IDNA (UTS 46) keeps apart. */
const inDomains: readonly (readonly [name: string, replace: Replace])[] = [
  ['a dotless i in the domain', ['i', dotless]],
  ['an accent in the domain', ['i', 'í']],
]

/** What a local part needs for all of them. */
export const lookedAlike = 'kiwifish'

export const lookAlikes: readonly LookAlike[] = [
  ...inLocalParts.map(([name, replace]) => ({
    name,
    of: (address: string) => {
      const { local, domain } = partsOf(address)
      const other = replaced(local, replace)
      const written = `${other}@${domain}`
      return other === local ? null : { written, mailbox: written }
    },
  })),
  ...inDomains.map(([name, replace]) => ({
    name,
    of: (address: string) => {
      const { local, domain } = partsOf(address)
      // What is below the same name is in the same hands.
      const [label = '', ...rest] = domain.split('.')
      const other = [replaced(label, replace), ...rest].join('.')
      return other === domain
        ? null
        : { written: `${local}@${other}`, mailbox: `${local}@${domainToASCII(other)}` }
    },
  })),
]

function replaced(text: string, [from, to]: Replace): string {
  return text.replace(from, to)
}

function partsOf(address: string) {
  const at = address.lastIndexOf('@')
  return { local: address.slice(0, at), domain: address.slice(at + 1) }
}
