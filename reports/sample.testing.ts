import type {
  Access,
  Basis,
  Evidence,
  Finding,
  MailPath,
  Outcome,
  Report,
  Untried,
  VariantOutcome,
} from '../harness/model.ts'

/**
 * A made-up report that holds every verdict and every kind of evidence, for tests and for looking at.
 * Its zone and addresses are of RFC 6761 and RFC 5737.
 */

const at = Date.UTC(2026, 10, 23, 22, 50, 28, 123)
const zone = '3f9c21ab.postern.test'

const exchange: Evidence = {
  kind: 'exchange',
  request: `POST https://127.0.0.1:8443/v1/messages
content-type: application/json
authorization: Bearer $SENDER_KEY

{"from":{"email":"hello@acme.${zone}"},"to":[{"email":"k81f@crlf.sound.${zone}"}],"subject":"Invoice\\r\\nBcc: hidden-k81f@crlf.sound.${zone}","text":"a4e1"}`,
  response: `202
content-type: application/json
ratelimit: "send";r=2990;t=58

{"id":"msg_9tq2b7","status":"queued"}`,
  at,
}

const delivery: Evidence = {
  kind: 'delivery',
  envelope: {
    from: `bounce+msg_9tq2b7@bounce.acme.${zone}`,
    to: [`k81f@crlf.sound.${zone}`, `hidden-k81f@crlf.sound.${zone}`],
  },
  personality: 'sound',
  tls: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    serverName: `mx.crlf.sound.${zone}`,
    begun: 'starttls',
  },
  excerpt: `From: hello@acme.${zone}
To: k81f@crlf.sound.${zone}
Subject: Invoice
Bcc: hidden-k81f@crlf.sound.${zone}
Message-ID: <msg_9tq2b7@acme.${zone}>`,
  at: at + 412,
}

const session: Evidence = {
  kind: 'session',
  personality: 'no-starttls',
  tls: null,
  transcript: `clear < 220 mx.plain.no-starttls.${zone} ESMTP
clear > EHLO out.${zone}
clear < 250-mx.plain.no-starttls.${zone}
clear < 250 8BITMIME
clear > MAIL FROM:<bounce+msg_2c@bounce.acme.${zone}>
clear < 250 2.1.0 ok
clear > RCPT TO:<q7@plain.no-starttls.${zone}>
clear < 250 2.1.5 ok
clear > DATA
clear < 354 go on
clear < 250 2.0.0 accepted`,
  at: at + 900,
}

const finding: Omit<Finding, 'operation' | 'expected' | 'actual' | 'evidence'> = {
  variant: null,
  severity: 'high',
  reproduce: 'curl --cacert ca.pem https://127.0.0.1:8443/v1/me --header "authorization: Bearer $TOKEN"',
}

const silent = 'The target did not answer within 10 s. See whether it is up, then run again.'
const limited = 'message.send was answered 429 (limited). Raise the limit for this environment.'

function variant(name: string, state: VariantOutcome['state'], reason: string | null = null): VariantOutcome {
  return { name, state, reason }
}

const nothingSeen = { deliveries: 0, sessions: 0, handshakes: 0, records: 0 }

/** `after` milliseconds after the beginning of the run. */
function basis(after: number, more: Partial<Basis> = {}): Basis {
  return {
    startedAt: Date.UTC(2026, 10, 23, 22, 50, 20) + after,
    guards: 3,
    baselines: [{ principal: 'sender', operation: 'message.send', count: 2 }],
    fences: 1,
    observations: 9,
    callers: [{ principal: 'sender', calls: 6, accepted: 2 }],
    channels: [],
    seen: nothingSeen,
    access: [],
    mail: [],
    ...more,
  }
}

const access: readonly Access[] = [
  { principal: 'sender', operation: 'message.send', permission: 'allowed', state: 'held' },
  { principal: 'sender', operation: 'contact.list', permission: 'refused', state: 'violated' },
  { principal: 'sender', operation: 'key.create', permission: 'refused', state: 'held' },
  { principal: 'neighbour', operation: 'message.get', permission: 'own', state: 'held' },
  { principal: 'neighbour', operation: 'contact.list', permission: 'own', state: 'violated' },
  { principal: 'anonymous', operation: 'message.get', permission: 'refused', state: 'held' },
  { principal: 'anonymous', operation: 'key.create', permission: 'refused', state: 'unjudged' },
  { principal: 'sender', operation: 'message.send', permission: 'allowed', state: 'held', channel: 'SMTP' },
  {
    ...{ principal: 'sender', operation: 'message.send', permission: 'refused', state: 'held' },
    ...{ domain: 'globex.example', seen: 'refused' },
  },
]

const untried: readonly Untried[] = [
  { principal: 'sender', operation: 'audit.list', permission: 'refused' },
  { principal: 'neighbour', operation: 'factor.get', permission: 'unsaid' },
]

const path: MailPath = {
  variant: 'HTTP',
  peer: '192.0.2.25:40596',
  helo: `out.${zone}`,
  host: `mx.inbox.sound.${zone}`,
  tls: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    serverName: `mx.inbox.sound.${zone}`,
    begun: 'starttls',
  },
  received: 1,
  spf: { result: 'pass', domain: `bounce.acme.${zone}`, aligned: true, from: '192.0.2.25' },
  dkim: [
    { result: 'pass', domain: `acme.${zone}`, aligned: true },
    { result: 'pass', domain: 'provider.example', aligned: false },
  ],
  dmarc: { result: 'pass', domain: `acme.${zone}`, policy: 'reject' },
}

/** An outcome but for the file of its check. */
type Unplaced = Omit<Outcome, 'file'>

const check: Omit<Unplaced, 'check' | 'title' | 'problem' | 'why' | 'remediation' | 'practices' | 'verdict'> =
  {
    severity: 'high',
    references: [],
    reach: 'intrusive',
    judge: null,
    weaknesses: ['accepts-unsigned-tokens'],
    reason: null,
    requests: 6,
    milliseconds: 320,
    findings: [],
    variants: [],
    proof: '7c1e0f6ad28b4c935be1f0a4d7723c86e9b25014fa8c3d6671905e2bb48cd19f',
  }

const failed: readonly Unplaced[] = [
  {
    ...check,
    check: 'injection/crlf-subject',
    title: 'a line break in the subject never becomes a header',
    practices: ['P18'],
    severity: 'critical',
    problem: 'A line break in the subject becomes a header, a recipient or a body',
    why: 'A raw CR LF ends the Subject field; the rest of the value becomes new header fields. Whoever may choose a subject can add recipients and forge senders.',
    remediation: {
      effort: 'low',
      how: 'Refuse CR, LF and NUL in every header value with a 4xx, or encode the value (RFC 2047). Build messages with a library that does.',
      before: "socket.write('Subject: ' + subject + '\\r\\n')\nsocket.write('To: ' + to + '\\r\\n')",
      after: 'await transport.sendMail({ subject, to })',
    },
    references: ['CWE-93', 'ASVS 5.0 1.3.11', 'RFC 5322 §2.2'],
    weaknesses: ['passes-line-breaks-on'],
    verdict: 'fail',
    reason: `3 of 9 variants could not be judged, first CR LF folded: ${silent}`,
    requests: 14,
    milliseconds: 1_904,
    basis: basis(8_123, {
      channels: [
        { channel: 'HTTP', messages: 8 },
        { channel: 'template', messages: 1 },
      ],
      seen: { ...nothingSeen, deliveries: 5, sessions: 5 },
    }),
    findings: [
      {
        ...finding,
        operation: 'message.send',
        variant: 'CR LF before Bcc',
        severity: 'critical',
        expected: 'the request is refused, or the subject arrives as one header field',
        actual: 'a Bcc field of its own, and a copy at a recipient that the request does not name',
        evidence: [exchange, delivery],
        reproduce: `curl --cacert ca.pem https://127.0.0.1:8443/v1/messages \\
  --header "authorization: Bearer $SENDER_KEY" --json '{"from":{"email":"hello@acme.${zone}"},"to":[{"email":"k81f@crlf.sound.${zone}"}],"subject":"Invoice\\r\\nBcc: hidden@crlf.sound.${zone}","text":"x"}'`,
      },
      {
        ...finding,
        operation: 'message.send',
        variant: 'bare LF before Bcc',
        severity: 'critical',
        expected: 'the request is refused, or the subject arrives as one header field',
        actual: 'a Bcc field of its own',
        evidence: [delivery],
      },
    ],
    variants: [
      variant('CR LF before Bcc', 'violated'),
      variant('bare LF before Bcc', 'violated', limited),
      variant('bare CR before Bcc', 'held'),
      variant('CR LF folded', 'unjudged', silent),
      variant('CR LF twice', 'unjudged', silent),
      variant('U+2028 before Bcc', 'held'),
      variant('NUL before Bcc', 'unjudged', limited),
      variant('CR LF in a template', 'not-applicable', 'The profile declares no template.create.'),
      variant('encoded word that holds CR LF', 'held'),
    ],
  },
  {
    ...check,
    check: 'smtp/out-no-fallback',
    title: 'mail that requires TLS is never delivered in clear text',
    practices: ['P08'],
    problem: 'Mail that must travel encrypted is sent in clear text',
    why: 'Anybody on the path reads the mail, password resets included, by removing one line from the dialogue.',
    remediation: {
      effort: 'medium',
      how: 'Defer and finally bounce where STARTTLS is missing or fails (RFC 8461, RFC 7672).',
    },
    references: ['CWE-319', 'RFC 3207 §6', 'RFC 8461 §5'],
    weaknesses: ['falls-back-to-clear-text'],
    verdict: 'fail',
    findings: [
      {
        ...finding,
        operation: 'message.send',
        variant: 'no-starttls',
        expected: 'no DATA before TLS',
        actual: 'the message was accepted in clear text',
        evidence: [session],
        reproduce: 'swaks --server $EXCHANGER --to q7@plain.no-starttls.example --tls-optional',
      },
    ],
    variants: [variant('no-starttls', 'violated'), variant('starttls-refused', 'held')],
  },
  {
    ...check,
    check: 'tls/versions',
    title: 'no endpoint speaks TLS below 1.2',
    practices: ['P06', 'P34'],
    severity: 'medium',
    problem: 'A port speaks TLS older than 1.2, or suites that do not keep their promise',
    why: 'TLS 1.0 and 1.1 rest on broken hashes; both are retired.',
    remediation: {
      effort: 'low',
      how: 'Set the least version to TLS 1.2 on the API and on submission.',
      after: 'ssl_protocols TLSv1.2 TLSv1.3;',
    },
    references: ['CWE-327', 'RFC 8996', 'ASVS 5.0 12.1.1'],
    reach: 'safe',
    weaknesses: ['offers-tls-1-0'],
    verdict: 'fail',
    findings: [
      {
        ...finding,
        operation: 'api.tls',
        severity: 'medium',
        expected: 'the handshake is refused with protocol_version',
        actual: 'TLS 1.0 agreed',
        evidence: [
          {
            kind: 'handshake',
            endpoint: '127.0.0.1:8443',
            offered: 'TLSv1.0',
            answered: 'ServerHello, ECDHE-RSA-AES128-SHA',
            at,
          },
          {
            kind: 'dns',
            name: `api.${zone}`,
            type: 'CAA',
            answer: 'NODATA',
            at,
          },
        ],
        reproduce: 'openssl s_client -connect 127.0.0.1:8443 -tls1',
      },
    ],
  },
  {
    ...check,
    check: 'auth/user-enum',
    title: 'unknown and known users are told apart by nothing',
    practices: ['P17', 'P18'],
    severity: 'low',
    problem: 'Signing in tells which addresses have an account',
    why: 'Attackers collect the addresses of customers before they guess passwords.',
    remediation: { effort: 'low', how: 'Hash a password also where the user is unknown, and answer alike.' },
    references: ['CWE-208', 'API2:2023'],
    weaknesses: ['skips-the-hash-for-unknown-users'],
    verdict: 'fail',
    findings: [
      {
        ...finding,
        operation: 'session.create',
        severity: 'low',
        expected: 'the same distribution of times',
        actual: 'medians 61.2 ms and 1.4 ms',
        evidence: [
          { kind: 'measurement', text: 'n = 40 + 40, Mann-Whitney U = 12, p < 0.001, shift 59.8 ms', at },
          { kind: 'callback', request: 'GET /c/4411 HTTP/1.1\nhost: 127.0.0.1', at },
        ],
      },
    ],
  },
]

const others: readonly Unplaced[] = [
  {
    ...check,
    check: 'auth/jwt-alg-none',
    title: 'a token without a signature is refused',
    practices: ['P01', 'P15'],
    severity: 'critical',
    problem: 'Tokens without a signature are believed',
    why: 'Anybody becomes anybody.',
    remediation: { effort: 'low', how: 'Fix the algorithm when verifying.' },
    references: ['CWE-347', 'RFC 8725 §3.1'],
    verdict: 'pass',
    basis: basis(1_200, { callers: [{ principal: 'a token of the check', calls: 5, accepted: 0 }] }),
    variants: [
      variant('alg none', 'held'),
      variant('alg NoNe', 'held'),
      variant('no signature, alg RS256', 'held'),
      variant('a token of a cookie session', 'not-applicable', 'Callers have no cookie sessions.'),
      variant('a token of somebody locked out', 'held-back', 'Allow it with --reach disruptive.'),
    ],
  },
  {
    ...check,
    check: 'access/bola-read',
    title: 'no object of another tenant can be read by its id',
    practices: ['P03', 'P14', 'P21'],
    problem: 'Another tenant’s objects can be read, or are known to exist, by their ids',
    why: 'One customer reads the mail of another.',
    remediation: { effort: 'high', how: 'Look up by tenant and id together.' },
    references: ['CWE-639', 'API1:2023'],
    weaknesses: ['looks-up-by-id-alone'],
    verdict: 'pass',
    requests: 22,
    basis: basis(2_000, { access, untried }),
    variants: [variant('contact.get', 'held'), variant('message.get', 'held'), variant('key.get', 'held')],
    proof: null,
  },
  {
    ...check,
    check: 'injection/sqli',
    title: 'search and sort parameters are data, never SQL',
    practices: ['P20'],
    severity: 'critical',
    problem: 'A filter, a search or an order becomes a part of the query',
    why: 'The whole database is one query parameter away.',
    remediation: { effort: 'low', how: 'Bind values; allow-list sort columns.' },
    references: ['CWE-89'],
    weaknesses: ['concatenates-sql'],
    verdict: 'pass',
    requests: 31,
  },
  {
    ...check,
    check: 'keys/revoke-immediate',
    title: 'a revoked key works nowhere from the moment of its revocation',
    practices: ['P11', 'P15', 'P16'],
    problem: 'A revoked key goes on working',
    why: 'A leaked key stays open while its owner believes it closed.',
    remediation: { effort: 'low', how: 'Check revocation at every use; empty caches on revocation.' },
    references: ['ASVS 5.0 7.4.1'],
    weaknesses: ['caches-keys-after-revocation'],
    verdict: 'not-applicable',
    reason: 'The profile declares no key.revoke. Map it under operations to have this checked.',
    requests: 0,
    milliseconds: 0,
  },
  {
    ...check,
    check: 'rate-limit/send-burst',
    title: 'what the limit refuses is not delivered',
    practices: ['P17'],
    severity: 'medium',
    problem: 'The limit of sending does not hold, or its refusal does not say when to come back',
    why: 'A limit that only answers 429 limits nothing.',
    remediation: { effort: 'low', how: 'Refuse before the message is queued.' },
    references: ['CWE-770', 'API4:2023'],
    reach: 'disruptive',
    weaknesses: ['enqueues-despite-the-limit'],
    verdict: 'held-back',
    reason: 'the check is disruptive and the run is held to intrusive: allow it with --reach disruptive',
    requests: 0,
    milliseconds: 0,
  },
  {
    ...check,
    check: 'mail-auth/dkim-valid',
    title: 'every message carries a valid signature of the sending domain',
    practices: ['P27', 'P33', 'P35'],
    problem: 'Mail leaves without a valid DKIM signature of its From domain',
    why: 'Unsigned mail is taken for forged mail.',
    remediation: { effort: 'low', how: 'Sign with d= of the From domain.' },
    references: ['RFC 6376 §3.5'],
    weaknesses: ['signs-with-the-provider-domain-only'],
    verdict: 'unproven',
    basis: basis(9_000, {
      channels: [{ channel: 'SMTP', messages: 1 }],
      seen: { deliveries: 1, sessions: 1, handshakes: 1, records: 3 },
      mail: [
        path,
        {
          ...path,
          ...{ variant: 'SMTP', tls: null, dkim: [], host: null },
          spf: { ...path.spf, result: 'softfail', aligned: false },
          dmarc: { result: 'fail', domain: `acme.${zone}`, policy: null },
        },
      ],
    }),
    reason: `The baseline message did not arrive within 10 s. Check that the target delivers to *.sound.${zone}, then run again.`,
    requests: 2,
    milliseconds: 10_240,
    variants: [
      variant('html and text', 'held'),
      variant('with an attachment', 'unjudged', 'The message did not arrive within 10 s.'),
    ],
  },
  {
    ...check,
    check: 'content/links',
    title: 'every link in a message leads to a declared host over HTTPS',
    practices: ['P27', 'P34'],
    severity: 'low',
    problem: 'Links in mail lead to hosts that are not for readers, or travel without TLS',
    why: 'Recipients land on a host of nobody.',
    remediation: { effort: null, how: 'Build links from one configured origin.' },
    references: ['CWE-601'],
    weaknesses: ['links-to-staging-in-the-footer'],
    verdict: 'error',
    reason:
      'TypeError: Cannot read properties of undefined (reading "href"). This is a fault of the check, not of the target.',
    requests: 1,
    milliseconds: 87,
  },
]

export const sample = {
  schemaVersion: '2.3',
  tool: { name: 'postern', version: '0.1.0' },
  complete: true,
  incompleteBecause: null,
  target: {
    name: 'Acme Mail, staging',
    url: 'https://127.0.0.1:8443',
    weaknesses: ['passes-line-breaks-on'],
  },
  driver: 'embedded',
  reach: 'intrusive',
  failOn: 'medium',
  baseline: null,
  startedAt: '2026-11-23T22:50:20.000Z',
  finishedAt: '2026-11-23T22:50:41.700Z',
  seed: 20_261_123,
  exitCode: 1,
  outcomes: [...failed, ...others].map((outcome) => ({
    ...outcome,
    file: `suites/${outcome.check}.check.ts`,
  })),
  notSelected: ['headers/cors'],
  leftovers: {
    objects: 2,
    lines: ['left behind: 2 objects of key.create: key.revoke was answered 403 (key_7h2, key_9k4)'],
    lost: false,
    mails: 3,
  },
} satisfies Report

/** The same with a baseline: every low finding accepted, and an entry that does not hold; and with an earlier run. */
export const sampleWithBaseline: Report = {
  ...sample,
  previous: {
    startedAt: '2026-11-22T22:50:28.000Z',
    changed: [
      {
        ...{ check: 'injection/crlf-subject', operation: 'message.send', variant: 'CR LF before Bcc' },
        ...{ change: 'new', before: null, after: 'critical' },
      },
      {
        check: 'tls/cert',
        operation: 'tls',
        variant: 'port 443',
        change: 'mended',
        before: 'high',
        after: null,
      },
      {
        check: 'tls/versions',
        operation: 'api.tls',
        variant: null,
        change: 'heavier',
        before: 'low',
        after: 'medium',
      },
    ],
    unchanged: 3,
  },
  baseline: {
    file: 'postern-baseline.yaml',
    accepted: 1,
    stale: [
      {
        ...{ check: 'tls/cert', operation: 'tls', variant: 'port 443', why: 'gone' },
        ...{ owner: 'mail-team', until: '2026-12-31' },
      },
    ],
  },
  outcomes: (sample.outcomes as readonly Outcome[]).map((outcome) => ({
    ...outcome,
    findings: outcome.findings.map((finding) =>
      finding.severity === 'low'
        ? {
            ...finding,
            accepted: { reason: 'behind a VPN until the move', owner: 'mail-team', until: '2026-12-31' },
          }
        : finding,
    ),
  })),
}
