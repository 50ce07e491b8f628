import { writeFile } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import { expect, vi } from 'vitest'
import { mailpitThatIsThere } from '../../fixtures/targets/mailpit-binary.ts'
import type { Outcome } from '../model.ts'
import { testWith } from '../runner/parts.testing.ts'
import { besideOthers } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import type { Mailbox } from '../sandbox/mailbox.ts'
import { mailpitAt } from '../sandbox/mailpit.ts'
import { startMailpit } from '../sandbox/real-mailpit.ts'
import { type Grounds, type SampleStaging, withStaging } from './sample-staging.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const binary = await mailpitThatIsThere().catch(() => null)
const test = testWith('mailpit', binary === null ? 'no Mailpit' : null)

const auth = { username: 'qa', password: 'Qa-4711-secret' }

/** A Mailpit as teams run it next to their staging: HTTPS of a private authority, a password, other people's mail. */
async function teamMailpit(
  { file, authority, tls }: Grounds,
  more: readonly string[] = [],
): Promise<Mailbox> {
  const [cert, key, users] = ['cert.pem', 'key.pem', 'users'].map(file) as [string, string, string]
  await Promise.all([writeFile(cert, tls.cert), writeFile(key, tls.key)])
  await writeFile(users, `${auth.username}:${auth.password}\n`)
  const flags = ['--ui-tls-cert', cert, '--ui-tls-key', key, '--ui-auth-file', users, ...more]
  const mailpit = await startMailpit(binary, flags, { auth, ca: [authority] })
  await createTransport({ ...mailpit.smtp, ignoreTLS: true }).sendMail({
    from: 'colleague@team.test',
    to: 'other@team.test',
    subject: 'not ours',
    text: 'x',
  })
  return mailpit
}

/** A staging that hands all its mail to the team's Mailpit. */
async function withMailpitBehind(
  use: (staging: SampleStaging, mailpit: Mailbox) => Promise<void>,
  more: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<void> {
  let mailpit: Mailbox | undefined
  try {
    await withStaging(
      async (grounds) => {
        mailpit = await teamMailpit(grounds, flags)
        return { REFERENCE_RELAY: `smtp+cleartext://127.0.0.1:${mailpit.smtp.port}`, ...more }
      },
      async (staging) => {
        if (mailpit !== undefined) await use(staging, mailpit)
      },
    )
  } finally {
    await mailpit?.close()
  }
}

const credential = (password = auth.password) => ({
  username: auth.username,
  password: { exec: ['echo', password] },
})

function behind({ url }: Pick<Mailbox, 'url'>, records: readonly object[] = [], password = auth.password) {
  const mailpit = { url, ...credential(password) }
  // Nobody was told of them.
  const ports = { dns: null, egress: null }
  return `mail: { recipients: { route: mailpit } }\nsandbox: ${JSON.stringify({ mailpit, records, ports })}\n${besideOthers}`
}

/** The same with the promise that mail comes within so many seconds. */
function soon(yaml: string, within: number): string {
  return yaml.replace('route: mailpit }', `route: mailpit }, delivery: { within: ${within} }`)
}

const told = ({ check, verdict, reason }: Outcome) => ({ check, verdict, reason })

test('what a mailbox alone can tell is judged; what needs the wire says how to get it', async () => {
  await withMailpitBehind(async ({ place, records, run }, mailpit) => {
    const suites = ['access', 'content', 'injection', 'mail-auth', 'smtp'].flatMap((name) => [
      '--suite',
      name,
    ])
    const args = ['--reach', 'disruptive', ...suites]
    const { code, stdout, stderr } = await run(behind(mailpit, records), args).ended
    expect(code, stdout + stderr).toBe(0)
    const { outcomes } = await place.report()
    const judged = outcomes.filter(({ verdict }) => verdict !== 'not-applicable')
    expect(judged.filter(({ verdict }) => verdict !== 'pass').map(told)).toEqual([])
    expect(judged.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'content/links',
        'content/active-html',
        'access/bola-read',
        'injection/html-var',
      ]),
    )
    expect(outcomes.find(({ check }) => check === 'injection/crlf-subject')).toMatchObject({
      verdict: 'not-applicable',
      reason: expect.stringMatching(/past the wire: have the target relay it to the sandbox/),
    })
    expect(outcomes.find(({ check }) => check === 'smtp/out-retry')).toMatchObject({
      verdict: 'not-applicable',
      reason: expect.stringMatching(/chaos is not enabled: start it with --enable-chaos/),
    })

    const { messages } = await mailpitAt(mailpit).listMessages()
    expect(messages.map(({ Subject }) => Subject)).toEqual(['not ours'])
    expect(JSON.stringify(await place.documents())).not.toContain(auth.password)
  })
})

test('behind the sandbox it gets what the wire saw, and loses it again with the run', async () => {
  const [dns, egress] = await Promise.all([freePort(), freePort()])
  let mailpit: Mailbox | undefined
  try {
    await withStaging(
      async (grounds) => {
        mailpit = await teamMailpit(grounds)
        return { REFERENCE_DNS: `127.0.0.1:${dns}`, REFERENCE_EGRESS: `http://127.0.0.1:${egress}` }
      },
      async ({ records, run }) => {
        if (mailpit === undefined) throw new Error('no Mailpit')
        const { smtp, url } = mailpit
        const own = { url, ...credential(), smtp: `127.0.0.1:${smtp.port}` }
        const sandbox = { authority: 'authority.pem', records, ports: { dns, egress }, mailpit: own }
        const args = ['--check', 'injection/crlf-subject', '--reach', 'intrusive']
        // Whole: what it says on stderr tells why it is not so.
        expect(await run(`sandbox: ${JSON.stringify(sandbox)}\n`, args).ended).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('1 passed'),
        })
        const client = mailpitAt(mailpit)
        expect((await client.getInfo()).RuntimeStats.SMTPAccepted).toBeGreaterThan(10)
        expect((await client.listMessages()).messages.map(({ Subject }) => Subject)).toEqual(['not ours'])
      },
    )
  } finally {
    await mailpit?.close()
  }
})

test('a finding rests on what the mailbox holds, and says so', async () => {
  await withMailpitBehind(
    async ({ place, run }, mailpit) => {
      const args = ['--check', 'injection/html-var', '--reach', 'intrusive']
      expect((await run(behind(mailpit), args).ended).code).toBe(1)
      const [outcome] = (await place.report()).outcomes
      const evidence = outcome?.findings.flatMap((finding) => finding.evidence) ?? []
      expect(evidence).toContainEqual(expect.objectContaining({ kind: 'delivery', personality: null }))
      expect((await place.documents())['report.html']).toContain('as the mailbox holds it')
    },
    { REFERENCE_WEAKNESS: 'renders-variables-raw' },
  )
})

test('a Mailpit that refuses, or is not there: exit code 2 before anything is sent, with what to do', async () => {
  await withMailpitBehind(async ({ place, run }, mailpit) => {
    const ended = async (yaml: string) => {
      const { code, stderr } = await run(yaml, []).ended
      expect(await place.documents()).toEqual({})
      return { code, stderr }
    }
    expect(await ended(behind(mailpit, [], 'wrong'))).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /refuses the credentials \(401\); see username and password of sandbox\.mailpit\n$/,
      ),
    })
    expect(await ended(behind({ url: `https://127.0.0.1:${await freePort()}` }))).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /does not answer \(ECONNREFUSED\); see that it runs, sandbox\.mailpit\.url/,
      ),
    })
    expect(await ended(behind({ url: mailpit.url.replace('https:', 'http:') }))).toMatchObject({ code: 2 })
  })
})

test('a Mailpit that goes in the middle of a run: the run cannot be relied on', async () => {
  await withMailpitBehind(async ({ place, run }, mailpit) => {
    const running = run(soon(behind(mailpit), 2), ['--reach', 'intrusive'])
    await running.printed('passed')
    await mailpit.close()
    expect((await running.ended).code).toBe(2)
    const report = await place.report()
    expect(report.complete).toBe(false)
    expect(report.incompleteBecause).toMatch(
      /^the mailbox at https:\S+ is lost: it does not answer \(ECONNREFUSED\)/,
    )
  })
})

// Longer than the chaos lasts: three tries in a row that meet it are not rare.
const patient = { REFERENCE_RETRY_DELAYS: '2000,2000,2000' }
const chaos = ['--enable-chaos']
const retry = ['--check', 'smtp/out-retry', '--reach', 'disruptive']
const calm = expect.objectContaining({ Recipient: { ErrorCode: 451, Probability: 0 } })

test('by Mailpit’s chaos a run sees whether the target tries again, and leaves it off', async () => {
  await withMailpitBehind(
    async ({ place, run }, mailpit) => {
      const { code, stdout, stderr } = await run(soon(behind(mailpit), 8), retry).ended
      expect(code, stdout + stderr).toBe(0)
      expect((await place.report()).outcomes.map(told)).toEqual([
        { check: 'smtp/out-retry', verdict: 'pass', reason: null },
      ])
      expect(await mailpitAt(mailpit).getChaosTriggers()).toEqual(calm)
    },
    patient,
    chaos,
  )
  await withMailpitBehind(
    async ({ place, run }, mailpit) => {
      expect((await run(soon(behind(mailpit), 8), retry).ended).code).toBe(1)
      const [finding] = (await place.report()).outcomes.flatMap(({ findings }) => findings)
      expect(finding).toMatchObject({ operation: 'message.send', actual: 'it never came' })
      expect(finding?.evidence).toContainEqual(
        expect.objectContaining({ text: expect.stringMatching(/^Mailpit’s chaos answered every second/) }),
      )
    },
    { ...patient, REFERENCE_WEAKNESS: 'gives-up-after-a-temporary-failure' },
    chaos,
  )
})

test('a run that is interrupted amid Mailpit’s chaos leaves it off', async () => {
  await withMailpitBehind(
    async ({ run }, mailpit) => {
      const client = mailpitAt(mailpit)
      const running = run(soon(behind(mailpit), 8), retry)
      while ((await client.getChaosTriggers()).Recipient.Probability === 0);
      process.kill(running.pid, 'SIGINT')
      expect((await running.ended).code).toBe(2)
      expect(await client.getChaosTriggers()).toEqual(calm)
    },
    patient,
    chaos,
  )
})
