import { expect, test } from 'vitest'
import type { As, Input } from '../api/api.ts'
import { bearerCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Submission } from '../check/submission.ts'
import type { Answer, Delivery } from '../model.ts'
import {
  keysThatDoNotSend,
  keyThatSubmits,
  listsMailOfProjects,
  namingTheNeighbour,
  submittedInProject,
} from './keys-that-submit.ts'
import { twoProjects } from './projects.ts'

type Fault =
  | 'any key submits'
  | 'any key sends'
  | 'no key submits'
  | 'any sender is taken'
  | 'authzid acts'
  | 'authzid is ignored'
  | 'replaces senders'
  | 'a field is the tenant'
  | 'a field is the project'
  | 'forgets projects'
  | 'lists nothing'
  | 'has a limit'

interface Key {
  readonly scopes: readonly string[]
  readonly project: string | undefined
}

const profile = {
  principals: {
    sender: {},
    neighbour: { values: { from: 'news@other.test' }, session: { input: { email: 'ann@other.test' } } },
  },
  operations: {
    'contact.list': { effect: 'read' },
    'message.send': { sends: true },
    'message.raw': { sends: true },
  },
  policies: { keys: { projects: { kinds: ['message'] } } },
  scopes: { send: ['message.send'], raw: ['message.raw'], read: ['contact.list'], write: ['contact.create'] },
}

/** A target that sends by HTTP and by SMTP, whose keys have scopes and projects. */
function target(fault: Fault | null = null, more: object = {}) {
  const keys = new Map<string, Key>([['secret-of-neighbour', { scopes: ['send'], project: undefined }]])
  const mails: { to: string; raw: string; project: string | undefined }[] = []
  const held = (as?: As): Key | undefined => {
    const shown = as === 'neighbour' ? 'secret-of-neighbour' : String(JSON.stringify(as))
    return [...keys].find(([secret]) => shown.includes(secret))?.[1]
  }
  const call = (operation: string, input: Input, as?: As) => {
    const answered = (answer: Answer, result: object = {}) => sampleExchange(answer, { operation, result })
    const key = held(as)
    switch (operation) {
      case 'key.create': {
        const secret = `secret-${keys.size}`
        const { scopes = [], project } = input as { scopes?: string[]; project?: string }
        keys.set(secret, { scopes, project })
        return answered('accepted', { id: secret, secret })
      }
      case 'principal.get':
        return answered('accepted', { id: 'ann', tenant: 'ten-other' })
      case 'message.list': {
        const own = mails.filter(({ project }) => project === key?.project && fault !== 'lists nothing')
        return answered('accepted', { items: own.map(({ to }) => ({ to })) })
      }
      default: {
        if (!key?.scopes.includes('send') && fault !== 'any key sends') return answered('refused')
        mails.push({ to: String(input['to']), raw: 'From: <a@own.test>\r\n\r\n', project: key?.project })
        return answered('accepted')
      }
    }
  }
  const signIn: Submission['signIn'] = async (secret = '', { authzid } = {}) => {
    const key = keys.get(secret)
    const mayAct = authzid === undefined || fault === 'authzid acts' || fault === 'authzid is ignored'
    const maySend = key?.scopes.includes('send') || fault === 'any key submits'
    const isIn = maySend && mayAct && fault !== 'no key submits'
    const refusal: Answer = fault === 'has a limit' && authzid !== undefined ? 'limited' : 'refused'
    const operation = 'submission.authenticate'
    return {
      exchange: sampleExchange(isIn ? 'accepted' : refusal, { operation }),
      async send({ to, raw }) {
        const said = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(raw)?.[1]?.trim()
        const isForeign = raw.includes('other.test>')
        const acts =
          fault === 'any sender is taken' ||
          (fault === 'authzid acts' && authzid !== undefined) ||
          (fault === 'a field is the tenant' && said('X-Tenant-Id') === 'ten-other')
        if (isForeign && !acts && fault !== 'replaces senders')
          return sampleExchange('refused', { operation: 'submission.send' })
        const written = isForeign && !acts ? 'From: <mail@own.test>\r\n\r\n' : raw
        const named = fault === 'a field is the project' ? said('X-Project-Id') : undefined
        const project = fault === 'forgets projects' ? undefined : (named ?? key?.project)
        mails.push({ to: String(to[0]), raw: written, project })
        return sampleExchange('accepted', { operation: 'submission.send' })
      },
      close: () => {},
    }
  }
  const deliveries = async ({ to }: { to?: string } = {}) =>
    mails
      .filter((mail) => mail.to === to)
      .map(({ to, raw }) => {
        const envelope = { from: 'a@own.test', to: [to] }
        return { id: 'd', envelope, raw: Buffer.from(raw), receivedAt: 0 } as unknown as Delivery
      })
  const scene = sampleKit({
    ...{ profile: { ...profile, ...more }, call, about: { severity: 'high' } },
    submission: { ports: [{ name: 'implicit' } as Submission['ports'][number]], signIn },
    wire: {
      deliveries,
    },
  })
  Object.assign(scene.kit.api, { credential: async () => bearerCredential('secret-of-sender') })
  const judged = async (body: (kit: Kit) => Promise<void>) => {
    const { verdict, reason, findings, variants } = await scene.judge(body)
    return { verdict, reason, found: findings.map(({ variant }) => variant).sort(), variants }
  }
  return { ...scene, judged }
}

const narrow = (fault: Fault | null, more?: object) =>
  target(fault, more).judged((kit) => kit.verify.each(keysThatDoNotSend(kit), ({ judge }) => judge()))

test('keys that do not send are found where they submit, and left out where HTTP lets them send as well', async () => {
  expect(await narrow(null)).toMatchObject({ verdict: 'pass', found: [] })
  expect((await narrow('any key submits')).found).toEqual([
    'a key of all scopes but sending',
    'a key that only reads',
  ])
  expect(await narrow('any key sends')).toMatchObject({
    verdict: 'not-applicable',
    reason: 'HTTP lets it send as well: see keys/scope-matrix',
  })
  expect((await narrow(null, { scopes: { send: ['message.send'] } })).verdict).toBe('not-applicable')
})

test('a key that may send must do so on both channels first', async () => {
  await expect(keyThatSubmits(target().kit)).resolves.toMatchObject({ secret: 'secret-1' })
  await expect(keyThatSubmits(target('no key submits').kit)).rejects.toThrow(
    'a key that may send does not sign in to submission',
  )
})

const naming = (fault: Fault | null, more?: object) =>
  target(fault, more).judged(async (kit) => {
    const key = await keyThatSubmits(kit)
    await kit.verify.each(namingTheNeighbour(kit, key), ({ judge }) => judge())
  })

test.each<[Fault | null, string[]]>([
  [null, []],
  ['authzid is ignored', []],
  ['replaces senders', []],
  [
    'authzid acts',
    [
      'authzid, the address by which another tenant signs in',
      'authzid, the address of another tenant’s sender',
      'authzid, the id of another tenant',
    ],
  ],
  ['a field is the tenant', ['fields that name another tenant']],
])('in a session that names the neighbour nothing is sent for it: %s', async (fault, found) => {
  expect((await naming(fault)).found).toEqual(found)
})

test('where any sender is taken anyway, or a limit refuses, nothing follows; nor without a neighbour who sends', async () => {
  expect(await naming('any sender is taken')).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('see access/sender-unverified'),
  })
  expect((await naming('has a limit')).verdict).toBe('unproven')
  const alone = await naming(null, { principals: { sender: {} } })
  expect(new Set(alone.variants.map(({ state }) => state))).toEqual(new Set(['not-applicable']))
})

const inProjects = (fault: Fault | null) =>
  target(fault).judged(async (kit) =>
    kit.verify.each(submittedInProject(kit, await twoProjects(kit)), ({ judge }) => judge()),
  )

test.each<[Fault | null, string, string[]]>([
  [null, 'pass', []],
  ['forgets projects', 'fail', ['the project of what is submitted']],
  ['a field is the project', 'fail', ['fields that name another project']],
  ['lists nothing', 'unproven', []],
])('what a key of a project submits is in that project: %s', async (fault, verdict, found) => {
  expect(await inProjects(fault)).toMatchObject({ verdict, found })
})

test('mail of projects is looked at where the profile says that it belongs to them', () => {
  expect(listsMailOfProjects(target().kit)).toBe(true)
  expect(listsMailOfProjects(target(null, { policies: {} }).kit)).toBe(false)
})
