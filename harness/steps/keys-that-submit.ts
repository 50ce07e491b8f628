import type { Kit } from '../check/kit.ts'
import type { SignInOptions } from '../check/submission.ts'
import type { Part } from '../check/verify.ts'
import type { Delivery } from '../model.ts'
import { domainOf, readingsOf } from '../probes/addresses.ts'
import { written } from './foreign-senders.ts'
import { type MadeKey, makeKey, sendingBy, sendingScopes } from './key-channels.ts'
import { everyItem } from './listings.ts'
import { fieldsOfTenants } from './made-for-others.ts'
import { namesOf } from './names-of-owners.ts'
import { once } from './once.ts'
import { type Bound, fieldsOfProjects, type Projects } from './projects.ts'
import { bears } from './sample-input.ts'

/** A guard: a key with the scopes to send does so by HTTP, and by SMTP in a session of its own, which is given back. */
export async function keyThatSubmits(kit: Kit): Promise<MadeKey> {
  const { verify } = kit
  const key = await makeKey(kit, 'to submit by', sendingScopes(kit))
  const send = await sendingBy(kit, key.secret)
  await (await send()).delivered()
  await inSession(kit, key, {}, async (submit) => {
    verify.held(
      submit !== null,
      'a key that may send does not sign in to submission',
      'see mail.submission in the profile: where each key has a user name of its own, say which (usernameOfKey)',
    )
    await (await submit?.())?.delivered()
  })
  return key
}

type Submit = Awaited<ReturnType<Kit['post']['signIn']>>['send']

/** What is done in a session of that key; without one where its sign-in is refused. Unproven where that says nothing. */
async function inSession<T>(
  { post, verify }: Pick<Kit, 'post' | 'verify'>,
  { secret, user }: MadeKey,
  options: SignInOptions,
  use: (submit: Submit | null) => Promise<T>,
): Promise<T> {
  const session = await post.signIn(secret, { user, ...options })
  try {
    const isIn = session.exchange.answer === 'accepted'
    if (!isIn) verify.answered(session.exchange)
    return await use(isIn ? session.send : null)
  } finally {
    session.close()
  }
}

/** A verdict: nothing of this reaches anybody by a session of the key, whether its sign-in is refused or the message. */
async function nothingSubmitted(
  kit: Kit,
  key: MadeKey,
  { message = () => ({}), options = {}, expected, counts = () => true }: Submitting,
): Promise<void> {
  const { verify } = kit
  await inSession(kit, key, options, async (submit) => {
    const sent = await submit?.(message())
    const mail = (await sent?.arrivedUnlessStopped()) ?? undefined
    verify.that(mail === undefined || !counts(mail), {
      ...{ of: sent?.exchange, mail, expected },
      actual: `a message for ${sent?.to} arrived, from ${mail === undefined ? 'nobody' : authorsOf(mail).join(', ')}`,
    })
  })
}

interface Submitting {
  readonly message?: () => Parameters<Submit>[0]
  readonly options?: SignInOptions
  readonly expected: string
  /** What of that which arrives is against it; all of it where that is left out. */
  readonly counts?: (mail: Delivery) => boolean
}

/** Addresses that one reader or another finds in From. */
function authorsOf({ raw }: Delivery): string[] {
  const all = readingsOf(raw, 'From').flatMap(({ mailboxes }) => mailboxes.map(({ email }) => email))
  return [...new Set(all)]
}

/** Keys without the scopes to send, which submit nothing. */
export function keysThatDoNotSend(kit: Kit): Part[] {
  const { api, profile, verify } = kit
  const scopes = Object.entries(profile.scopes)
  const sends = (may: readonly string[]) => may.some((name) => profile.operations[name]?.sends === true)
  const others = scopes.filter(([, may]) => !sends(may)).map(([name]) => name)
  const reading = scopes
    .filter(([, may]) => may.length > 0 && may.every((name) => profile.operations[name]?.effect === 'read'))
    .map(([name]) => name)
    .slice(0, 1)
  const judge = async (label: string, having: readonly string[]) => {
    verify.applies(
      api.has('key.create', 'scopes') && having.length > 0,
      'keys have no scopes by the profile, or none without the right to send',
    )
    const key = await makeKey(kit, label, having)
    const byHttp = await (await (await sendingBy(kit, key.secret))()).arrivedUnlessStopped()
    verify.applies(byHttp === null, 'HTTP lets it send as well: see keys/scope-matrix')
    await nothingSubmitted(kit, key, {
      expected: 'what HTTP does not let the key send, SMTP does not either',
    })
  }
  return [
    { name: 'a key of all scopes but sending', judge: () => judge('all but sending', others) },
    { name: 'a key that only reads', judge: () => judge('only reading', reading) },
  ]
}

/** Ways to name the neighbour in a session of one's own, none of which sends in the neighbour's name. */
export function namingTheNeighbour(kit: Kit, key: MadeKey): Part[] {
  const { api, mailbox, post, profile, verify } = kit
  const { values, session } = profile.principals['neighbour'] ?? {}
  const from = values?.['from']
  const address = Object.values(session?.input ?? {}).find((text) => String(text).includes('@'))
  const expected = 'nothing is sent in the name of another tenant'
  const fromNeighbour = { from: String(from) }
  // Some write a sender of theirs in the place of one that is not the caller's.
  const counts = (mail: Delivery) => authorsOf(mail).some((each) => domainOf(each) === domainOf(String(from)))

  const grounded = async () => {
    await (await post.send({}, 'neighbour')).delivered()
    await inSession(kit, key, { mechanism: 'PLAIN' }, async (submit) => {
      verify.held(submit !== null, 'AUTH PLAIN is refused, by which alone another can be named')
      const foreign = await (await submit?.(fromNeighbour))?.arrived()
      verify.held(
        foreign == null || !counts(foreign),
        'a message of the neighbour’s sender is delivered without naming anybody',
        'see access/sender-unverified',
      )
    })
  }
  const ground = once(grounded)
  const part = (name: string, named: () => unknown, submitting: (named: string) => Submitting): Part => ({
    name,
    async judge() {
      verify.applies(
        typeof from === 'string' && api.has('message.send', 'from'),
        'the profile has no neighbour with a sender of its own (principals.neighbour.values.from)',
      )
      await ground()
      const whom = await named()
      verify.applies(typeof whom === 'string', 'nothing says what the neighbour is called there')
      await nothingSubmitted(kit, key, submitting(String(whom)))
    },
  })
  const tenant = async () => (await namesOf(api, 'neighbour')).tenant
  const byAuthzid = (authzid: string): Submitting => ({
    ...{ expected, counts, message: () => fromNeighbour, options: { mechanism: 'PLAIN', authzid } },
  })
  const byFields = (named: string): Submitting => ({
    ...{ expected, counts },
    message() {
      const to = mailbox.address('named')
      const fields = [`From: <${from}>`, ...fieldsOfTenants.map((field) => `${field}: ${named}`)].join('\n')
      return { ...fromNeighbour, to: [to], raw: written(fields, to, mailbox.letter()) }
    },
  })
  return [
    part('authzid, the address of another tenant’s sender', () => from, byAuthzid),
    part('authzid, the address by which another tenant signs in', () => address, byAuthzid),
    part('authzid, the id of another tenant', tenant, byAuthzid),
    part('fields that name another tenant', tenant, byFields),
  ]
}

/** Where messages belong to projects and are listed. */
export function listsMailOfProjects({ api, profile }: Pick<Kit, 'api' | 'profile'>): boolean {
  const { kinds = [] } = profile.policies.keys?.projects ?? {}
  return kinds.includes('message') && api.has('message.list') && api.has('key.create', 'project')
}

/** What is submitted by a key of a project is in that project, as what it sends by HTTP is. */
export function submittedInProject(kit: Kit, { one, other }: Projects): Part[] {
  const { mailbox, post, verify } = kit
  const addressed = () => {
    const mark = mailbox.canary()
    return { mark, to: `${mark}@${mailbox.domain()}` }
  }
  const grounded = async () => {
    const { mark, to } = addressed()
    await (await post.send({ to }, one.credential)).delivered()
    const [own, others] = await Promise.all([one, other].map((each) => lists(each, mark)))
    verify.held(
      own === true && others === false,
      'message.list does not show a key of a project the recipients of its own messages, and those alone',
      'see keys/project-isolation, and result.items of message.list in the profile',
    )
  }
  const ground = once(grounded)
  const submitted = async (fields: readonly string[]) => {
    await ground()
    const { mark, to } = addressed()
    const header = [`From: <${kit.profile.mail.from}>`, ...fields].join('\n')
    const raw = written(header, to, mailbox.letter())
    const sent = await inSession(
      kit,
      one.key,
      {},
      async (submit) => (await submit?.({ to: [to], raw })) ?? null,
    )
    verify.held(sent !== null, 'a key of a project does not sign in to submission')
    await sent?.delivered()
    return { mark, of: sent?.exchange }
  }
  return [
    {
      name: 'the project of what is submitted',
      async judge() {
        const { mark, of } = await submitted([])
        verify.that(await lists(one, mark), {
          ...{ of, severity: 'low' },
          expected: 'a key of a project sees what it submits, as it sees what it sends by HTTP',
          actual: 'message.list does not show it to the key that submitted it',
        })
      },
    },
    {
      name: 'fields that name another project',
      async judge() {
        const { mark, of } = await submitted(fieldsOfProjects.map((field) => `${field}: ${other.project}`))
        verify.that(!(await lists(other, mark)), {
          ...{ of, severity: 'medium' },
          expected: 'what a key of a project submits is in no other project',
          actual: 'message.list shows it to the key of the project that a header field names',
        })
      },
    },
  ]
}

/** Whether the messages that a key is shown tell of that recipient. */
async function lists({ kit, credential }: Bound, mark: string): Promise<boolean> {
  const { items, last } = await everyItem(kit.api, 'message.list', credential)
  kit.verify.accepted(last)
  return items.some((item) => bears(JSON.stringify(item), mark))
}
