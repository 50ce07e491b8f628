/**
 * The words of DESIGN as types. This file imports nothing: everything else may import it.
 */

/** `not-applicable` is for what the target does not have, `held-back` for what the run may not do to it. */
export const verdicts = ['pass', 'fail', 'not-applicable', 'held-back', 'unproven', 'error'] as const
export type Verdict = (typeof verdicts)[number]

/** Ascending: the position is the rank. */
export const severities = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** `safe` reads, `intrusive` writes throw-away objects and sends attack inputs, `disruptive` may hurt. */
export const reaches = ['safe', 'intrusive', 'disruptive'] as const
export type Reach = (typeof reaches)[number]

/** `target` judges the user's API, `sound` and `weak` prove the check itself. */
export const roles = ['target', 'sound', 'weak'] as const
export type Role = (typeof roles)[number]

/** The practices of the catalogue; reports know them by name. */
// biome-ignore format: a table
export const practices = [
  'P01', 'P02', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'P09', 'P10', 'P11', 'P12',
  'P13', 'P14', 'P15', 'P16', 'P17', 'P18', 'P19', 'P20', 'P21', 'P22', 'P23', 'P24',
  'P25', 'P26', 'P27', 'P28', 'P29', 'P30', 'P31', 'P32', 'P33', 'P34', 'P35',
] as const
export type Practice = (typeof practices)[number]

/** How a violated property is put right. */
export interface Remediation {
  /** Hours, days or weeks of whoever knows the code; `null` where nobody said. */
  readonly effort: 'low' | 'medium' | 'high' | null
  readonly how: string
  /** Code or configuration that has the fault, and the same without it. */
  readonly before?: string
  readonly after?: string
}

/** What a check says of itself. */
export interface About {
  /** `<suite>/<file name>`. */
  readonly id: string
  /** Where it stands, relative to the project, with `/`. */
  readonly file: string
  /** The first is the one that the check is of; the others are related. */
  readonly practices: readonly Practice[]
  /** The worst a finding of this check can be. */
  readonly severity: Severity
  /** What is wrong where it finds something, in words of who must mend it: `Another tenant’s mail can be read by its id`. */
  readonly problem: string
  /** One or two sentences: what goes wrong for the user where the property does not hold. */
  readonly why: string
  readonly remediation: Remediation
  /** `CWE-93`, `ASVS 5.0 1.3.11`, `RFC 5322 §2.2`, `API1:2023`, … */
  readonly references: readonly string[]
  /** Capabilities without which the check is not applicable; see `harness/check/needs.ts`. */
  readonly needs: readonly string[]
  readonly reach: Reach
  /** The faults of the reference API of which each, by itself, must make this check fail. */
  readonly weaknesses: readonly string[]
  /** Ways of sound APIs: with each of them, by itself, the reference API must pass this check as well. */
  readonly habits?: readonly string[]
  /**
   * Places below the policies of the reference profile, such as `limits.send.limit`, that it is read without where the check is
   * proved: where they are promised, another one judges.
   */
  readonly silentOn?: readonly string[]
  /** Runs alone, after all others: the check exhausts something that others share. */
  readonly exclusive?: boolean
  /**
   * It calls with credentials that are refused. A target that counts such calls turns every caller from here away for a while, so
   * it begins when the checks that would be have ended.
   */
  readonly showsBadCredentials?: boolean
  /** It waits for seconds for clocks of the target: it begins first, so that nobody waits for it in the end. */
  readonly awaitsClocks?: boolean
  /** It judges by what the other checks of its run have left as well: where machines share them, each of them runs it. */
  readonly looksBack?: boolean
}

/** How an answer reads: help for people and for guards. Verdicts rest on effects. */
const answers = ['accepted', 'refused', 'limited', 'invalid', 'missing', 'broken'] as const
export type Answer = (typeof answers)[number]

export interface HttpRequest {
  readonly method: string
  /** `https://host:port`. */
  readonly origin: string
  /** Sent as it is, never normalised: begins with `/`, holds the query. */
  readonly path: string
  /** In order, duplicates allowed. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | Uint8Array | null
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case, in order of arrival, duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** At most `maximumBody` bytes, decoded as UTF-8. */
  readonly body: string
  readonly truncated: boolean
}

/** One recorded request and its response. Holds secrets: only `redacted` evidence leaves the process. */
export interface Exchange {
  readonly id: string
  /** Our name of what was called, `null` for a request that belongs to none. */
  readonly operation: string | null
  readonly principal: string
  readonly request: HttpRequest
  /** `null` where the target closed, reset or timed out: see `failure`. */
  readonly response: HttpResponse | null
  readonly failure: string | null
  /** No connection came about: the target has seen nothing of the request. */
  readonly unsent?: boolean
  /** The target cut the connection each time, while what is benign came through: that is its answer. */
  readonly cutOff?: boolean
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly milliseconds: number
  readonly answer: Answer
  /** The profile's reading of the response, in our words (`id`, `items`, `secret`, …); `null` if not accepted. */
  readonly result: Readonly<Record<string, unknown>> | null
  /** Of an operation of several calls, those before this one, in order. */
  readonly steps?: readonly Exchange[]
}

export interface TlsFacts {
  /** `TLSv1.2`, `TLSv1.3`, … */
  readonly version: string
  /** OpenSSL's name of the suite. */
  readonly cipher: string
  readonly serverName: string | null
  /** `implicit` from the first byte, `starttls` after the upgrade. */
  readonly begun: 'implicit' | 'starttls'
}

export interface Envelope {
  /** As in the MAIL command, without the angle brackets. */
  readonly from: string
  /** As in the RCPT commands, without the angle brackets, in order. */
  readonly to: readonly string[]
}

/** One line of an SMTP session as it was on the wire. */
export interface TranscriptLine {
  readonly from: 'client' | 'server'
  /** Without its CR LF; other control bytes kept, decoded as latin1. */
  readonly text: string
  /** Whether the line travelled inside TLS. */
  readonly encrypted: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

/** One connection to a recording exchanger. DATA content is not in the transcript but in the deliveries. */
export interface Session {
  readonly id: string
  readonly personality: Personality
  /** The name the target meant to connect to, where it is known (an address of its own, egress proxy, else SNI). */
  readonly host: string | null
  readonly peer: string
  readonly helo: string | null
  readonly tls: TlsFacts | null
  /** Why TLS did not come about, as the exchanger saw it: an alert, a reset. */
  readonly tlsFailure: string | null
  readonly transcript: readonly TranscriptLine[]
  readonly startedAt: number
  readonly endedAt: number | null
}

/** One message that an exchanger accepted, or that a mailbox behind the target holds. */
export interface Delivery {
  readonly id: string
  readonly session: string
  /** `null` where a mailbox tells of it: its bytes, envelope and `tls` are not the wire's. */
  readonly personality: Personality | null
  readonly host: string | null
  readonly peer: string
  readonly helo: string
  readonly tls: TlsFacts | null
  readonly envelope: Envelope
  /** The bytes between DATA's 354 and the closing CR LF dot CR LF, after dot-unstuffing alone. */
  readonly raw: Uint8Array
  readonly receivedAt: number
}

/** How an exchanger behaves; each has names of its own in the sandbox's zone. */
export const personalities = [
  'sound',
  'no-starttls',
  'starttls-refused',
  'starttls-garbage',
  'untrusted-certificate',
  'expired-certificate',
  'wrong-name-certificate',
  'old-tls',
  'temporary-failure',
  'slow',
] as const
export type Personality = (typeof personalities)[number]

export interface DnsRecord {
  /** Fully qualified, without the closing dot, in lower case. */
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'MX' | 'TXT' | 'CNAME' | 'NS' | 'PTR' | 'TLSA' | 'CAA'
  /** Presentation form: an address, a name, `10 mx.example`, the joined text of a TXT record. */
  readonly value: string
  /** Seconds. */
  readonly ttl?: number
}

export interface DnsQuery {
  readonly name: string
  readonly type: string
  readonly at: number
}

export interface CallbackHit {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly peer: string
  readonly at: number
  /** It was answered with an error, as was asked for. */
  readonly failed?: true
}

/** How what is posted to a webhook is signed, by HMAC (RFC 2104). */
export interface WebhookScheme {
  /** Templates with `{signature}`, `{timestamp}` and `{id}`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Where these stand in a body of JSON: names with dots between. */
  readonly body?: { readonly [Part in 'signature' | 'timestamp' | 'id']?: string }
  /** A template with `{id}`, `{timestamp}` and `{body}`. */
  readonly message: string
  readonly algorithm?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  readonly encoding?: 'hex' | 'base64' | 'base64url'
  readonly secretEncoding?: 'utf8' | 'hex' | 'base64'
  readonly secretPrefix?: string
  readonly timestamp?: 'seconds' | 'milliseconds' | 'iso'
}

/** What a finding rests on. Everything in it is redacted and bounded when it is made. */
export type Evidence =
  | {
      readonly kind: 'exchange'
      readonly request: string
      readonly response: string
      readonly at: number
    }
  | {
      readonly kind: 'delivery'
      readonly envelope: Envelope
      /** `null`: as a mailbox holds it. */
      readonly personality: Personality | null
      readonly tls: TlsFacts | null
      /** The part of the raw message that shows it, control bytes escaped. */
      readonly excerpt: string
      readonly at: number
    }
  | {
      readonly kind: 'session'
      readonly personality: Personality | null
      readonly tls: TlsFacts | null
      readonly transcript: string
      readonly at: number
    }
  | {
      readonly kind: 'handshake'
      readonly endpoint: string
      readonly offered: string
      readonly answered: string
      readonly at: number
    }
  | { readonly kind: 'callback'; readonly request: string; readonly at: number }
  | {
      readonly kind: 'dns'
      readonly name: string
      readonly type: string
      readonly answer: string
      readonly at: number
    }
  | { readonly kind: 'measurement'; readonly text: string; readonly at: number }

/** Somebody answers for a finding until a day. */
export interface Acceptance {
  readonly reason: string
  readonly owner: string
  /** The last day, in UTC: `2026-12-31`. */
  readonly until: string
}

/** What a finding is known again by. */
export interface FindingKey {
  /** The id of its check. */
  readonly check: string
  readonly operation: string
  readonly variant: string | null
}

/**
 * What became of a finding from one run to the next; `first looked at`: the earlier run had not looked there, so that nobody knows
 * whether it is new.
 */
export const changes = [
  'new',
  'first looked at',
  'heavier',
  'lighter',
  'mended',
  'unchanged',
  'not looked at',
] as const
export type Change = (typeof changes)[number]

export interface ChangedFinding extends FindingKey {
  readonly change: Change
  /** `null` where there was none. */
  readonly before: Severity | null
  readonly after: Severity | null
}

/** What the report of an earlier run says beside this one. */
export interface Previous {
  /** When it was started: ISO 8601, UTC. */
  readonly startedAt: string
  /** All but those that are unchanged. */
  readonly changed: readonly ChangedFinding[]
  readonly unchanged: number
}

/** An acceptance that does not hold: `expired`, its day is over; `gone`, what it is for was looked at and is no more. */
export interface StaleAcceptance extends FindingKey {
  readonly why: 'expired' | 'gone'
  readonly owner: string
  readonly until: string
}

/** By what a run was judged beside its severities. */
export interface BaselineUsed {
  /** As it was named. */
  readonly file: string
  readonly accepted: number
  /** Any of them fails the run: whoever reads the file is to be able to rely on it. */
  readonly stale: readonly StaleAcceptance[]
}

/** A line of a file of who uses us. */
export interface Location {
  /** From where the run was started, with `/`. */
  readonly file: string
  readonly line: number
}

export interface Finding {
  readonly operation: string
  /** Which of the check's variants, where it has several. */
  readonly variant: string | null
  readonly severity: Severity
  readonly expected: string
  readonly actual: string
  /** At least one. */
  readonly evidence: readonly [Evidence, ...Evidence[]]
  /** Lines for `sh`, the first of which says what to look for; secrets are shell variables. Empty where no line shows it. */
  readonly reproduce: string
  /** Foreign tools that found the same, and what they call it. */
  readonly alsoSeenBy?: readonly string[]
  /** By the baseline of the run: it does not fail it. */
  readonly accepted?: Acceptance
  /** Where the profile says how the call is made; absent where it stands outside of the folder of the run. */
  readonly location?: Location
}

/**
 * What became of one variant of a check: `held`, seen to hold; `violated`, with a finding; `unjudged`, see the reason;
 * `not-applicable`, the target has nothing that it could be tried on; `held-back`, it would go beyond the run's reach.
 */
export interface VariantOutcome {
  readonly name: string
  readonly state: 'held' | 'violated' | 'unjudged' | 'not-applicable' | 'held-back'
  /** Why it, or a part of it, was not judged; `null` where all of it was. */
  readonly reason: string | null
}

/** The ways by which a target can be given a message. */
export const channelNames = ['HTTP', 'template', 'batch', 'schedule', 'raw', 'SMTP'] as const
export type ChannelName = (typeof channelNames)[number]
/** By what somebody is tried: those, and a tool that stands for a call. */
export const cellChannelNames = [...channelNames, 'tool'] as const

/** By the profile somebody may make a call, may not, or may on what is his own alone, be it his tenant's. */
export const permissions = ['allowed', 'refused', 'own'] as const
export type Permission = (typeof permissions)[number]

/** Who does what, by which way and in the name of which sender domain. */
export interface Cell {
  readonly principal: string
  readonly operation: string
  /** Absent for a call. */
  readonly channel?: (typeof cellChannelNames)[number]
  /** Of what is sent; absent where it is not asked about. */
  readonly domain?: string
}

/** By its effect where it has one, else by its answer. `unproven`: nobody could tell. */
export const sights = ['accepted', 'refused', 'unproven'] as const
export type Sight = (typeof sights)[number]

/** Whether a caller was let do of an operation what the profile says, and nothing else. */
export interface Access extends Cell {
  readonly permission: Permission
  readonly state: 'held' | 'violated' | 'unjudged'
  /** Absent before 2.3. */
  readonly seen?: Sight
}

/** What the profile says of what nobody tried: `unsaid`, nothing. */
export const expectations = [...permissions, 'unsaid'] as const
export type Expectation = (typeof expectations)[number]

export interface Untried extends Cell {
  readonly permission: Expectation
}

/** What a receiver makes of a name by SPF or DKIM (RFC 8601), and whether it speaks for the From domain (RFC 9989). */
export interface NameResult {
  readonly result: string
  readonly domain: string
  readonly aligned: boolean
}

/** How one delivered message came to the sandbox, and what a receiver makes of it. */
export interface MailPath {
  /** Which of the variants sent it. */
  readonly variant: string | null
  /** The client that handed it over, and how it named itself. */
  readonly peer: string
  readonly helo: string
  /** The exchanger that took it; `null` where its name is not known. */
  readonly host: string | null
  readonly tls: TlsFacts | null
  /** Its `Received` fields: hops before, by their own word. */
  readonly received: number
  /** As seen from an address that the profile names, in place of the client's. */
  readonly spf: NameResult & { readonly from: string }
  readonly dkim: readonly NameResult[]
  readonly dmarc: { readonly result: string; readonly domain: string | null; readonly policy: string | null }
}

/** What a verdict rests on. */
export interface Basis {
  /** Epoch milliseconds: when the check began. */
  readonly startedAt: number
  /** Guards that held: what had to be so before a refusal means anything. */
  readonly guards: number
  /** Of these, legitimate calls that were accepted. */
  readonly baselines: readonly {
    readonly principal: string
    readonly operation: string
    readonly count: number
  }[]
  /** Of these, benign messages that came through after what was sent before them; one may serve several. */
  readonly fences: number
  /** Verdicts, of which a variant may need several. */
  readonly observations: number
  /** Who called, how often, and how often it was accepted. */
  readonly callers: readonly {
    readonly principal: string
    readonly calls: number
    readonly accepted: number
  }[]
  /** By which ways messages were tried. */
  readonly channels: readonly { readonly channel: ChannelName; readonly messages: number }[]
  /** What was looked at beside the answers to calls. */
  readonly seen: {
    readonly deliveries: number
    readonly sessions: number
    readonly handshakes: number
    readonly records: number
  }
  /** Empty but for checks of who may do what. */
  readonly access: readonly Access[]
  /** What they set out to try, or the profile says, and nobody tried; absent before 2.3, and where there is none. */
  readonly untried?: readonly Untried[]
  /** Empty but for checks that evaluate a message as its receiver does. */
  readonly mail: readonly MailPath[]
}

/** What came of one check. */
export interface Outcome
  extends Omit<
    About,
    | 'id'
    | 'needs'
    | 'habits'
    | 'silentOn'
    | 'exclusive'
    | 'showsBadCredentials'
    | 'awaitsClocks'
    | 'looksBack'
  > {
  readonly check: string
  /** The foreign tool that judged, with its version; `null` for a check of ours. */
  readonly judge: string | null
  readonly title: string
  readonly verdict: Verdict
  /** Why it is not a plain pass or fail, and what would change that; `null` where it is one. */
  readonly reason: string | null
  readonly requests: number
  readonly milliseconds: number
  readonly findings: readonly Finding[]
  /** In the order in which they were tried; empty for a check of one part. */
  readonly variants: readonly VariantOutcome[]
  /** The digest of what was proved, where it covers the check as it stands; `null` where it changed since or was never proved. */
  readonly proof: string | null
  /** Absent where nothing was tried, and where a foreign tool judged. */
  readonly basis?: Basis
}

/** What a run has left at the target, as far as the harness knows. Bounded, visible, without secrets. */
export interface Leftovers {
  /** Objects that were not taken back, also those that the profile names no call for. */
  readonly objects: number
  /** Of which kinds, why, with a few of their names; and how to take them back. */
  readonly lines: readonly string[]
  /** Some of it may stand nowhere but in these lines. */
  readonly lost: boolean
  /** Recipients for whom the target accepted mail that had not come when the run ended: it may be in its queue. */
  readonly mails: number
}

/** One of several machines that share the checks of one run. */
export interface Shard {
  /** From 1 on. */
  readonly index: number
  readonly of: number
  /** SHA-256, in hex, of what all of them have in common: profile, selection, reach, checks, and who has which. */
  readonly digest: string
  /** They attack one target, and share what it can take; else each has a target of its own. */
  readonly shared: boolean
  /** It has the checks that want the shared target to themselves: to be run when all others have ended. */
  readonly last: boolean
}

export interface Report {
  readonly schemaVersion: '2.1' | '2.2' | '2.3'
  readonly tool: { readonly name: 'postern'; readonly version: string }
  /** False where the run was interrupted or the target was lost. */
  readonly complete: boolean
  readonly incompleteBecause: string | null
  readonly target: { readonly name: string; readonly url: string; readonly weaknesses: readonly string[] }
  readonly driver: string
  /** Of a part of a run: the rest stands in the reports of the others. */
  readonly shard?: Shard
  readonly reach: Reach
  readonly failOn: Severity
  /** `null` where the run had none. */
  readonly baseline: BaselineUsed | null
  /** Absent where the run was not told of an earlier one. */
  readonly previous?: Previous
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly seed: number
  readonly exitCode: 0 | 1 | 2
  readonly outcomes: readonly Outcome[]
  /** Ids of the checks that --suite and --check left out, and --shard to other machines: they have no outcome. */
  readonly notSelected: readonly string[]
  /** `null` where the report was written before the run had taken back what it made. */
  readonly leftovers: Leftovers | null
}
