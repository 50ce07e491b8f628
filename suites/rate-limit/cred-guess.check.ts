import { about, test } from '../../harness/check.ts'
import type { Evidence, Exchange } from '../../harness/model.ts'
import type { SmtpClient } from '../../harness/probes/smtp.ts'
import { SmtpFailure } from '../../harness/probes/smtp-replies.ts'

/** Guesses after which a throttle must have shown: a hundred an hour is too many (ASVS 5.0 6.3.1). */
const guesses = 120
const atOnce = 10
/** An answer that takes this long, in milliseconds, holds the guesser back as well as a refusal. */
const tarpit = 5000

test(
  'guessing a password or a key is slowed down on every channel',
  about({
    id: 'rate-limit/cred-guess',
    practices: ['P17', 'P22'],
    severity: 'high',
    why: 'A sign-in that is watched and a submission port that is not are one unwatched sign-in.',
    remediation:
      'Share one budget of failures per account and per source between HTTP and SMTP, and answer 429 or 454 beyond it.',
    references: ['CWE-307', 'CWE-799', 'API2:2023', 'ASVS 5.0 6.3.1', 'RFC 4954 §4', 'WSTG-ATHN-03'],
    needs: ['session.create', 'user.create', 'principal.get', 'submission'],
    reach: 'disruptive',
    weakness: 'throttles-only-the-web-sign-in',
    exclusive: true,
  }),
  async ({ api, evidence, mailbox, profile, submission, verify }) => {
    const wrong = () => `Wrong-${mailbox.canary()}`
    const password = `Right-${mailbox.canary()}`
    const email = `guessed-${mailbox.canary().slice(0, 12)}@${mailbox.domain()}`
    const role = profile.principals['support']?.role ?? Object.keys(profile.roles)[0] ?? ''
    const made = await api.call('user.create', { email, role, password })
    verify.held(
      made.answer === 'accepted',
      `user.create was answered ${made.response?.status ?? made.failure}`,
    )
    const right = () => api.call('session.create', { email, password }, null, { unlimited: true })
    const first = await right()
    verify.held(first.answer === 'accepted', 'a user who was just made cannot sign in')

    const byHttp = (guess: () => Promise<Exchange>) => async () => {
      const exchange = await guess()
      if (exchange.answer !== 'limited') verify.answered(exchange)
      return {
        throttled: exchange.answer === 'limited' || exchange.milliseconds > tarpit,
        evidence: evidence.exchange(exchange),
        reproduce: api.curl(exchange),
      }
    }
    const bySmtp = async () => {
      const client = await submission.connectSecurely().catch((error: unknown) => error)
      // It was reached before: who hangs up, or does not greet any more, holds back.
      if (client instanceof SmtpFailure)
        return { throttled: true, evidence: evidence.measurement(client.message), reproduce: '' }
      if (client instanceof Error) throw client
      const session = client as SmtpClient
      const reply = await session.auth(
        'PLAIN',
        submission.user,
        `${submission.secret.slice(0, 8)}${mailbox.canary()}`,
      )
      session.close()
      const [port] = submission.ports
      // 535 says that the guess was looked at, 4yz that it was put off.
      return {
        throttled: reply.code < 500,
        evidence: evidence.transcript(session),
        reproduce:
          port?.swaks({
            tls: port.name,
            auth: { mechanism: 'PLAIN', user: submission.user, secret: 'GUESS' },
            quitAfter: 'AUTH',
          }) ?? '',
      }
    }
    const opened = await submission.connectSecurely()
    const known = await opened.auth('PLAIN', submission.user, submission.secret)
    opened.close()
    verify.held(known.code === 235, `AUTH with the right secret was answered ${known.code}`)
    const channels: readonly {
      name: string
      operation: string
      account?: boolean
      guess: () => Promise<{ throttled: boolean; evidence: Evidence; reproduce: string }>
    }[] = [
      {
        name: 'passwords of one user',
        account: true,
        operation: 'session.create',
        guess: byHttp(() =>
          api.call('session.create', { email, password: wrong() }, null, { unlimited: true }),
        ),
      },
      {
        name: 'one password with many users',
        operation: 'session.create',
        guess: byHttp(() =>
          api.call(
            'session.create',
            { email: `${mailbox.canary()}@${mailbox.domain()}`, password: 'Summer2026!' },
            null,
            { unlimited: true },
          ),
        ),
      },
      {
        name: 'API keys',
        operation: 'principal.get',
        guess: byHttp(() =>
          api.call(
            'principal.get',
            {},
            { bearer: `${submission.secret.slice(0, 8)}${mailbox.canary()}` },
            { unlimited: true },
          ),
        ),
      },
      { name: 'keys by SMTP AUTH', operation: 'submission.authenticate', guess: bySmtp },
    ]
    await verify.each(channels, async ({ operation, guess, account = false }, verify) => {
      const seen: Awaited<ReturnType<typeof guess>>[] = []
      while (seen.length < guesses && !seen.some(({ throttled }) => throttled))
        seen.push(...(await Promise.all(Array.from({ length: atOnce }, guess))))
      const [last] = seen.slice(-1)
      // Some lock the account instead, and go on answering as before.
      const locked =
        account && !seen.some(({ throttled }) => throttled) && (await right()).answer !== 'accepted'
      verify.that(last === undefined || locked || seen.some(({ throttled }) => throttled), () => ({
        operation,
        expected: `a throttle within ${guesses} wrong guesses`,
        actual: `${seen.length} guesses in a row were looked at, none was held back`,
        evidence: [last?.evidence ?? evidence.measurement('no guess')],
        reproduce: last?.reproduce ?? '',
      }))
    })
  },
)
