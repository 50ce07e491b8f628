import type { MailpitClient } from 'mailpit-api'
import { type Api, closeApi, createApi } from '../api/api.ts'
import type { Take } from '../api/budget.ts'
import type { Created, Journal } from '../api/journal.ts'
import { createReach, type Reach } from '../api/reach.ts'
import type { About, Role } from '../model.ts'
import { mulberry32 } from '../probes/statistics.ts'
import { type Profile, readProfile, resolveProfile } from '../profile/profile.ts'
import type { Instance, Provided } from '../runner/vitest.ts'
import { type Callback, connectSandbox, type Dns, type SandboxClient, type Wire } from '../sandbox/client.ts'
import type { SandboxAddress } from '../sandbox/sandbox.ts'
import type { Ground } from '../steps/attempts.ts'
import { createMailpitTools, type MailpitTools } from '../steps/mailpit-tools.ts'
import { createEndpoints, type Endpoints } from './endpoints.ts'
import { type EvidenceMakers, evidenceMakers } from './evidence.ts'
import { createFence } from './fence.ts'
import { createLetters } from './letters.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import { createSubmission, type Submission } from './submission.ts'
import { createVerify, type Verify } from './verify.ts'

/** What a check gets to work with. */
export interface Check {
  readonly api: Api
  readonly wire: Wire
  readonly dns: Dns
  readonly callback: Callback
  readonly mailbox: Mailbox
  readonly mailpitTools: MailpitTools
  readonly profile: Profile
  readonly reach: Reach
  readonly submission: Submission
  readonly endpoints: Endpoints
  /** For attempts at what is the admin's to do. */
  readonly ground: Ground
  /** The run's own authority, PEM, which embedded targets and exchangers are certified by. */
  readonly ca: string
  /** Who knows the target's domains: the sandbox's name server, or `null` for the system's resolver. */
  readonly nameServer: SandboxAddress['dns'] | null
  /** Below which, in the sandbox, every name is an organisation of its own, as below a public suffix. */
  readonly suffixes: readonly string[]
  /** In [0, 1); repeats with `--seed`. */
  readonly random: () => number
  readonly evidence: EvidenceMakers
  readonly verify: Verify
}

/** A check in front of its target. */
export interface Subject {
  readonly check: Check
  /** The mailbox by its own API. */
  readonly mailpit: MailpitClient
  readonly tally: { held: number; observed: number }
  redact(text: string): string
  close(): Promise<void>
}

/** What the checks share that look at one instance. */
interface Opened {
  readonly profile: Profile
  readonly reach: Reach
  readonly fence: () => Promise<void>
}

const sandboxes = new Map<string, SandboxClient>()
const instances = new Map<string, Promise<Opened>>()

/** In the weak role the check gets an instance of its own, with its weakness switched on. */
export async function openSubject(role: Role, provided: Provided, about: About): Promise<Subject> {
  const sandbox = remembered(sandboxes, provided.sandbox.control.url, () => connectSandbox(provided.sandbox))
  const instance =
    role === 'weak'
      ? ((await sandbox.call('target.start', { weaknesses: [about.weakness] })) as Instance)
      : provided.instance
  const opened = await remembered(instances, `${provided.sandbox.control.url} ${instance.id}`, () =>
    open(provided, instance, sandbox),
  )
  const { profile, reach, fence } = opened
  const { wire, dns, callback } = sandbox
  const journal: Journal = {
    record: async (entry: Created) => void (await sandbox.call('journal.record', entry)),
    forget: async (entry) => void (await sandbox.call('journal.forget', entry)),
  }
  const api = createApi({
    profile,
    reach,
    ca: provided.sandbox.ca,
    check: about.id,
    // What is embedded is thrown away whole.
    ...(profile.target.embedded === undefined ? { journal } : {}),
  })
  const mailbox = createMailbox(wire, profile.mail.delivery.within, createLetters(provided.seed, about.id))
  const evidence = evidenceMakers(api.redact)
  const submission = createSubmission(profile, reach, provided.sandbox.ca, api.redact)
  const tally = { held: 0, observed: 0 }
  return {
    tally,
    redact: api.redact,
    mailpit: sandbox.mailbox,
    check: {
      api,
      wire,
      dns,
      callback,
      mailbox,
      mailpitTools: createMailpitTools({
        client: sandbox.mailbox,
        evidence,
        hosts: profile.policies.links?.hosts ?? [],
      }),
      profile,
      reach,
      submission,
      endpoints: createEndpoints(profile, reach),
      evidence,
      ground: { api, owner: 'admin', mailbox, fence },
      ca: provided.sandbox.ca,
      nameServer: ownsDomains(profile, provided.sandbox.zone) ? provided.sandbox.dns : null,
      suffixes: [provided.sandbox.zone, `${instance.id}.${provided.sandbox.zone}`],
      random: mulberry32(provided.seed),
      verify: createVerify({
        about,
        wire,
        evidence,
        curl: (exchange) => submission.reproduce(exchange) ?? api.curl(exchange),
        fence,
        tally,
      }),
    },
    async close() {
      await api.settled()
      if (role !== 'weak') return
      await closeApi(profile)
      await sandbox.call('target.stop', { id: instance.id })
    },
  }
}

async function open(provided: Provided, instance: Instance, sandbox: SandboxClient): Promise<Opened> {
  const document = await readProfile(provided.profile)
  const profile = await resolveProfile(document, { ...process.env, ...instance.exports })
  const reach = createReach({
    profile,
    zone: provided.sandbox.zone,
    take: inPortions(profile, async (kind, count) => void (await sandbox.call('reach.take', [kind, count]))),
  })
  const api = createApi({ profile, reach, ca: provided.sandbox.ca, check: 'fence' })
  return { profile, reach, fence: createFence(api, sandbox, createLetters(provided.seed, 'fence')) }
}

function remembered<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key) ?? make()
  map.set(key, known)
  return known
}

function ownsDomains({ mail }: Profile, zone: string): boolean {
  return mail.domains.some((domain) => domain.endsWith(`.${zone}`))
}

/** Asks for many at once where no budget is set, since every request waits for its leave; one by one where one is. */
function inPortions(profile: Profile, take: Take): Take {
  if (profile.budget !== undefined) return take
  const portion = 200
  const left = { request: 0, mail: 0 }
  return async (kind, count) => {
    while (left[kind] < count) {
      await take(kind, portion)
      left[kind] += portion
    }
    left[kind] -= count
  }
}
