import type { As } from '../api/api.ts'
import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { Unproven } from '../verdicts.ts'
import { attemptable, prepareAttempt, tellsWhose } from './attempts.ts'
import { judgeDenial } from './denials.ts'
import { keyInPlace } from './doors.ts'
import { askForKey, keyOf, type MadeKey, makeKey } from './key-channels.ts'
import { placesOfNames, refusedIn } from './made-for-others.ts'
import { allScopes } from './networks-of-keys.ts'
import { once, onceEach } from './once.ts'
import { freshMark } from './sample-input.ts'
import { mailsTemplates, notMadeOf, templateMail } from './template-mail.ts'
import { canMake, lookBack, make, toldApart } from './throw-away.ts'

/** A key that is bound to a project, and what it does there. */
export interface Bound {
  readonly project: string
  readonly key: MadeKey
  readonly credential: LiveCredential
  /** The same kit, in which the key does whatever principals of the profile would: it owns what is made. */
  readonly kit: Kit
}

/** Two keys of one tenant, with every scope, each bound to a project of its own. */
export interface Projects {
  readonly one: Bound
  readonly other: Bound
}

/** A guard: both are made, in projects that the profile names or else in new ones. */
export async function twoProjects(kit: Kit): Promise<Projects> {
  const { mailbox, profile } = kit
  const made = () => `postern-${mailbox.canary().slice(0, 12)}`
  const [first = made(), second = made()] = profile.policies.keys?.projects?.names ?? []
  const [one, other] = await Promise.all([boundTo(kit, first), boundTo(kit, second)])
  return { one, other }
}

async function boundTo(kit: Kit, project: string): Promise<Bound> {
  const key = await makeKey(kit, `of ${project}`, allScopes(kit), { project })
  const credential = await keyInPlace(kit.api, key.secret)
  return { project, key, credential, kit: actingBy(kit, credential) }
}

/** The same kit, in which this credential does whatever principals of the profile would. */
export function actingBy(kit: Kit, credential: LiveCredential): Kit {
  const { api } = kit
  const by = (as: As | undefined) => (as === undefined || typeof as === 'string' ? credential : as)
  return {
    ...kit,
    api: {
      ...api,
      call: (operation, input, as, options) => api.call(operation, input, by(as), options),
      prepare: (operation, input, as, options) => api.prepare(operation, input, by(as), options),
    },
  }
}

const expected = 'nothing of another project'
/** What reports call the one that tries. */
const stranger = 'a key of one project'

/** What can be tried with the kinds of which the profile says that they belong to projects. */
export function trespasses(kit: Kit, { one, other }: Projects): Part[] {
  const { api, profile, verify } = kit
  const kinds = profile.policies.keys?.projects?.kinds ?? []
  const calls = attemptable(api)
    .map((name) => api.profile.operations[name])
    .filter((operation) => operation !== undefined)
    .filter(({ kind, sends }) => kinds.includes(kind) && !sends)
  const witness = once(() => boundTo(kit, other.project))
  const apart = onceEach((kind: string) => keptApart(kit, kind, { one, other, witness }))
  const makes = onceEach((name: DeclaredOperation) => makesForItself(name, { one, other }))

  const byId = calls.filter(({ effect }) => effect !== 'create')
  const claiming = calls.filter(
    ({ object, effect }) => object === null && ['read', 'create'].includes(effect),
  )
  const usual = kinds.find((kind) => canMake(api, kind))
  return [
    {
      name: 'a key for the other project',
      async judge() {
        verify.applies(usual !== undefined, 'nothing that belongs to a project can be made')
        await apart(String(usual))
        await noKeyForOther(String(usual), kit, { one, other })
      },
    },
    ...byId.map(({ name, kind }) => ({
      name,
      async judge() {
        await apart(kind)
        const attempt = await prepareAttempt(name, other.kit)
        if (api.profile.operations[name]?.effect === 'read') tellsWhose(attempt, other.kit)
        const { input } = attempt
        const request = await attempt.requestAs(one.credential)
        const exchange = await api.send(request, { operation: name, principal: stranger, input })
        await attempt.notCarriedOut(exchange, expected, { permission: 'own' })
      },
    })),
    ...claiming.flatMap(({ name, kind, effect }) =>
      placesOfNames(fieldsOfProjects)
        .filter(({ name: place }) => effect === 'create' || place !== 'the body')
        .map(({ name: place, ...where }) => ({
          name: `${name}, with the other project in ${place}`,
          async judge() {
            await apart(kind)
            if (effect === 'create') await makes(name)
            const names = Object.fromEntries(words.map((word) => [word, other.project]))
            const claim = { operation: name, as: one.credential, principal: stranger }
            await refusedIn({ ...claim, ...where, names, expected }, other.kit)
          },
        })),
    ),
    ...(kinds.includes('template') && mailsTemplates(api)
      ? [{ name: 'mail made of a template', judge: () => notMadeOfOtherTemplates(kit, { one, other }) }]
      : []),
  ]
}

/** Words by which APIs name a project in a request, and fields. */
const words = ['project', 'project_id', 'projectId']
export const fieldsOfProjects = ['X-Project-Id', 'X-Project']

/**
 * Guards: each key sees what it makes, and so does of the other one’s the tenant’s own administrator, or a further key of that project
 * where administrators have one of their own: else it may be kept from everybody.
 */
async function keptApart(
  kit: Kit,
  kind: string,
  { one, other, witness }: Projects & { witness(): Promise<Bound> },
): Promise<void> {
  const { verify } = kit
  verify.applies(canMake(kit.api, kind), `profile declares no operation that makes a ${kind}`)
  const [own, others] = await Promise.all([one, other].map((each) => make(each.kit, kind, freshMark())))
  if (own === undefined || others === undefined) return
  verify.held(
    (await lookBack(one.kit, kind, own)).there,
    `a key of a project does not see the ${kind} that it made`,
    'what it is refused says nothing then: see the scopes of the profile, and key.create',
  )
  const isSeenBy = (by: Kit) => lookBack(by, kind, others).then(({ there }) => there, unlessRefused)
  const isSeen = (await isSeenBy(kit)) || (await isSeenBy((await witness()).kit))
  verify.held(
    isSeen,
    `neither the admin nor a further key of its project sees the ${kind} that a key of a project made`,
    'what is kept from everybody tells nothing of projects: see as of key.create, and the admin’s rights',
  )
}

/** Whoever may not look does not see. */
function unlessRefused(error: unknown): false {
  if (error instanceof Unproven && error.answer === 'refused') return false
  throw error
}

/** A guard: without a word of the other one, what is made is not the other's. */
export async function makesForItself(
  operation: DeclaredOperation,
  { one, other }: { readonly one: Pick<Bound, 'kit' | 'credential'>; readonly other: Pick<Bound, 'kit'> },
): Promise<void> {
  const { verify } = one.kit
  const attempt = await prepareAttempt(operation, other.kit)
  const exchange = verify.accepted(await attempt.tryAs(one.credential))
  verify.held(
    (await attempt.trace(exchange)) === null,
    'what one key makes is shown to another that is kept apart from it anyway',
    'nothing tells then for which it was made: see the variants of lists',
  )
}

/** A verdict: a key of one project makes none by which the other one is seen. Not applicable where it makes none for its own either. */
async function noKeyForOther(kind: string, kit: Kit, { one, other }: Projects): Promise<void> {
  const { api, verify } = kit
  const as = one.credential
  const askFor = (project: string) => askForKey(kit, `for ${project}`, allScopes(kit), { as, project })
  verify.applies(
    (await askFor(one.project)).answer === 'accepted',
    'a key of a project makes none for its own project',
  )
  const made = await make(other.kit, kind, freshMark())
  const hidden = await toldApart(kind, made, { one: one.kit, other: other.kit })
  const opensNothing = async () => {
    const made = await askFor(other.project)
    const by = made.answer === 'accepted' ? await keyInPlace(api, keyOf(kit, made).secret) : null
    const sees = by !== null && (await lookBack(actingBy(kit, by), kind, hidden)).there
    verify.that(!sees, {
      ...{ of: made, expected: 'a key of one project makes none for another' },
      actual: `one was made, and it sees a ${kind} there`,
    })
    return made
  }
  await judgeDenial(kit, opensNothing, async () => verify.accepted(await askFor(one.project)))
}

async function notMadeOfOtherTemplates(kit: Kit, { one, other }: Projects): Promise<void> {
  const { mailbox, post, verify } = kit
  const text = mailbox.canary()
  const { send, sendAs } = await templateMail(other.kit, `<p>${text}</p>`)
  const { html } = await send({})
  verify.held(html?.includes(text) === true, 'no mail is made of a template of a project by its own key')
  await (await post.send({}, one.credential)).delivered()
  await notMadeOf(kit, text, [await sendAs(one.credential)], 'another project')
}
