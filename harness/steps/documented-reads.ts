import { type DocumentedOperation, type OpenApi, readOpenApi } from '../api/openapi.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Variant } from '../check/verify.ts'
import { isObject } from '../json.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import type { Responses } from '../probes/contract.ts'
import { isUrl } from '../profile/authorization.ts'
import { endsSessions } from '../profile/effects.ts'
import type { Operation } from '../profile/shape.ts'
import { unlessUnproven } from '../verdicts.ts'
import { fits } from './called-paths.ts'
import { once } from './once.ts'
import { canSay, freshMark, type Input, owner, sampleOf } from './sample-input.ts'
import { callerOf, canList, canMake, listed, make } from './throw-away.ts'

/** A read of the target's own document, and how it is made. */
export interface DocumentedRead extends Variant {
  readonly documented: DocumentedOperation
  readonly responses: Responses
  /** The methods that are documented of a path. */
  methodsOf(path: string): readonly string[]
  /** Makes it as who may, or as another; NotApplicable where nobody knows with what. */
  ask(as?: string | null): Promise<Exchange>
  /** Has the caller keep something that it would show, where the run may; false where it may not, or nobody knows what. */
  fill(): Promise<boolean>
}

/** Documents may be of any length. */
const most = 200
/** By their names these do something, whatever their method is. */
const acts =
  /unsubscribe|confirm|delete|remove|revoke|cancel|reset|(?:de)?activate|\bsend\b|verify|callback|redirect/i

/** Each GET of the document. Those that the profile maps are made as it says; others where nothing is to be said. */
export async function documentedReads(kit: Kit): Promise<DocumentedRead[]> {
  const { api, profile, runReach } = kit
  const document = await readOpenApi(api)
  const { openapi = '' } = profile
  // That is read already.
  const isItself = (path: string) => isUrl(openapi) && new URL(openapi).pathname === path
  const reads = document.operations.filter(({ method, path }) => method === 'GET' && !isItself(path))
  return reads.slice(0, most).map((documented) => {
    const mapped = mappedOnto(kit, documented)
    const prepared = new Map<string, Promise<HttpRequest>>()
    const input = once(() => inputOf(kit, mapped))
    const caller = mapped?.as === null ? 'anonymous' : mapped === null ? owner : callerOf(api, mapped)
    const request = (as: string | null = caller) => {
      const key = String(as)
      const known = prepared.get(key) ?? prepare(as)
      prepared.set(key, known)
      return known
    }
    const prepare = async (as: string | null) => {
      if (mapped === null) return plainRequest(kit, documented, as)
      const nobody = as === null || as === 'anonymous'
      return api.prepare(
        mapped.name,
        await input(),
        nobody ? null : as,
        nobody ? { refersTo: callerOf(api, mapped) } : {},
      )
    }
    return {
      name: `GET ${documented.path}`,
      documented,
      responses: responsesOf(document, documented),
      methodsOf: (path) =>
        document.operations.filter((each) => fits(path, each.path)).map(({ method }) => method),
      async fill() {
        const { kind = '' } = mapped ?? {}
        if (mapped === null || mapped.object !== null || runReach === 'safe') return false
        if (canMake(api, kind)) await make(kit, kind, freshMark())
        else if (api.has('message.send') && seesMail(profile)) await kit.post.send()
        else return false
        return true
      },
      async ask(as = caller) {
        const about = { operation: mapped?.name ?? null, principal: as ?? 'anonymous' }
        return api.send(await request(as), about)
      },
    }
  })

  function mappedOnto({ api }: Pick<Kit, 'api'>, { path }: DocumentedOperation): Operation | null {
    const below = new URL(profile.target.url).pathname.replace(/\/+$/, '')
    const found = Object.values(profile.operations).find(
      (each) => each.method === 'GET' && shape(`${below}${each.path}`) === shape(path),
    )
    return found !== undefined && api.has(found.name) ? found : null
  }
}

/** Whatever their parameters are called. */
const shape = (path: string) => path.replace(/\?.*$/s, '').replace(/\{[^{}]*\}/g, '{}')

function responsesOf({ document }: OpenApi, { template, method }: DocumentedOperation): Responses {
  const paths = document['paths']
  const item = isObject(paths) ? paths[template] : null
  const operation = isObject(item) ? item[method.toLowerCase()] : null
  const responses = isObject(operation) ? operation['responses'] : null
  return isObject(responses) ? responses : {}
}

/** An object is one that is there; where there is none, it is made, if the run may. */
async function inputOf(kit: Kit, operation: Operation | null): Promise<Input> {
  const { api, runReach, verify } = kit
  if (operation === null) return {}
  verify.applies(canSay(operation), `nobody says what ${operation.name} is called with`)
  const { input } = sampleOf(kit, operation, freshMark())
  if (operation.object === null) return input
  const [there = null] = canList(api, operation.kind)
    ? ((await listed(kit, operation.kind, null).catch(unlessUnproven)) ?? [])
    : []
  const isMade = there === null && runReach !== 'safe' && canMake(api, operation.kind)
  const object = isMade ? await make(kit, operation.kind, freshMark()) : there
  verify.applies(object !== null, `there is no ${operation.kind} to read`)
  return { ...input, ...object?.reference(operation) }
}

async function plainRequest(
  kit: Kit,
  { path, parameters }: DocumentedOperation,
  as: string | null,
): Promise<HttpRequest> {
  const { verify } = kit
  verify.applies(!path.includes('{'), 'the profile does not say of what object')
  const wanted = parameters.find(({ in: where, required }) => required && where !== 'cookie')
  verify.applies(wanted === undefined, `the profile does not say what ${wanted?.name} is`)
  verify.applies(!endsSessions.test(path) && !acts.test(path), 'by its name it does something')
  return bareRequest(kit, path, as)
}

/** Asks for this path alone, with nothing but the credential. */
export async function bareRequest(
  { api, profile }: Pick<Kit, 'api' | 'profile'>,
  path: string,
  as: string | null,
): Promise<HttpRequest> {
  const credential = as === null ? null : await api.credential(as)
  const query = (credential?.query ?? []).map((pair) => pair.map(encodeURIComponent).join('='))
  return {
    method: 'GET',
    origin: new URL(profile.target.url).origin,
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    headers: [
      ['accept', 'application/json, */*;q=0.1'],
      ...Object.entries(profile.target.headers ?? {}),
      ...(credential?.headers ?? []),
    ],
    body: null,
  }
}
