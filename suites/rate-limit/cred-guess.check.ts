import { about, test } from '../../harness/check/check.ts'
import { createAccounts } from '../../harness/steps/accounts.ts'
import { enoughGuesses, guessByHttp, guessBySmtp, guessUntilThrottled } from '../../harness/steps/guessing.ts'

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
  async ({ api, evidence, mailbox, submission, verify }) => {
    const { create, signIn, stranger } = createAccounts(api, mailbox)
    const { email, password, made } = await create('guessed')
    verify.held(
      made.answer === 'accepted',
      `user.create was answered ${made.response?.status ?? made.failure}`,
    )
    const first = await signIn(email, password)
    verify.held(first.answer === 'accepted', 'a user who was just made cannot sign in')
    const opened = await submission.connectSecurely()
    const known = await opened.auth('PLAIN', submission.user, submission.secret)
    opened.close()
    verify.held(known.code === 235, `AUTH with the right secret was answered ${known.code}`)

    const by = { api, evidence, submission, verify }
    const wrongKey = () => `${submission.secret.slice(0, 8)}${mailbox.canary()}`
    const channels = [
      {
        name: 'passwords of one user',
        operation: 'session.create',
        guess: () => guessByHttp(by, () => signIn(email, `Wrong-${mailbox.canary()}`)),
        // Some lock the account instead, and go on answering as before.
        locked: async () => (await signIn(email, password)).answer !== 'accepted',
      },
      {
        name: 'one password with many users',
        operation: 'session.create',
        guess: () => guessByHttp(by, () => signIn(stranger(), 'Summer2026!')),
      },
      {
        name: 'API keys',
        operation: 'principal.get',
        guess: () =>
          guessByHttp(by, () => api.call('principal.get', {}, { bearer: wrongKey() }, { unlimited: true })),
      },
      {
        name: 'keys by SMTP AUTH',
        operation: 'submission.authenticate',
        guess: () => guessBySmtp(by, wrongKey()),
      },
    ]
    await verify.each(channels, async ({ operation, guess, locked }, verify) => {
      const seen = await guessUntilThrottled(guess)
      const last = seen.at(-1)
      const heldBack = seen.some(({ throttled }) => throttled) || (await locked?.()) === true
      verify.that(last === undefined || heldBack, () => ({
        operation,
        expected: `a throttle within ${enoughGuesses} wrong guesses`,
        actual: `${seen.length} guesses in a row were looked at, none was held back`,
        evidence: [last?.evidence ?? evidence.measurement('no guess')],
        reproduce: last?.reproduce ?? '',
      }))
    })
  },
)
