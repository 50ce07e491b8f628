import type { Kit } from '../check/kit.ts'
import { alteredKeys } from '../probes/altered-keys.ts'
import { decodeJwt } from '../probes/jwt.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { judgeDenial } from './denials.ts'
import { type Door, doorOf, keyBearers, madeUpLike } from './doors.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'verify'>

/** A key that was given to somebody, and a read that tells whom a key lets in. */
export interface GivenKey {
  readonly whose: string
  readonly key: string
  readonly door: Door
}

/** Callers whose keys are refused anyway. */
const dead = ['revoked', 'expired']

/** A guard: of the keys of the profile, the first that a read lets in, and a made-up one not. Tokens that are signed are no keys. */
export async function givenKey({ api, mailbox, verify }: Ground): Promise<GivenKey> {
  let last: Error = new NotApplicable('nobody of the profile shows a key: tokens of sessions are none')
  for (const whose of keyBearers(api.profile).filter((name) => !dead.includes(name))) {
    const credential = await api.credential(whose)
    const { sign, token } = credential
    if (decodeJwt(token) !== null || sign !== undefined || token === '') continue
    try {
      const madeUp = madeUpLike(token, mailbox.canary())
      const door = await doorOf({ api, mailbox, verify }, whose, credential, madeUp, { refersTo: whose })
      return { whose, key: token, door }
    } catch (error) {
      // A key that may only send reads nothing.
      if (!(error instanceof Unproven || error instanceof NotApplicable)) throw error
      last = error
    }
  }
  throw last
}

/** A verdict: nobody is let in by a key that is cut off, changed or longer than a live one. */
export async function matchedWhole(ground: Ground): Promise<void> {
  const { api, verify } = ground
  const { key, door, whose } = await givenKey(ground)
  await verify.each(alteredKeys(key), async ({ key: other, severity }) => {
    const shown = async () => {
      const { exchange, caller } = await door.show(other)
      verify.that(caller === null, {
        ...{ of: exchange, severity },
        expected: 'a refusal: nobody has this key',
        actual: `${api.said(exchange)}, and the caller is ${caller}`,
      })
      return exchange
    }
    await judgeDenial(ground, shown, async () => verify.accepted((await door.show(key)).exchange))
  })
  verify.held(
    (await door.show(key)).caller !== null,
    `the key of ${whose} no longer works after the probes`,
    'bad keys may be counted: run again, with fewer checks',
  )
}

/** Some locks keep everybody out who failed a few times. */
const fewest = ['half of it', 'with another letter near the end', 'with eighty letters more']

/** The same for the secret by which mail is submitted, by a few of them. */
export async function matchedWholeAtSubmission(
  kit: Pick<Kit, 'api' | 'post' | 'submission' | 'verify'>,
): Promise<void> {
  const { api, post, submission, verify } = kit
  const { secret } = submission
  verify.applies(
    submission.ports.length > 0 && secret !== '',
    'profile declares no submission by a secret of its own',
  )
  verify.accepted(await post.authenticate())
  const altered = alteredKeys(secret).filter(({ name }) => fewest.includes(name))
  await verify.each(
    altered,
    async ({ key: other, severity }) => {
      const exchange = await post.authenticate(other)
      const isNobody = verify.that(exchange.answer !== 'accepted', {
        ...{ of: exchange, severity },
        expected: 'a refusal: nobody has this secret',
        actual: api.said(exchange),
      })
      if (isNobody) verify.answered(exchange)
    },
    'one by one',
  )
  verify.accepted(await post.authenticate())
}
