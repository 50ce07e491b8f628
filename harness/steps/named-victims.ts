import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Members, withMembers } from '../probes/added-members.ts'
import { sessionIn } from './accounts.ts'
import { doorOfSession } from './doors.ts'
import { type Enrolled, jarOf, secondFactors } from './second-factors.ts'
import { type SignedIn, signedIn } from './signed-in.ts'

type CodeKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'verify'>

/** By which members of a body somebody is named who signs in. */
const namesOf = ({ email, id }: Pick<SignedIn, 'email' | 'id'>): Members => ({
  ...{ email, username: email, user: email },
  ...(id === null ? {} : { user_id: id, userId: id }),
})

/** Whoever has a challenge and a code of their own, and says beside them that they are somebody else. */
export function victimsNamed(kit: CodeKit): Part[] {
  const { api, verify } = kit
  if (!api.has('session.verify', 'code')) return []
  const factors = secondFactors(kit)

  /** The first answer that does not refuse the members for what they are: some take none that they do not know. */
  const signIn = async (attacker: Enrolled, victim: SignedIn, code: string): Promise<Exchange | null> => {
    const all = namesOf(victim)
    for (const members of [all, ...Object.entries(all).map(([name, value]) => ({ [name]: value }))]) {
      const { challenge, cookies } = await factors.begin(attacker)
      const { email, password } = attacker
      const known = { ...(challenge === null ? {} : { challenge }), email, password }
      const input = { ...api.carried('session.verify', known), code }
      const request = withMembers(await api.prepare('session.verify', input, jarOf(cookies)), members)
      verify.applies(request !== null, 'the body of session.verify has no members')
      if (request === null) return null
      const exchange = await api.send(request, {
        ...{ operation: 'session.verify', principal: 'who names somebody else', input },
      })
      if (exchange.answer !== 'invalid') return exchange
    }
    return null
  }

  return [
    {
      name: 'another in the body',
      async judge() {
        const [attacker, victim] = await Promise.all([factors.enroll('attacker'), signedIn(kit, 'victim')])
        const { identity } = await doorOfSession(kit, victim.session)
        verify.held(
          identity !== attacker.door.identity,
          'the read that tells who somebody is says the same of two people',
          'map result.id of principal.get in the profile',
        )
        const code = await factors.unshown(attacker)
        verify.held(code !== null, 'no code is left in this half minute', 'run it again')
        const of = await signIn(attacker, victim, code ?? '')
        const session = of?.answer === 'accepted' ? sessionIn({ api }, of) : null
        const caller = session === null ? null : (await attacker.door.showAs(session)).caller
        if (of !== null && of.answer !== 'accepted') verify.answered(of, 'the effect decides')
        if (caller === null) {
          const plain = await factors.show(attacker, await factors.begin(attacker), code ?? '')
          if (plain.answer !== 'accepted')
            await factors.shownRight(attacker, async (next) =>
              factors.show(attacker, await factors.begin(attacker), next),
            )
        }
        verify.that(caller !== identity, {
          ...(of === null ? {} : { of }),
          expected: 'who has shown a code is who began to sign in, whomever the body names',
          actual: 'a code of one’s own lets in as somebody else who is named beside it',
        })
      },
    },
  ]
}
