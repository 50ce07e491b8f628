import { authenticate, type DKIMResult, type DMARCResult, type SPFResult } from 'mailauth'
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js'
import { domainOf } from './addresses.ts'
import { readHeaders } from './headers.ts'
import { assertReadable } from './mail.ts'
import { aligned, organisationalDomain } from './organisational-domain.ts'
import type { RecordedAnswer, RecordingResolver } from './resolver.ts'

export interface Circumstances {
  /** Address of the client that delivered the message. */
  readonly ip: string
  readonly helo: string
  /** Of the envelope, `''` for the null reverse-path, where SPF looks at HELO (RFC 7208 §2.4). */
  readonly mailFrom: string
  readonly resolver: RecordingResolver
  /** Names that count as public suffixes for RFC 7489; see organisational-domain.ts. */
  readonly suffixes?: readonly string[]
}

export interface MailAuthentication {
  readonly from: {
    /** Number of From fields; RFC 5322 §3.6 wants one. */
    readonly fields: number
    readonly addresses: readonly string[]
    /** `null` where the message has none or several, and DMARC cannot be evaluated (RFC 9989 §5.3.1). */
    readonly domain: string | null
  }
  /** One for each DKIM-Signature, in order; empty for an unsigned message. */
  readonly dkim: readonly DkimFacts[]
  readonly spf: SpfResultFacts
  /** RFC 9989: policy and Organizational Domain by DNS tree walk. */
  readonly dmarc: DmarcFacts
  /** RFC 7489: Organizational Domain by the Public Suffix List, as many receivers still have it. */
  readonly dmarcByPsl: DmarcFacts
  /** DNS questions without an answer: where there are any, nothing but a pass may be concluded. */
  readonly unanswered: readonly RecordedAnswer[]
}

interface Alignment {
  /** With the From domain, in the record's mode, by RFC 9989; relaxed by the PSL where there is no DMARC record. */
  readonly aligned: boolean
  /** The same by RFC 7489. */
  readonly alignedByPsl: boolean
}

export interface DkimFacts extends Alignment {
  /** RFC 8601 §2.7.1; `temperror` for a key that DNS did not answer for. */
  readonly result: string
  readonly domain: string
  readonly selector: string
  /** `a=`, as `rsa-sha256`. */
  readonly algorithm: string
  /** Of the RSA key; `null` where none was found, and for Ed25519. */
  readonly bits: number | null
  /** The key record has t=y. */
  readonly testing: boolean
  /** The signature covers a part of the body alone, or may. */
  readonly lTag: boolean
  readonly headerCanon: string
  readonly bodyCanon: string
  /** `i=`, its default where it is left out. */
  readonly identity: string
  /** `h=` in lower case, in order, repeated for an over-signed field. */
  readonly signedHeaders: readonly string[]
  readonly comment: string | null
}

export interface SpfResultFacts extends Alignment {
  /** RFC 7208 §2.6. */
  readonly result: string
  /** The domain that was looked at: of MAIL FROM, or HELO. */
  readonly domain: string
  readonly record: string | null
  readonly lookups: number
  readonly voids: number
  readonly comment: string | null
}

export interface DmarcFacts {
  /** `none` where there is no record, or no single author domain. */
  readonly result: 'pass' | 'fail' | 'none' | 'temperror'
  /** What the record asks for this domain: `none`, `quarantine` or `reject`; `null` without one. */
  readonly policy: string | null
  readonly record: string | null
  /** Where the record was found. */
  readonly recordDomain: string | null
  readonly organisationalDomain: string | null
  readonly comment: string | null
}

/**
 * Evaluates a message as its receiver would, on the bytes of the wire, by mailauth in strict mode. Throws UnreadableMail for
 * a header that no receiver reads, and nothing else for what the message or the DNS hold.
 */
export async function evaluate(raw: Uint8Array, circumstances: Circumstances): Promise<MailAuthentication> {
  const { ip, helo, mailFrom, resolver, suffixes = [] } = circumstances
  assertReadable(raw)
  const before = resolver.answers.length
  const { dkim, spf, dmarc, dmarcSkipReason } = await authenticate(Buffer.from(raw), {
    ...{ ip, helo, resolver: resolver.resolve, strict: true, mta: 'postern.invalid' },
    ...{ disableArc: true, disableBimi: true },
    // Without a sender mailauth would take Return-Path for the envelope.
    sender: mailFrom === '' ? `postmaster@${helo}` : mailFrom,
  })
  const signatures = dkim.results.filter(({ signingDomain }) => signingDomain !== undefined)
  const author = dmarc ? (dmarc.status.header?.from ?? null) : null
  const record = await recordByPsl(author, resolver, suffixes)
  const spfDomain = spf ? spf.domain : domainOf(mailFrom)
  const walked = await alignedByWalk(author, spfDomain, signatures, resolver)

  const alignment = (domain: string, kind: 'spf' | 'dkim'): Alignment => {
    const mode = record?.tags[kind === 'spf' ? 'aspf' : 'adkim'] === 's' ? 'strict' : 'relaxed'
    const alignedByPsl = author !== null && aligned(author, domain, mode, suffixes)
    const has = dmarc !== false && dmarc.rr !== undefined
    return { alignedByPsl, aligned: has ? walked[kind].has(domain.toLowerCase()) : alignedByPsl }
  }
  const fields = readHeaders(raw).field('dkim-signature')
  const dkimFacts = signatures.map((s, i) => ({
    ...factsOfSignature(s, fields[i]?.value ?? ''),
    ...alignment(s.signingDomain ?? '', 'dkim'),
  }))
  const spfFacts = { ...factsOfSpf(spf, spfDomain), ...alignment(spfDomain, 'spf') }
  const passes = [...dkimFacts, spfFacts].filter(({ result }) => result === 'pass')
  const undecided = [...dkimFacts, spfFacts].some(({ result }) => result === 'temperror')
  return {
    from: { fields: dkim.fromFields, addresses: dkim.headerFrom, domain: author },
    dkim: dkimFacts,
    spf: spfFacts,
    dmarc: factsOfDmarc(dmarc, dmarcSkipReason),
    dmarcByPsl: dmarcByPsl(
      author,
      record,
      passes.some((p) => p.alignedByPsl),
      undecided,
      suffixes,
    ),
    unanswered: resolver.failures().filter((answer) => resolver.answers.indexOf(answer) >= before),
  }
}

/** Which identifiers align by tree walk in the record's modes, whether or not they passed. */
async function alignedByWalk(
  author: string | null,
  spfDomain: string,
  signatures: readonly DKIMResult[],
  { resolve }: RecordingResolver,
): Promise<{ spf: ReadonlySet<string>; dkim: ReadonlySet<string> }> {
  const none = new Set<string>()
  if (author === null) return { spf: none, dkim: none }
  const { response, dkimAligned = none } = await evaluateDmarc({
    headerFrom: [`author@${author}`],
    spfDomains: [spfDomain],
    dkimDomains: signatures.map(({ signingDomain = '' }) => ({ domain: signingDomain })),
    resolver: resolve,
    strict: true,
  })
  const spf = response ? response.alignment?.spf.result : undefined
  return { spf: new Set(spf === undefined ? [] : [spf.toLowerCase()]), dkim: dkimAligned }
}

interface DmarcRecord {
  readonly text: string
  readonly domain: string
  readonly tags: Readonly<Record<string, string>>
}

/** RFC 7489 §6.6.3: at the author domain, else at its Organizational Domain; `null` for none, or where DNS fails. */
async function recordByPsl(
  author: string | null,
  resolver: RecordingResolver,
  suffixes: readonly string[],
): Promise<DmarcRecord | null> {
  if (author === null) return null
  for (const domain of new Set([author, organisationalDomain(author, suffixes)])) {
    const texts = await resolver.txt(`_dmarc.${domain}`).catch(() => [])
    const records = texts.filter((text) => /^v\s*=\s*DMARC1\s*(?:;|$)/.test(text))
    const [text] = records
    if (text !== undefined && records.length === 1) return { text, domain, tags: readTags(text) }
  }
  return null
}

function dmarcByPsl(
  author: string | null,
  record: DmarcRecord | null,
  pass: boolean,
  undecided: boolean,
  suffixes: readonly string[],
): DmarcFacts {
  const organisation = author === null ? null : organisationalDomain(author, suffixes)
  const facts = { organisationalDomain: organisation, comment: null }
  if (record === null) return { ...facts, result: 'none', policy: null, record: null, recordDomain: null }
  const { text, domain, tags } = record
  const policy = (domain !== author ? tags['sp'] : undefined) ?? tags['p'] ?? null
  const result = pass ? 'pass' : undecided ? 'temperror' : 'fail'
  return { ...facts, result, policy, record: text, recordDomain: domain }
}

function factsOfSignature(result: DKIMResult, field: string): Omit<DkimFacts, keyof Alignment> {
  const [headerCanon = 'simple', bodyCanon = 'simple'] = (result.format ?? 'simple/simple')
    .toLowerCase()
    .split('/')
  const { status } = result
  return {
    result: status.result,
    domain: result.signingDomain ?? '',
    selector: result.selector ?? '',
    algorithm: result.algo ?? '',
    bits: result.modulusLength ?? null,
    testing: status.testing ?? false,
    lTag: result.canonBodyLengthLimited ?? false,
    headerCanon,
    bodyCanon,
    identity: String(status.header?.['i'] ?? ''),
    signedHeaders: signedHeaders(field),
    comment: status.comment ?? status.policy?.['dkim-rules'] ?? null,
  }
}

/** `h=` as written: mailauth's own list leaves out what the message does not have. */
function signedHeaders(field: string): string[] {
  const [, list = ''] = /(?:^|;)\s*h\s*=([^;]*)/.exec(field) ?? []
  return list.split(':').map((name) => name.trim().toLowerCase())
}

function factsOfSpf(spf: SPFResult | false, domain: string): Omit<SpfResultFacts, keyof Alignment> {
  if (!spf) return { result: 'none', domain, record: null, lookups: 0, voids: 0, comment: null }
  return {
    result: spf.status.result,
    domain,
    record: spf.rr ?? null,
    lookups: spf.lookups?.count ?? 0,
    voids: spf.lookups?.void ?? 0,
    comment: spf.status.comment ?? null,
  }
}

function factsOfDmarc(dmarc: DMARCResult | false, reason: string | undefined): DmarcFacts {
  if (!dmarc)
    return {
      ...{ result: 'none', policy: null, record: null },
      ...{ recordDomain: null, organisationalDomain: null, comment: reason ?? null },
    }
  return {
    result: dmarcResult(dmarc.status.result),
    policy: dmarc.policy ?? null,
    record: dmarc.rr ?? null,
    recordDomain: dmarc.policyDomain ?? null,
    organisationalDomain: dmarc.domain ?? null,
    comment: dmarc.error ?? null,
  }
}

function dmarcResult(result: string): DmarcFacts['result'] {
  return result === 'pass' || result === 'fail' || result === 'temperror' ? result : 'none'
}

function readTags(record: string): Record<string, string> {
  const pairs = record.split(';').map((tag) => tag.split('=', 2).map((part) => part.trim().toLowerCase()))
  return Object.fromEntries(
    pairs.filter(([name]) => name !== '').map(([name = '', value = '']) => [name, value]),
  )
}
