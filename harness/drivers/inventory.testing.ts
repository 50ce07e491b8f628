import { Agent, request } from 'undici'

/**
 * For tests: what is there of keys, users, templates, domains, contacts and suppressions of a seeded reference API, by their
 * ids. Signs in at once: after checks of sign-in limits nobody can for a while.
 */
export async function inventoryOf(
  exports: Readonly<Record<string, string>>,
  ca: string,
): Promise<() => Promise<string[]>> {
  const dispatcher = new Agent({ connect: { ca } })
  const call = async (where: string, options: object) => {
    const { body } = await request(`${exports['REFERENCE_URL']}${where}`, { dispatcher, ...options })
    return (await body.json()) as {
      access_token?: string
      data?: { id?: string; email?: string; revoked_at?: string | null }[]
    }
  }
  const signedIn = ['ADMIN', 'NEIGHBOUR', 'EXPENDABLE'].map(async (who) => {
    const [email, password] = [exports[`REFERENCE_${who}_EMAIL`], exports[`REFERENCE_${who}_PASSWORD`]]
    const body = JSON.stringify({ email, password })
    return call('/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  })
  const tokens = (await Promise.all(signedIn)).map(({ access_token }) => access_token)
  return async () => {
    const lists = tokens.flatMap((token) =>
      ['keys', 'users', 'templates', 'domains', 'contacts', 'suppressions'].map((kind) =>
        call(`/v1/${kind}?limit=100`, { headers: { authorization: `Bearer ${token}` } }),
      ),
    )
    return (await Promise.all(lists))
      .flatMap(({ data = [] }) =>
        data.filter(({ revoked_at: revoked }) => !revoked).map(({ id, email = '' }) => id ?? email),
      )
      .sort()
  }
}
