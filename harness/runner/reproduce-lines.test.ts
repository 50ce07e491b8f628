import { execFile } from 'node:child_process'
import { glob, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Finding } from '../model.ts'
import { root } from '../tree.ts'
import { referenceProfile } from './reference-profile.ts'
import { signsOf } from './seen-signs.testing.ts'
import { inPlace } from './spawned.testing.ts'

// Two whole processes, and some hundred lines one after the other.
vi.setConfig({ testTimeout: 1_200_000 })

/** Weaknesses that leave one another to be seen, of as many checks as there are. */
const weaknesses = [
  ...['looks-up-by-id-alone', 'changes-by-id-alone', 'counts-objects', 'takes-verified-from-the-body'],
  ...['checks-roles-in-the-browser-only', 'matches-sender-domains-by-suffix', 'lists-everything-on-request'],
  ...['takes-null-for-a-token', 'accepts-unsigned-tokens', 'ignores-token-expiry', 'trusts-keys-in-tokens'],
  ...[
    'takes-zeros-for-a-signature',
    'verifies-tokens-by-a-word-of-every-list-too',
    'tells-who-has-no-account',
  ],
  ...['links-to-staging-in-the-footer', 'writes-to-whom-the-header-names', 'serves-what-nobody-documents'],
  ...['answers-with-another-status', 'lets-caches-keep-its-answers', 'reflects-any-origin'],
  ...['keeps-its-session-in-a-plain-cookie', 'takes-an-address-for-a-list', 'keeps-the-bcc-header'],
  ...['makes-fields-of-tags-and-times', 'passes-header-values-through', 'writes-parts-by-hand'],
  ...['writes-display-names-unquoted', 'passes-line-breaks-on', 'renders-variables-raw'],
  ...['reads-attachments-by-their-names', 'matches-keys-by-their-beginning', 'takes-keys-from-the-query'],
  ...['checks-no-scope-on-batches', 'mints-keys-wider-than-their-creator', 'takes-any-number-of-recipients'],
  ...['lets-revoked-keys-sign-in-to-submission', 'falls-back-to-clear-text', 'accepts-auth-before-tls'],
  ...['serves-calls-in-clear', 'offers-cbc-suites', 'logs-header-fields', 'obeys-control-headers'],
  ...['writes-addresses-into-commands-as-they-are', 'keeps-dkim-keys-in-testing', 'recommends-no-spf'],
  ...['ignores-certificate-errors', 'answers-with-stack-traces', 'keeps-sessions-of-users-who-were-removed'],
  ...[
    'takes-the-address-from-x-forwarded-for',
    'gives-rotated-keys-every-scope',
    'never-looks-at-the-end-of-keys',
    'acts-for-the-project-of-a-header',
    'acts-for-whom-authzid-names',
    'copies-new-keys-into-the-audit-log',
  ],
  ...['gives-a-token-before-the-second-factor', 'takes-no-code-for-a-right-one', 'takes-a-code-twice'],
  ...['removes-factors-without-a-proof', 'shows-the-secret-of-codes-again', 'takes-passwords-by-basic'],
  ...['hands-further-arguments-of-tools-on', 'reads-messages-of-all-tenants-for-tools'],
  'hides-words-in-descriptions-of-tools',
]

const checks = [
  ...[
    'bola-read',
    'bola-write',
    'id-enum',
    'mass-assign',
    'mcp-scope',
    'rbac-matrix',
    'sender-unverified',
    'server-filter',
  ].map((name) => `access/${name}`),
  ...[
    'anon-access',
    'jwt-alg-none',
    'jwt-claims',
    'jwt-header-key',
    'jwt-sig-invalid',
    'jwt-weak-secret',
    'session-revoke',
  ].map((name) => `auth/${name}`),
  ...['auth/user-enum', 'content/links', 'content/no-extra-recipient', 'discovery/shadow-routes'],
  ...['discovery/spec-drift', 'headers/cache-referrer', 'headers/cors', 'headers/csrf-cookies'],
  ...['addr-diff', 'bcc-leak', 'crlf-address', 'crlf-elsewhere', 'crlf-header', 'crlf-mime', 'crlf-name'].map(
    (name) => `injection/${name}`,
  ),
  ...['injection/crlf-subject', 'injection/html-var', 'injection/lfi-attach', 'injection/smtp-envelope'],
  ...['keys/entropy-match', 'keys/expiry-age', 'keys/ip-allowlist', 'keys/leak-in-output', 'keys/log-leak'],
  ...['keys/project-isolation', 'keys/revoke-immediate', 'keys/rotate-overlap', 'keys/secret-reread'],
  'keys/smtp-scope-mismatch',
  ...['keys/scope-matrix', 'keys/self-escalate', 'rate-limit/unlimited', 'smtp/out-no-fallback'],
  ...['smtp/sub-auth-clear', 'tls/plaintext', 'tls/versions', 'mail-auth/dkim-key', 'mail-auth/spf-limits'],
  ...['injection/hdr-reserved', 'smtp/out-cert', 'discovery/error-leak'],
  ...['alt-channel', 'enforced', 'enroll-recovery', 'otp-binding', 'otp-replay'].map((name) => `mfa/${name}`),
]

/** Of a check, findings of so many kinds. */
const most = 4

/** Checks of whose findings no line shows the violation by itself, and why. The list may only shrink. */
const inWordsAlone: Readonly<Record<string, string>> = {
  'injection/smtp-envelope': 'what an exchanger is told beside the addresses is in no message',
  'keys/log-leak': 'the log is the target’s own: its owner looks there',
  'mail-auth/dkim-key': 'its line is for dig, which is not on every machine',
  'mail-auth/spf-limits': 'its line is for dig, which is not on every machine',
  'rate-limit/unlimited': 'a message to a thousand is too long a line',
  'mfa/alt-channel': 'its lines do not set up the second factor of somebody new',
  'mfa/enroll-recovery': 'its lines do not set up the second factor of somebody new',
  'mfa/otp-binding': 'its lines do not set up the second factor of somebody new',
  'mfa/otp-replay': 'its lines do not set up the second factor of somebody new',
}

/** Checks whose findings are not tried here, and why. The list may only shrink. */
const notTried: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['abac-device', 'abac-ip', 'abac-time'].map((name) => [
      `access/${name}`,
      'it is of somebody new, whose session no line opens',
    ]),
  ),
  'access/bounce-forge': 'it takes return paths, which come by mail that no line reads',
  'access/envelope-override': 'its weaknesses change what every message leaves with',
  'access/inbound-readback': 'what it reads came in by SMTP before, which no line hands over',
  'access/idempotency-xtenant': 'a line that is sent twice has used its key',
  'access/scheduled-race': 'it takes a time that has come, and what was done before it',
  'access/domain-claim': 'its records stand in the DNS of the sandbox, where the check has to publish them',
  'access/shared-object-edit': 'whoever is of another tenant reads what came of it, before it is put back',
  'access/subaccount-escape': 'it is of the key of a sub-account, which no line makes',
  'access/domain-stale':
    'its records stand in the DNS of the sandbox, where the check publishes them and takes them away',
  'access/selector-takeover':
    'its records stand in the DNS of the sandbox, and a verifier shows it: postern mail',
  'access/suppression-xtenant':
    'its weaknesses hide those of each other, and who is on the list comes before',
  'access/unsub-token': 'a link comes by mail, which no line reads',
  'auth/email-change': 'a token comes by mail, which no line reads',
  'auth/jwt-key-confusion': 'its weaknesses hide those of other checks; forgery.test.ts runs its lines',
  'auth/jwt-kid-inject': 'its weaknesses hide those of other checks; forgery.test.ts runs such lines',
  'auth/password-change': 'it is of somebody new, whose session no line opens',
  'auth/pre-hijack': 'a token comes by mail, which no line reads',
  'auth/reset-token': 'a token comes by mail, which no line reads',
  'auth/unicode-collision': 'a token comes by mail, which no line reads',
  'auth/saml-wrap': 'its sign-in is over when a line is tried',
  'auth/webhook-ingest': 'its signature is of a time that is over when a line is tried',
  'auth/webhook-out-signed': 'what comes to a webhook shows it, which no line reads',
  'content/active-html': 'a browser shows it',
  'discovery/exposed-panels': 'its weaknesses hide behind those of discovery/shadow-routes',
  'headers/html-surfaces': 'a browser shows it',
  'headers/open-redirect': 'a browser shows it',
  'headers/reflected-input': 'its page is known by a link in a message, which other weaknesses change',
  'injection/sqli': 'it is told by two calls, and other weaknesses show all rows to each',
  'injection/stored-output': 'a browser shows it',
  'keys/exposure-response': 'a key is made, reported and shown again, each by the answer before it',
  'keys/hardcoded-artifacts': 'its weaknesses hide behind those of discovery/exposed-panels and others',
  'keys/retired-use-alert': 'it is told by what a log lacks after many calls',
  'mail-auth/dkim-valid': 'a verifier shows it: postern mail',
  'mail-auth/dmarc-e2e': 'a verifier shows it: postern mail',
  'mfa/webauthn': 'what an authenticator answers is of use once',
  'mfa/otp-brute': 'many calls at once show it, and how many are let through',
  ...Object.fromEntries(
    [
      ...['client-auth', 'code-single-use', 'device-code', 'dpop', 'legacy-grants', 'pkce-downgrade'],
      ...['pkce-required', 'redirect-exact', 'refresh-rotation', 'scope-escalation'],
    ].map((name) => [`oauth/${name}`, 'its code comes by a browser, and is of use once']),
  ),
  'rate-limit/bypass': 'many calls at once show it, and how many are let through',
  'rate-limit/cred-guess': 'many calls at once show it, and how many are let through',
  'rate-limit/guess-bypass': 'many calls at once show it, and how many are let through',
  'rate-limit/send-burst': 'many calls at once show it, and how many are let through',
  'smtp/out-retry': 'an exchanger has to fail once, which the check asks it for',
  'tls/cert': 'with its weaknesses no line of curl trusts the target',
}

test('of every check lines are tried, or it is named with the reason', async () => {
  const files = await Array.fromAsync(glob('suites/*/*.check.ts', { cwd: root }))
  const ids = files.map((file) => file.replace(/^suites\//, '').replace(/(?:\.browser)?\.check\.ts$/, ''))
  expect([...checks, ...Object.keys(notTried)].sort()).toEqual(ids.sort())
  expect(checks).toEqual(expect.arrayContaining(Object.keys(inWordsAlone)))
})

test('each line of a weak run, by sh in front of the same weaknesses, shows what its finding says', async () => {
  await inPlace(async ({ folder, out, temporary, postern, report }) => {
    const switched = weaknesses.flatMap((name) => ['--weakness', name])
    const chosen = checks.flatMap((id) => ['--check', id])
    // What was seen is looked for, so that it is told whole.
    const target = path.join(folder, 'target.yaml')
    await writeFile(target, `extends: ${referenceProfile}\nreport: { disclosed: whole }\n`)
    const flags = ['--target', target, '--reach', 'disruptive', '--out', out, '--seed', '1', '--quiet']
    await postern(['run', ...flags, ...switched, ...chosen]).ended
    const { outcomes } = await report()

    const sandbox = postern(['sandbox', ...switched])
    await sandbox.printed('what arrives stands below')
    const [name = ''] = (await readdir(temporary)).filter((each) => each.startsWith('postern-sandbox-'))
    const kept = path.join(temporary, name)
    const run = (script: string) =>
      new Promise<string>((resolve) => {
        const options = { cwd: folder, env: { PATH: process.env['PATH'] }, maxBuffer: 2 ** 26 }
        execFile('/bin/sh', ['-c', `. ${kept}/env\n${script}`], options, (_, stdout, stderr) =>
          resolve(`${stdout}\n${stderr}`),
        )
      })

    const tried: { check: string; finding: Finding; output: string }[] = []
    for (const { check, findings } of outcomes)
      for (const finding of kindsOf(findings).slice(0, most))
        tried.push({ check, finding, output: await run(finding.reproduce) })
    await run(last)
    await sandbox.printed('<the-last@')

    const mails = await mailsIn(kept)
    process.kill(sandbox.pid, 'SIGINT')
    const { stdout: arrivals } = await sandbox.ended
    const unseen = tried.flatMap(({ check, finding, output }) => {
      const missing = signsOf(finding, { output, arrivals, mails })
      return missing === null ? [] : [{ check, says: `${finding.variant}: ${missing}`, finding, output }]
    })
    const wrong = unseen.filter(({ check }) => inWordsAlone[check] === undefined)
    expect(wrong.map(({ check, says }) => `${check}, ${says}`)).toEqual([])
    const found = new Set(tried.map(({ check }) => check))
    expect(checks.filter((check) => !found.has(check))).toEqual([])
    const failing = new Set(unseen.map(({ check }) => check))
    expect(Object.keys(inWordsAlone).filter((check) => !failing.has(check))).toEqual([])
  })
})

/** A message after which those before it have arrived. */
const last = `curl -sS --fail --cacert "$CA" -H "authorization: Bearer $REFERENCE_SENDER_KEY" -H 'content-type: application/json' --data-raw '{"from":{"email":"postmaster@acme.'"$REFERENCE_ZONE"'"},"to":[{"email":"the-last@inbox.sound.'"$SANDBOX_ZONE"'"}],"subject":"Hello","text":"x"}' "$TARGET_URL/v1/messages"`

/** One of those that say the same of the same operation, but for what is random. */
function kindsOf(findings: readonly Finding[]): Finding[] {
  const plain = ({ operation, actual }: Finding) => `${operation} ${actual.replace(/[0-9a-f]{6,}|\d+/g, '')}`
  const named = findings.toSorted((a, b) => String(b.variant).localeCompare(String(a.variant)))
  return [...new Map(named.map((finding) => [plain(finding), finding])).values()].reverse()
}

async function mailsIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.eml'))
  return Promise.all(files.map((name) => readFile(path.join(folder, name), 'latin1')))
}
