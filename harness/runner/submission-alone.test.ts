import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Outcome, Report } from '../model.ts'
import { root } from '../tree.ts'
import { inPlace } from './spawned.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 180_000 })

const judged = [
  'access/envelope-override',
  'access/sender-unverified',
  'injection/bcc-leak',
  ...['mail-auth/dkim-key', 'mail-auth/dkim-valid', 'mail-auth/dmarc-e2e', 'mail-auth/spf-limits'],
  'rate-limit/cred-guess',
  ...['smtp/out-cert', 'smtp/out-no-fallback', 'smtp/out-retry', 'smtp/sub-auth-clear'],
  'tls/cert',
  'tls/versions',
]

function runOf(profile: string, args: readonly string[] = []) {
  return inPlace(async ({ out, postern, report, documents }) => {
    const { code, stdout, stderr } = await postern(['run', '--target', profile, '--out', out, ...args]).ended
    return { code, stdout, stderr, report: await report(), documents: await documents() }
  })
}

/** Verdicts by check, of those that apply. */
function verdicts({ outcomes }: Report): Record<string, Outcome['verdict']> {
  const applying = outcomes.filter(({ verdict }) => verdict !== 'not-applicable')
  return Object.fromEntries(applying.map(({ check, verdict }) => [check, verdict]))
}

const each = (verdict: Outcome['verdict'], checks: readonly string[] = judged) =>
  Object.fromEntries(checks.map((check) => [check, verdict]))

test('the submission service of a sound API by itself: what is mailed is judged, what takes HTTP is not applicable', async () => {
  const { code, stdout, report, documents } = await runOf(`${root}fixtures/targets/reference-submission.yaml`)
  expect({ code, verdicts: verdicts(report) }).toEqual({ code: 0, verdicts: each('pass') })
  const others = report.outcomes.filter(({ verdict }) => verdict === 'not-applicable')
  expect([...new Set(others.map(({ reason }) => reason))]).toEqual([
    'the target is a submission service alone, and this takes an HTTP API',
  ])
  expect(report.target.url).toMatch(/^smtps:\/\/127\.0\.0\.1:\d+$/)
  expect(stdout).toMatch(/^postern .+, a submission service at smtps:/m)
  expect(documents['report.html']).toContain('security report of a submission service')
  expect(documents['report.html']).not.toContain('an email API')
})

test('its faults have the verdicts that they have where it stands beside its API', async () => {
  const faults = [
    ...['accepts-auth-before-tls', 'keeps-the-bcc-of-composed-messages', 'ignores-certificate-errors'],
    ...['signs-no-composed-messages', 'checks-the-envelope-sender-alone', 'throttles-only-the-web-sign-in'],
    'keeps-return-paths-of-composed-messages',
    ...['falls-back-to-clear-text', 'gives-up-after-a-temporary-failure', 'offers-tls-1-0'],
  ].flatMap((weakness) => ['--weakness', weakness])
  const alone = await runOf(`${root}fixtures/targets/reference-submission.yaml`, faults)
  const beside = await runOf(`${root}fixtures/targets/reference.yaml`, [
    ...faults,
    ...judged.flatMap((check) => ['--check', check]),
  ])
  const without = ['mail-auth/dkim-key', 'mail-auth/spf-limits', 'tls/cert']
  const failing = judged.filter((check) => !without.includes(check))
  const wanted = { ...each('pass'), ...each('fail', failing) }
  expect({ alone: verdicts(alone.report), beside: verdicts(beside.report) }).toEqual({
    alone: { ...wanted, 'mail-auth/dkim-key': 'unproven' },
    beside: wanted,
  })
  const named = alone.report.outcomes.flatMap(({ findings }) => findings.map(({ operation }) => operation))
  expect(new Set(named)).toEqual(new Set(['submission.authenticate', 'submission.send', 'submission.tls']))
})

const implicit = `implicit: "\${env:FOREIGN_IMPLICIT}"`
const bothPorts = `${implicit}, starttls: "\${env:FOREIGN_STARTTLS}"`

/** What was found at a service of smtp-server and nodemailer with these faults. */
function foreign(ports: string, faults: string) {
  return inPlace(async ({ folder, out, postern, report }) => {
    const profile = path.join(folder, 'target.yaml')
    await writeFile(
      profile,
      `name: a submission service of somebody else
target:
  command:
    run: [node, ${root}harness/runner/foreign-submission.testing.ts]
    announces: true
    environment:
      ZONE: \${sandbox:zone}
      RELAY_HOST: \${sandbox:smtp.host}
      RELAY_PORT: \${sandbox:smtp.port}
      KEY: \${sandbox:key}
      CERTIFICATE: \${sandbox:certificate}
      SECRET: \${random:shop}
      FAULTS: "${faults}"
  submission: { host: 127.0.0.1, ${ports}, username: shop, secret: "\${random:shop}" }
mail:
  from: news@shop.\${env:FOREIGN_ZONE}
  domains: ["shop.\${env:FOREIGN_ZONE}"]
  selectors: [s1]
  recipients: { route: relay }
  delivery: { within: 20 }
policies: { limits: { signIn: { perSource: 20, window: 10 } }, retry: { within: 5 } }
`,
    )
    const args = ['run', '--target', profile, '--out', out, '--reach', 'disruptive']
    const { code, stderr } = await postern(args).ended
    return { code, stderr, report: await report() }
  })
}

// Its mail goes to one host and port, so that no exchanger can be chosen for it.
const relayed = judged.filter((check) => !['smtp/out-cert', 'smtp/out-no-fallback'].includes(check))
const inTls = relayed.filter((check) => check !== 'smtp/sub-auth-clear')

test('a submission service of smtp-server and nodemailer that is sound: every check that applies passes', async () => {
  const { code, report, stderr } = await foreign(implicit, '')
  expect({ code, verdicts: verdicts(report), stderr }).toEqual({
    ...{ code: 0, verdicts: each('pass', inTls), stderr: '' },
  })
})

test('the same that takes AUTH in clear, relays any From, leaves what Return-Path says and looks at every guess: these are found, and nothing else', async () => {
  const { code, report } = await foreign(
    bothPorts,
    'takes-auth-in-clear,relays-any-from,never-throttles,keeps-return-paths',
  )
  const found = [
    ...['smtp/sub-auth-clear', 'access/envelope-override', 'access/sender-unverified'],
    'rate-limit/cred-guess',
  ]
  expect({ code, verdicts: verdicts(report) }).toEqual({
    code: 1,
    verdicts: { ...each('pass', relayed), ...each('fail', found) },
  })
  expect(report.outcomes.flatMap(({ findings }) => findings.map(({ severity }) => severity))).toContain(
    'critical',
  )
})
