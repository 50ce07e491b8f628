import { answerFaults, denials, onAnswers, onSignIns, turningAway } from './answers.ts'
import { blows } from './blows.ts'
import { submissionFaults, tlsFaults } from './connections.ts'
import { mailFaults } from './mails.ts'
import { soundly } from './relay.ts'
import type { Ground, Trial } from './staged.ts'

/** What each part of the bench is about; its order is that of the page. */
export const groups = {
  none: 'No fault: what the checks find, so that a pass means something',
  attacks: 'HTTP: answers to attacks, while everything legitimate is answered as it should be',
  answers: 'HTTP: every answer but those to sign-ins',
  signIns: 'HTTP: every answer, sign-ins too',
  connections: 'TLS and TCP, between the harness and the API',
  submission: 'SMTP, between the harness and the submission service',
  mails: 'SMTP, from the target to the exchangers of the sandbox',
  blows: 'What befalls the run itself, its target or its disk, at moments that the seed tells',
} as const
export type Group = keyof typeof groups

const http: Ground = {
  checks: [
    'access/bola-read',
    'keys/self-escalate',
    'headers/cors',
    'auth/jwt-alg-none',
    'injection/bcc-leak',
  ],
  weaknesses: [
    'looks-up-by-id-alone',
    'mints-keys-wider-than-their-creator',
    'reflects-any-origin',
    'accepts-unsigned-tokens',
    'keeps-the-bcc-header',
  ],
  byAnswers: ['auth/jwt-alg-none'],
}
const mail: Ground = {
  checks: ['injection/bcc-leak', 'mail-auth/dkim-valid', 'content/links'],
  weaknesses: ['keeps-the-bcc-header', 'adds-a-line-after-signing', 'links-without-tls-in-the-footer'],
}
/** All that read what is delivered. */
const everyMail: Ground = {
  checks: [
    ...mail.checks,
    'content/active-html',
    'injection/crlf-address',
    'injection/crlf-header',
    'injection/crlf-name',
    'injection/crlf-subject',
    'injection/hdr-reserved',
    'injection/html-var',
    'mail-auth/dmarc-e2e',
    'access/sender-unverified',
  ],
  weaknesses: [
    // First: whoever sends from any domain writes names rightly, until another is asked to spoil them.
    'sends-from-any-domain',
    ...mail.weaknesses,
    'strips-scripts-instead-of-escaping',
    'looks-at-addresses-line-by-line',
    'takes-any-header-name',
    'writes-display-names-unquoted',
    'passes-line-breaks-on',
    'renders-variables-raw',
    'leaves-return-path-and-signature-unaligned',
  ],
}
const submission: Ground = {
  checks: ['smtp/sub-auth-clear', 'injection/bcc-leak'],
  weaknesses: ['accepts-auth-before-tls', 'keeps-the-bcc-of-composed-messages'],
}
const tls: Ground = {
  checks: ['tls/versions', 'headers/cors', 'auth/jwt-alg-none'],
  weaknesses: ['offers-tls-1-0', 'reflects-any-origin', 'accepts-unsigned-tokens'],
}

function made<Fault>(
  group: Group,
  ground: Ground,
  faults: Readonly<Record<string, Fault>>,
  put: (fault: Fault) => Partial<Trial>,
) {
  return Object.entries(faults).map(([name, fault]): Trial => ({ group, name, ground, ...put(fault) }))
}

/** What costs memory costs it once for each who reads it. */
const forAll = new Set(['a header line of 5 MB', 'a body line of 5 MB', 'mails of 9 MB beside'])

/** Every fault, on the ground on which it is tried. */
export const trials: readonly Trial[] = all().map((trial) => ({
  ...trial,
  ...(trial.answers !== undefined && denials.has(trial.name) ? { denies: true } : {}),
  ...(trial.answers?.aim === 'attacks' && turningAway.has(trial.name) ? { turnsAway: true } : {}),
}))

function all(): Trial[] {
  return [
    { group: 'none', name: 'HTTP', ground: http, idle: true },
    { group: 'none', name: 'TLS', ground: tls, connections: {} },
    { group: 'none', name: 'submission', ground: submission, submission: {} },
    { group: 'none', name: 'mail by way of a relay', ground: mail, mails: soundly },
    { group: 'none', name: 'mail by way of a relay, for a dozen checks', ground: everyMail, mails: soundly },
    ...made('attacks', http, answerFaults, (strike) => ({ answers: { strike, aim: 'attacks' } })),
    ...made('answers', http, answerFaults, (strike) => ({ answers: { strike, aim: 'answers' } })).filter(
      ({ name }) => onAnswers.has(name),
    ),
    ...made('signIns', http, answerFaults, (strike) => ({ answers: { strike, aim: 'every answer' } })).filter(
      ({ name }) => onSignIns.has(name),
    ),
    ...made('connections', tls, tlsFaults, (connections) => ({ connections })),
    ...made('submission', submission, submissionFaults, (befalls) => ({ submission: befalls })),
    ...made('mails', mail, mailFaults, (mails) => ({ mails })),
    ...made('mails', everyMail, mailFaults, (mails) => ({ mails })).flatMap((trial) =>
      forAll.has(trial.name) ? [{ ...trial, name: `${trial.name}, for a dozen checks` }] : [],
    ),
    ...made('blows', http, blows, (blow) => ({ idle: true, ...blow })),
  ]
}

/** A few of each part, and what has brought down something before. */
export const short: ReadonlySet<string> = new Set([
  'none: HTTP',
  'attacks: an endless header',
  'attacks: a header line of 5 MB',
  'attacks: ids with controls of terminals',
  'attacks: the credential in the reason phrase',
  'attacks: a gzip bomb',
  'answers: an endless body',
  'answers: 429 for a thousand years',
  'answers: no answer at all',
  'connections: reset in the ClientHello',
  'submission: an offer without end',
  'mails: MIME 200 levels deep',
  'mails: DATA that never ends',
  'blows: the run: SIGKILL',
  'blows: the target: SIGKILL',
  'blows: no room for the journal',
])
