import activeHtml from '../../fixtures/corpora/active-html.json' with { type: 'json' }
import addresses from '../../fixtures/corpora/addresses.json' with { type: 'json' }
import displayNames from '../../fixtures/corpora/display-names.json' with { type: 'json' }
import endOfData from '../../fixtures/corpora/end-of-data.json' with { type: 'json' }
import envelope from '../../fixtures/corpora/envelope.json' with { type: 'json' }
import eol from '../../fixtures/corpora/eol.json' with { type: 'json' }
import fileNames from '../../fixtures/corpora/file-names.json' with { type: 'json' }
import from from '../../fixtures/corpora/from.json' with { type: 'json' }
import headerNames from '../../fixtures/corpora/header-names.json' with { type: 'json' }
import html from '../../fixtures/corpora/html.json' with { type: 'json' }
import ipHeaders from '../../fixtures/corpora/ip-headers.json' with { type: 'json' }
import jwtKid from '../../fixtures/corpora/jwt-kid.json' with { type: 'json' }
import jwtNone from '../../fixtures/corpora/jwt-none.json' with { type: 'json' }
import nosql from '../../fixtures/corpora/nosql.json' with { type: 'json' }
import panels from '../../fixtures/corpora/panels.json' with { type: 'json' }
import recipients from '../../fixtures/corpora/recipients.json' with { type: 'json' }
import redirectParameterNames from '../../fixtures/corpora/redirect-parameters.json' with { type: 'json' }
import redirects from '../../fixtures/corpora/redirects.json' with { type: 'json' }
import scripts from '../../fixtures/corpora/scripts.json' with { type: 'json' }
import senders from '../../fixtures/corpora/senders.json' with { type: 'json' }
import shadowRoutes from '../../fixtures/corpora/shadow-routes.json' with { type: 'json' }
import sqli from '../../fixtures/corpora/sqli.json' with { type: 'json' }
import sqliTime from '../../fixtures/corpora/sqli-time.json' with { type: 'json' }
import type { PanelKind } from './panels.ts'

/** One input; `name` is stable and names the variant in a finding. */
export interface Input {
  readonly name: string
  readonly value: string
}

/** Values for the placeholders of a corpus, by name without the braces. */
export type Fill = Readonly<Record<string, string>>

const corpora = {
  /** Values for a merge variable that make a page ask for `https://{L}/{id}`, one of them by a click on another link. */
  'active-html': activeHtml.items,
  /** Address differentials; `c` and `sinkB` make the address that must get nothing, `v` is a domain one may address. */
  addresses: addresses.items,
  /** Display names that break out of their quotes; `hidden` is an address that must get nothing. */
  'display-names': displayNames.items,
  /** Stand-ins for CR LF dot CR LF. */
  'end-of-data': endOfData.items,
  /** Line terminators and look-alikes. */
  eol: eol.items,
  /** Names of files that leave their quotes: a parameter `x-injected`, or the file name `injected.exe`, is gained. */
  'file-names': fileNames.items,
  /** Whole From fields without the closing CR LF: `b` may be used by the sender, `a` may not. */
  from: from.items,
  /** Header names that must not reach the wire; `hidden` as above. */
  'header-names': headerNames.items,
  /** Values for a merge variable; `id` is unique, `L` the host and port of the callback listener. */
  html: html.items,
  /** Values that lead a browser to `https://{L}/{id}` and look otherwise; `own` is a host that they may lead to. */
  redirects: redirects.items,
  /** HTML whose script sets the title to `ran-{id}`. */
  scripts: scripts.items,
  /** Time-based injections; `v` a value the field can hold, `s` seconds, `0` for the twin. */
  'sqli-time': sqliTime.items,
} as const satisfies Record<string, readonly Input[]>

export type CorpusName = keyof typeof corpora

/** The inputs of a corpus, its placeholders filled in as far as `fill` names them. */
export function corpus(name: CorpusName, fill: Fill = {}): Input[] {
  const derived = derivedFill[name]?.(fill) ?? {}
  return corpora[name].map((item) => ({
    name: item.name,
    value: fillIn(item.value, { ...derived, ...fill }),
  }))
}

/** The line ends that most code knows: for a text that goes where another one has met them all. */
export function usualLineEnds(): Input[] {
  return corpus('eol').filter(({ name }) => /^(?:crlf|lf|cr|nul)$/.test(name))
}

/** The inputs of a corpus, each to be filled in for its variant. */
export function templates(name: CorpusName): { readonly name: string; fill(fill: Fill): string }[] {
  return corpora[name].map((item, at) => ({
    name: item.name,
    fill: (fill) => corpus(name, fill)[at]?.value ?? '',
  }))
}

/** A text of one recipient in which some programs find another. */
export interface RecipientText {
  readonly name: string
  /** Whom the standard finds: the own one, the foreign one, the text as it stands and neither of them, several, or nobody. */
  readonly reads: 'own' | 'foreign' | 'itself' | 'several' | 'nobody'
  /** `a` is an address of the sender's wish, whose local part begins with `mike`; `h` one at another domain. */
  spell(fill: { readonly a: string; readonly h: string }): string
}

/** Something that only the makers of a target should see, and where it mostly is. */
export interface PanelPath {
  readonly name: string
  /** With its query. */
  readonly path: string
  readonly shows: PanelKind
}

export function panelPaths(_corpus: 'panels'): readonly PanelPath[] {
  return panels.items as readonly PanelPath[]
}

/** Where routes stand that no document has: segments and endings of paths. */
export interface ShadowWords {
  /** In place of a version, or before a path that has none. */
  readonly versions: readonly string[]
  readonly prefixes: readonly string[]
  readonly endings: readonly string[]
  readonly words: readonly string[]
}

export function shadowWords(_corpus: 'shadow-routes'): ShadowWords {
  return shadowRoutes
}

/** Named by their corpus, as all are, so that a proof is of them too. */
export function recipientTexts(_corpus: 'recipients'): RecipientText[] {
  return recipients.items.map(({ name, reads, value }) => ({
    name,
    reads: reads as RecipientText['reads'],
    spell: ({ a, h }) => {
      const [al, v] = parts(a)
      const [hl, w] = parts(h)
      return fillIn(value, {
        ...{ a, al, v, h, hl, w },
        hBase64: Buffer.from(h).toString('base64'),
        afterFirst: al.slice(1),
        dotless: al.replace('i', 'ı'),
        kelvin: al.replace('k', '\u212a'),
      })
    },
  }))
}

/** An address behind which its SMTP command goes on. */
export interface EnvelopeText {
  readonly name: string
  /** `h` is an address that must get nothing; `mark` is of this message alone, `size` a number of bytes. */
  spell(fill: { readonly a: string; readonly h: string; readonly mark: string; readonly size: string }): {
    readonly text: string
    /** What a server would read behind the address: a parameter, `ENVID=x`, or the beginning of a command. */
    readonly gains: string
  }
}

/** Named by their corpus as well. */
export function envelopeTexts(_corpus: 'envelope'): EnvelopeText[] {
  return envelope.items.map(({ name, gains, value }) => ({
    name,
    spell: (fill) => {
      const [al, v] = parts(fill.a)
      return { text: fillIn(value, { ...fill, al, v }), gains: fillIn(gains, { ...fill, v }) }
    },
  }))
}

function parts(address: string): [local: string, domain: string] {
  const at = address.lastIndexOf('@')
  return [address.slice(0, at), address.slice(at + 1)]
}

/** A field that claims a client address. */
export interface HeaderInput extends Input {
  readonly header: string
}

/** `n` (hexadecimal, at most four digits) makes each claim another one: use a fresh one for every call. */
export function clientAddressHeaders(fill: { ip: string; n: string }): HeaderInput[] {
  return ipHeaders.items.map(({ name, header, value }) => ({ name, header, value: fillIn(value, fill) }))
}

/** Who writes a message: an address, or one with a display name. */
export interface SenderInput {
  readonly name: string
  readonly from: string | { readonly email: string; readonly name: string }
}

/**
 * Senders that a sound API refuses or rewrites: `v` is a domain that one may write from, `parent` the one above it, `other`
 * one of somebody else. The address differentials come with them.
 */
export function foreignSenders(fill: { v: string; parent: string; other: string }): SenderInput[] {
  const named = senders.items.map(({ name, from, display }) => ({
    name,
    from:
      display === undefined ? fillIn(from, fill) : { email: fillIn(from, fill), name: fillIn(display, fill) },
  }))
  const differentials = corpus('addresses', { c: 'ceo', sinkB: fill.other, v: fill.v })
  return [
    ...named,
    ...differentials.map(({ name, value }) => ({
      name: `address ${name}`,
      from: { email: value, name: '' },
    })),
  ]
}

/** The alg of an unsecured token (RFC 7519 §6); `undefined` leaves the field out. */
export const unsecuredAlgs: readonly { readonly name: string; readonly alg: string | null | undefined }[] =
  jwtNone.items.map(({ name, value, absent }) => ({ name, alg: absent ? undefined : value }))

/** Key ids and the HMAC secret that fits each; `secret` is `null` for the negative control. */
export function keyIds(fill: { id: string; L: string; zone: string }): (Input & { secret: string | null })[] {
  return jwtKid.items.map(({ name, value, secret }) => ({ name, value: fillIn(value, fill), secret }))
}

/** Names of query parameters that say where a page leads next. */
export const redirectParameters: readonly string[] = redirectParameterNames.items

/** Query operators of document stores, sent where a string belongs. */
export const documentOperators: readonly { readonly name: string; readonly value: unknown }[] = nosql.items

/** The rows of the corpus of boolean twins; `boolean-twins.ts` fills them in. */
export const sqlTwins: readonly {
  readonly name: string
  readonly context: string
  readonly true: string
  readonly false: string
  readonly neutralTrue: string
  readonly neutralFalse: string
}[] = sqli.items

/** Replaces `{name}` by its value; a placeholder without one stays, so that data with braces passes through. */
export function fillIn(template: string, fill: Fill): string {
  return template.replace(
    /\{(\w+)\}/g,
    (whole, name: string) => (Object.hasOwn(fill, name) ? fill[name] : whole) ?? whole,
  )
}

/** Placeholders that follow from others. */
const derivedFill: Partial<Record<CorpusName, (fill: Fill) => Fill>> = {
  addresses: ({ c = 'c', v = 'v.example' }) => ({
    sinkBip: '127.0.0.1',
    // RFC 5321 §4.5.3.1 and RFC 1035 §2.3.4: each limit is passed by one octet.
    a65: c.padEnd(65, 'a').slice(0, 65),
    label64: 'a'.repeat(64),
    domain254: longDomain(v, 254),
  }),
  from: ({ a = 'a@a.example', b = 'b@b.example' }) => ({
    aBase64: Buffer.from(`<${a}>`).toString('base64'),
    bdom: b.slice(b.lastIndexOf('@') + 1),
  }),
}

function longDomain(domain: string, octets: number): string {
  const missing = octets - domain.length
  const labels = `${'a'.repeat(62)}.`.repeat(Math.ceil(missing / 63))
  return labels.slice(labels.length - missing).replace(/^\./, 'a') + domain
}
