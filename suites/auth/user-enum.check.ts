import { about, test } from '../../harness/check/check.ts'
import type { Exchange } from '../../harness/model.ts'
import { differs, shuffled } from '../../harness/probes/statistics.ts'
import { createAccounts } from '../../harness/steps/accounts.ts'
import { Unproven } from '../../harness/verdicts.ts'

/** Accounts an arm, and wrong passwords an account: below what throttles usually allow, 32 samples an arm in all (C6). */
const accounts = 4
const tries = 8

test(
  'signing in does not tell which addresses have an account',
  about({
    id: 'auth/user-enum',
    practices: ['P17', 'P18'],
    severity: 'medium',
    why: 'A list of who has an account is where guessing passwords and phishing begin.',
    remediation: 'Answer alike, and do the work of a password check for unknown users too.',
    references: ['CWE-204', 'CWE-208', 'API2:2023', 'ASVS 5.0 6.3.8', 'WSTG-IDNT-04'],
    needs: ['session.create', 'user.create'],
    reach: 'intrusive',
    weakness: 'skips-the-hash-for-unknown-users',
    exclusive: true,
  }),
  async ({ api, evidence, mailbox, random, verify }) => {
    const { create, signIn, stranger } = createAccounts(api, mailbox)
    const fail = (email: string) => signIn(email, 'Wrong-4711-wrong')

    /** Who has an account and who has none, asked in turn and in random order. */
    const measure = async () => {
      const people = await Promise.all(
        Array.from({ length: accounts }, async () => {
          const { email: known, password, made } = await create()
          verify.held(
            made.answer === 'accepted',
            `user.create was answered ${made.response?.status ?? made.failure}`,
          )
          const right = await signIn(known, password)
          verify.held(
            right.answer === 'accepted',
            `a user who was just made cannot sign in: ${right.response?.status ?? right.failure}`,
            'who has no account yet is no known user: have user.create make one that needs no confirmation',
          )
          return { known, unknown: stranger() }
        }),
      )
      await fail(stranger())
      const samples: Record<'known' | 'unknown', Exchange[]> = { known: [], unknown: [] }
      for (let round = 0; round < accounts * tries; round++) {
        // Both at once and in random order: whatever else slows the target down falls on both alike.
        const pair = shuffled(['known', 'unknown'] as const, random)
        const answers = await Promise.all(pair.map((arm) => fail(people[round % accounts]?.[arm] ?? '')))
        for (const [n, exchange] of answers.entries()) {
          if (exchange.answer === 'limited')
            throw new Unproven(
              'the target throttled the measurement',
              'raise its limit for failed sign-ins in this environment',
            )
          verify.answered(exchange)
          samples[pair[n] ?? 'known'].push(exchange)
        }
      }
      return samples
    }
    const { known, unknown } = await measure()
    const [one, other] = [known[0], unknown[0]]
    if (one === undefined || other === undefined) return
    // What differs between answers to one kind of address (a nonce, a clock) tells nothing of the kind.
    const firsts = [known, unknown].map((arm) => arm.slice(0, accounts))
    const steady = firsts.every((arm) => new Set(arm.map(shape)).size === 1)
    const look = steady ? shape : outline
    const [seen, unseen] = firsts.map((arm) => new Set(arm.map(look)))
    verify.that(
      [...(seen ?? [])].some((text) => unseen?.has(text)),
      () => ({
        ...verify.sentBy(other),
        expected: 'the same answer whether the address has an account or not',
        actual: `${look(one)} with an account, ${look(other)} without`,
        evidence: [evidence.exchange(one), evidence.exchange(other)],
      }),
    )
    const times = (exchanges: readonly Exchange[]) => exchanges.map(({ milliseconds }) => milliseconds)
    const judged = differs(times(known), times(unknown))
    const again = judged.differs ? await measure() : null
    const repeated = again === null ? null : differs(times(again.known), times(again.unknown))
    const even = (_: Exchange, n: number) => n % 2 === 0
    const itself = differs(times(known.filter(even)), times(known.filter((e, n) => !even(e, n))))
    verify.held(
      !itself.differs,
      'answers to one kind of address already differ from each other by their time',
    )
    verify.that(repeated?.differs !== true, () => ({
      ...verify.sentBy(other),
      expected: 'the same time whether the address has an account or not',
      actual: `in two measurements medians lay ${judged.shift.toFixed(1)} and ${repeated?.shift.toFixed(1)} ms apart (p ${judged.p.toExponential(1)}, ${repeated?.p.toExponential(1)})`,
      evidence: [
        evidence.measurement(
          `with an account: ${times(known).map(Math.round).join(' ')} ms\nwithout: ${times(unknown).map(Math.round).join(' ')} ms`,
        ),
        evidence.exchange(other),
      ],
    }))
  },
)

/** What an answer looks like, without what changes from one to the next. */
function shape({ response }: Exchange): string {
  const names = response?.headers.map(([name]) => name).sort() ?? []
  const body = response?.body.replace(/[\w-]*\d[\w-]{7,}/g, '*') ?? ''
  return `${response?.status} ${body} [${names.join(' ')}]`
}

/** The same where every answer is another: status, fields, and the names of members. */
function outline({ response }: Exchange): string {
  const names = response?.headers.map(([name]) => name).sort() ?? []
  const members = response?.body.match(/"\w+"(?=\s*:)/g) ?? []
  return `${response?.status} ${members.join(' ')} [${names.join(' ')}]`
}
