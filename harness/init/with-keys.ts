import type { OpenApi } from '../api/openapi.ts'
import { UsageError } from '../obstacles.ts'
import type { OperationData, PrincipalData, Reference } from '../profile/shape.ts'
import { schemeOf } from './callers.ts'
import { credentials, type FirstProfile, type Guess } from './first-profile.ts'

/** Names of variables of the environment, each with a key of one tenant. */
export interface Keys {
  readonly key?: string
  readonly neighbourKey?: string
}

/**
 * The profile of somebody who has a key, or two of different tenants, and nothing else: they call everything. Throws UsageError for
 * what is no name of a variable, such as the key itself.
 */
export function withKeys(guessed: FirstProfile, api: OpenApi, keys: Keys): FirstProfile {
  const { key, neighbourKey } = keys
  if (key === undefined && neighbourKey === undefined) return guessed
  for (const [flag, name] of Object.entries({ '--key': key, '--neighbour-key': neighbourKey }))
    if (name !== undefined && !/^[A-Z][A-Z0-9_]{0,60}$/i.test(name))
      throw new UsageError(
        `${flag}: expected the name of a variable of the environment, such as API_KEY; seen something else, which is not shown as it may be the key; put the key into a variable and name that`,
      )
  if (key === undefined)
    throw new UsageError(
      '--neighbour-key: expected --key beside it; seen it alone; name the key of a first tenant',
    )
  const scheme = schemeOf(api, guessed.calls['message.send'])
  const caller = (tenant: string, name: string, variable: string, whose: string) => {
    const values = guessed.principals[name]?.value.values
    const own = values === undefined ? {} : { values }
    const value: PrincipalData<Reference> = { tenant, ...credentials(scheme.of(name, variable), own) }
    return { [name]: { value, reason: `${whose}; ${scheme.reason}`, unsure: scheme.unsure } }
  }
  return {
    ...guessed,
    principals: {
      ...caller('own', 'admin', key, 'whoever has the key'),
      ...(neighbourKey === undefined
        ? {}
        : caller('other', 'neighbour', neighbourKey, 'whoever has the key of another tenant')),
      anonymous: { value: { none: true }, reason: 'nobody', unsure: false },
    },
    operations: Object.fromEntries(
      Object.entries(guessed.operations).map(([name, guess]) => [name, byAdmin(guess)]),
    ),
  }
}

/** There is no sender by itself. */
function byAdmin(guess: Guess<OperationData>): Guess<OperationData> {
  const { as, ...value } = guess.value
  return as === 'sender' ? { ...guess, value } : guess
}
