import type { Api } from '../api/api.ts'

/** Words by which APIs name a tenant in a request. */
export const wordsForTenants = [
  'tenant_id',
  'tenantId',
  'tenant',
  'account_id',
  'accountId',
  'organization_id',
  'organizationId',
  'org_id',
  'workspace_id',
  'team_id',
  'customer_id',
] as const

/** Words by which they name whoever something is of. */
export const wordsForUsers = ['owner_id', 'ownerId', 'user_id', 'userId', 'created_by'] as const

/** What somebody is called at the target; `null` where nothing says it. */
export interface Names {
  readonly tenant: string | null
  readonly user: string | null
}

const asked = new WeakMap<Api, Map<string, Promise<Names>>>()

/**
 * By what it says of itself, by the values that the profile puts into its calls, and else by the name of its tenant there. Asked once
 * a check.
 */
export function namesOf(api: Api, principal: string): Promise<Names> {
  const known = asked.get(api) ?? new Map<string, Promise<Names>>()
  asked.set(api, known)
  const names = known.get(principal) ?? namesTold(api, principal)
  known.set(principal, names)
  return names
}

async function namesTold(api: Api, principal: string): Promise<Names> {
  const { tenant, values = {} } = api.profile.principals[principal] ?? {}
  const told = api.has('principal.get') ? (await api.call('principal.get', {}, principal)).result : null
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  const valued = (words: readonly string[]) => text(words.map((word) => values[word]).find(text))
  return {
    tenant: text(told?.['tenant']) ?? valued([...wordsForTenants, 'account', 'organization']) ?? text(tenant),
    user: text(told?.['id']) ?? valued([...wordsForUsers, 'owner', 'user', 'id']),
  }
}

/** Members or parameters that say that something is of this one; none where nothing says what that is called. */
export function sayingWhose({ tenant, user }: Names): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...(tenant === null ? [] : wordsForTenants.map((word) => [word, tenant])),
    ...(user === null ? [] : wordsForUsers.map((word) => [word, user])),
  ])
}
