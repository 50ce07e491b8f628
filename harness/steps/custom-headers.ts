import type { Kit } from '../check/kit.ts'
import { readHeaders } from '../probes/headers.ts'

/** A guard: a custom header field that means nothing arrives as it was given; else a refusal of others says nothing. */
export async function takesCustomHeaders({ post, verify }: Pick<Kit, 'post' | 'verify'>): Promise<void> {
  const { raw } = await (await post.send({ headers: { 'X-Probe': 'ok' } })).delivered()
  const [probe] = readHeaders(raw).field('X-Probe')
  verify.held(probe?.value === 'ok', 'a benign custom header did not arrive as it was given')
}
