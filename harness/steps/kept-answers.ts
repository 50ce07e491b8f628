import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import { cacheFault, namedLikeAFile } from '../probes/caches.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { attemptable, prepareAttempt, tellsWhose } from './attempts.ts'
import { holderOf } from './throw-away.ts'

/** What caches between keep of the answers that are for one caller alone: by what they say, and by a name like that of a file. */
export function keptAnswers(kit: Kit): Part[] {
  const { api, mailbox, verify } = kit
  const judge = async (operation: DeclaredOperation) => {
    const attempt = await prepareAttempt(operation, kit)
    tellsWhose(attempt, kit)
    const principal = holderOf(api, operation) ?? 'admin'
    const [own, anonymous] = [await attempt.requestAs(principal), await attempt.requestAs(null)]
    const about = { operation, input: attempt.input }
    const answer = verify.accepted(await api.send(own, { ...about, principal }))
    await verify.each([{ name: 'Cache-Control' }], async () => {
      const fault = cacheFault(answer.response?.headers ?? [])
      verify.that(fault === null, {
        ...{ of: answer, severity: 'low', around: 'cache-control' },
        expected: 'Cache-Control: no-store',
        actual: fault ?? '',
      })
    })
    await verify.each(namedLikeAFile(mailbox.canary()), async ({ spell }) => {
      // Whatever it is answered: a cache may have kept it.
      verify.answered(await api.send(spell(own), { ...about, principal }), 'the effect decides')
      const exchange = await api.send(spell(anonymous), { ...about, principal: 'anonymous' })
      const trace = await attempt.trace(exchange)
      verify.that(trace === null, {
        of: exchange,
        expected: 'a refusal: nobody else has asked for it with a credential',
        actual: `${api.said(exchange)}, and ${trace}`,
      })
    })
  }
  return attemptable(api, 'read').map((operation) => ({ name: operation, judge: () => judge(operation) }))
}
