/** Parameters by which a list may show more than its caller's own, of one kind. */
export interface Widening {
  readonly name: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** What to ask for by itself where all at once is refused; each parameter where it is left out. */
  readonly apart?: readonly Widening['parameters'][]
}

/** Whose rows are asked for, and who asks; `null` where it is not known what they are called. */
export interface Asked {
  readonly theirs: { readonly tenant: string | null; readonly user: string | null }
  readonly own: { readonly tenant: string | null }
}

type Words = { readonly tenants: readonly string[]; readonly users: readonly string[] }

/** All that are usual: `tenants` and `users` are the words by which APIs name those. */
export function widenings({ theirs, own }: Asked, { tenants, users }: Words): Widening[] {
  const { tenant, user } = theirs
  const each = (words: readonly string[], value: string) => words.map((word) => [word, value] as const)
  const named = (name: string, value: string | null, of: (value: string) => Widening['parameters']) =>
    value === null ? [] : [{ name, parameters: of(value) }]
  return [
    ...named('another tenant', tenant, (value) => each(tenants, value)),
    ...named('another user', user, (value) => each(users, value)),
    ...named('a condition on the tenant', tenant, (value) => conditions(value, own.tenant)),
    ...(tenant === null || own.tenant === null ? [] : [bothTenants(own.tenant, tenant)]),
    {
      name: 'any tenant',
      parameters: [...each(['tenant_id', 'tenant', 'account_id'], '*'), ...each(['org'], 'all')],
    },
    {
      name: 'everything',
      parameters: [
        ...each(['all', 'show_all', 'include_all', 'global', 'admin', 'as_admin', 'everyone'], 'true'),
        ['scope', 'all'],
        ['visibility', 'all'],
      ],
    },
    {
      name: 'what was deleted',
      parameters: each(
        ['deleted', 'with_deleted', 'include_deleted', 'show_deleted', 'trashed', 'archived'],
        'true',
      ),
    },
    {
      name: 'what belongs to it',
      parameters: each(['include', 'expand', 'embed', 'with', 'populate'], 'tenant,account,users,owner'),
    },
  ]
}

/** A word that stands there twice is tried as such: once, it says one tenant alone. */
function bothTenants(own: string, theirs: string): Widening {
  const pairs = ['tenant_id', 'account_id'].map((word) => [[word, own] as const, [word, theirs] as const])
  return { name: 'the own tenant and another', parameters: pairs.flat(), apart: pairs }
}

/** As query builders and ORMs read them from a query. */
function conditions(value: string, own: string | null): Widening['parameters'] {
  return [
    ['filter[tenant_id]', value],
    ['filter[tenant]', value],
    ['filter[account_id]', value],
    ['where[tenant_id]', value],
    ['tenant_id[eq]', value],
    ['tenant_id[in]', value],
    ['tenant_id[$ne]', own ?? ''],
    ['filter', JSON.stringify({ tenant_id: value })],
    ['where', JSON.stringify({ tenant_id: { $ne: own ?? '' } })],
    ['filter', `tenant_id eq '${value}'`],
    ['filter', `tenant_id:${value}`],
  ]
}
