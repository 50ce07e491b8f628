import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'

/**
 * A guard: what somebody was answered who is not let in says something. Some answer an error there, or lead to a sign-in: that is
 * a denial as well where it comes `again`, which makes the same request once more, after whoever may make it was let in, and
 * judges what came of it. Unproven for no answer, and for a limit.
 */
export async function isDenial(
  { verify }: Pick<Kit, 'verify'>,
  exchange: Exchange,
  again: () => Promise<Exchange>,
): Promise<void> {
  if (exchange.answer !== 'broken' || exchange.response === null) return verify.answered(exchange)
  verify.answered(await again(), 'the effect decides')
}

/**
 * A verdict by `judge`, which makes a request that is to come to nothing, and a guard: what it was answered is a denial. An error is
 * judged once more after `right`, a guard that whoever may is let in.
 */
export async function judgeDenial(
  ground: Pick<Kit, 'verify'>,
  judge: () => Promise<Exchange>,
  right: () => Promise<unknown>,
): Promise<void> {
  await isDenial(ground, await judge(), async () => {
    await right()
    return judge()
  })
}
