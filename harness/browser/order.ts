import type { Provided } from '../check/provided.ts'
import type { Role } from '../model.ts'

/** What the processes of Playwright are to do; they read it from their environment. */
export interface Order {
  readonly roles: readonly Role[]
  /** `null` where they are only to be listed. */
  readonly provided: Provided | null
  /** Files of checks, by absolute path. */
  readonly files: readonly string[]
}

const variable = 'POSTERN_BROWSER'

export function orderIn(env: NodeJS.ProcessEnv): Order | null {
  const text = env[variable]
  return text === undefined ? null : (JSON.parse(text) as Order)
}

export function withOrder(env: NodeJS.ProcessEnv, order: Order): NodeJS.ProcessEnv {
  return { ...env, [variable]: JSON.stringify({ ...order, provided: beside(env, order.provided) }) }
}

/** Without the variables that the environment has as well: one variable has room for 128 KiB on Linux. */
function beside(env: NodeJS.ProcessEnv, provided: Provided | null): Provided | null {
  if (provided === null) return null
  const { instance } = provided
  const others = Object.entries(instance.exports).filter(([name, value]) => env[name] !== value)
  return { ...provided, instance: { ...instance, exports: Object.fromEntries(others) } }
}

/** Throws where nobody gave one: a check was started by something else than the project's Playwright configuration. */
export function providedByOrder(): Provided {
  const provided = orderIn(process.env)?.provided ?? null
  if (provided === null)
    throw new Error(`expected ${variable}: run the check by npx playwright test, or by postern`)
  return provided
}

/** Somebody runs Playwright, and reads what it prints. */
export function byHand(): boolean {
  return (orderIn(process.env)?.roles ?? []).length === 0
}
