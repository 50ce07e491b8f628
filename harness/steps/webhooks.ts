import { setTimeout as after } from 'node:timers/promises'
import type { As } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import type { CallbackHit, Exchange, WebhookScheme } from '../model.ts'
import { placeIn } from '../probes/held-secrets.ts'
import { hiddenParts } from '../probes/secret-parts.ts'
import {
  covers,
  isOfPublicKeys,
  isSignedBy,
  likeSchemes,
  mostBits,
  readSigned,
  type SignedPart,
  schemeBySecret,
  schemeOfName,
  standardWebhooks,
  standardWebhooksByPublicKey,
  timeOf,
} from '../probes/webhook-signatures.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { once } from './once.ts'
import { showsNothing } from './shown-again.ts'

type WebhookKit = Pick<Kit, 'api' | 'callback' | 'mailbox' | 'post' | 'profile' | 'saw' | 'verify'>

/** A webhook that leads to the sandbox. */
export interface Hook {
  readonly id: string | null
  readonly secret: string
  /** The path of the callback that nothing else knows. */
  readonly path: string
  /** The call that made it. */
  readonly made: Exchange
}

/** An event as it came there. */
interface Event {
  readonly hook: Hook
  readonly hit: CallbackHit
}

/** What came of one message: the event at a webhook that answers, and at another whose first answer is an error. */
export interface Heard {
  readonly scheme: WebhookScheme
  readonly event: Event
  /** What came to the other one, the first answered with 500. */
  readonly tries: readonly CallbackHit[]
  readonly other: Hook
  /** Of another tenant; `null` where the profile has none. */
  readonly foreign: Hook | null
  /** The message that the event is of. */
  readonly sent: Sent
}

const neighbour = 'neighbour'
/** Of Standard Webhooks' libraries: what is older or newer is refused. */
const tolerance = 300_000
const fewestBits = 128
/** As much as the listener keeps of a body. */
const longest = 64 * 1024
/** Milliseconds apart, from which times in seconds tell two tries from each other whatever the way takes. */
const apart = 2000

/** How the target signs by its profile. */
function schemeOf({ profile }: Pick<Kit, 'profile'>): WebhookScheme {
  return schemeOfName(profile.policies.webhooks?.scheme)
}

function within({ profile }: Pick<Kit, 'profile'>): number {
  return (profile.policies.webhooks?.within ?? profile.mail.delivery.within) * 1000
}

function receiverOf({ profile }: Pick<Kit, 'profile'>): string {
  return profile.policies.webhooks?.receiver ?? 'https'
}

function urlOf(kit: Pick<Kit, 'callback' | 'profile'>, path: string, receiver = receiverOf(kit)): string {
  if (receiver === 'http' || receiver === 'https') return kit.callback.url(path, receiver)
  return `${receiver.replace(/\/$/, '')}${path}`
}

async function askForHook(kit: WebhookKit, as?: As, receiver?: string) {
  const path = `/${kit.mailbox.canary()}`
  const input = {
    url: urlOf(kit, path, receiver),
    ...kit.api.carried('webhook.create', { events: ['delivered'] }),
  }
  return { path, made: await kit.api.call('webhook.create', input, as) }
}

/** A guard: a webhook, and its secret. */
async function makeHook(kit: WebhookKit, as?: As): Promise<Hook> {
  const { path, made } = await askForHook(kit, as)
  const { id } = kit.verify.accepted(made).result ?? {}
  return { path, made, id: typeof id === 'string' ? id : null, secret: secretIn(kit, made) }
}

/** A guard: what was made has a secret. */
export function secretIn({ verify }: Pick<Kit, 'verify'>, { operation, result }: Exchange): string {
  const secret = result?.['secret']
  verify.held(
    typeof secret === 'string' && secret !== '',
    `${operation} was accepted and gave no secret`,
    `map result.secret of ${operation} in the profile, by a further call in afterwards where its answer does not have it`,
  )
  return String(secret)
}

/** The first that came to the path and matches, `null` where nothing more comes in time. */
async function hitOf(
  { callback }: Pick<Kit, 'callback'>,
  path: string,
  matches: (hit: CallbackHit) => boolean,
  milliseconds: number,
): Promise<CallbackHit | null> {
  for (let count = 1; ; ) {
    const hits = await callback.hit(path, { within: milliseconds, count }).catch(unlessSeen)
    if (hits === undefined) return null
    const found = hits.find(matches)
    if (found !== undefined) return found
    count = hits.length + 1
  }
}

/** What came to the path of one message, `null` where nothing does in time. */
function eventOf(
  kit: WebhookKit,
  path: string,
  sent: Sent,
  milliseconds: number,
): Promise<CallbackHit | null> {
  return hitOf(kit, path, isOf(sent), milliseconds)
}

function isOf({ to, exchange }: Sent): (hit: CallbackHit) => boolean {
  const id = exchange.result?.['id']
  return ({ body }) => body.includes(to) || (typeof id === 'string' && id !== '' && body.includes(id))
}

/** A guard: a message that arrives, and its event at this webhook. */
async function hear(kit: WebhookKit, hook: Hook, sent: Sent): Promise<Event> {
  const { profile, verify } = kit
  await sent.delivered()
  const milliseconds = within(kit)
  const hit = await eventOf(kit, hook.path, sent, milliseconds)
  const receiver = profile.policies.webhooks?.receiver
  verify.held(
    hit !== null,
    `no event of a message that arrived came to ${urlOf(kit, '/…')} within ${milliseconds / 1000} s`,
    `see whether the target may connect there${receiver === undefined ? ' and trusts the authority of the sandbox' : ''}, in its log; say by which address it does (policies.webhooks.receiver), how long it takes (policies.webhooks.within), and which of its events tells of deliveries (operations.webhook.create.body)`,
  )
  const { body } = hit as CallbackHit
  verify.held(body.length < longest, 'an event is longer than what is kept of it', 'send smaller events')
  kit.saw.calledBack(hit as CallbackHit)
  return { hook, hit: hit as CallbackHit }
}

/** Guards: webhooks of one tenant and of another, and an event of one message at both of the former. */
export async function hearEvents(kit: WebhookKit): Promise<Heard & { forget(): Promise<void> }> {
  const { api, callback, post, profile } = kit
  const [first, other] = await Promise.all([makeHook(kit), makeHook(kit)])
  const foreign = profile.principals[neighbour] === undefined ? null : await makeHook(kit, neighbour)
  if (profile.policies.webhooks?.retry !== undefined) await callback.failOnce(other.path)
  const sent = await post.send()
  const event = await hear(kit, first, sent)
  const came = await eventOf(kit, other.path, sent, within(kit))
  // Whoever else sends for this tenant has events there as well: one of them may be the one that was answered with an error.
  const failed = came === null ? [] : (await callback.hits(other.path)).filter((hit) => hit.failed === true)
  const tries = came === null || failed.length > 0 ? failed : [came]
  return {
    ...{ scheme: schemeBySecret(schemeOf(kit), first.secret), event, tries, other, foreign, sent },
    async forget() {
      if (!api.has('webhook.delete')) return
      const mine = [first, other].map(({ id }) => api.call('webhook.delete', { id }))
      const theirs = foreign === null ? [] : [api.call('webhook.delete', { id: foreign.id }, neighbour)]
      await Promise.all([...mine, ...theirs])
    },
  }
}

/** Verdicts on what came. */
export function judgementsOf(kit: WebhookKit, heard: Heard): Part[] {
  const { api } = kit
  return [
    signed(kit, heard),
    ...(['body', 'timestamp', 'id'] as const).map((part) => covered(kit, heard, part)),
    ownSecret(kit, heard, heard.other, 'another webhook of the tenant'),
    ...(heard.foreign === null
      ? []
      : [
          ownSecret(kit, heard, heard.foreign, 'a webhook of another tenant'),
          ofItsTenant(kit, heard.foreign, heard.sent),
        ]),
    longSecret(kit, heard),
    ...(['webhook.get', 'webhook.list'] as const)
      .filter((name) => api.has(name))
      .map((name) => shownOnce(kit, heard, name)),
    nothingElse(kit, heard),
    inTime(kit, heard),
    triedAgain(kit, heard),
  ]
}

/** A verdict: a webhook of another tenant hears of that one's messages, and of no other. */
function ofItsTenant(kit: WebhookKit, foreign: Hook, sent: Sent): Part {
  const { callback, post, profile, verify } = kit
  return {
    name: 'an event of another tenant',
    async judge() {
      verify.applies(
        profile.principals[neighbour]?.values?.['from'] !== undefined,
        'the profile has no neighbour with a sender of its own (principals.neighbour.values.from)',
      )
      // A guard: an event comes there, of a message that was sent later.
      const own = await post.send({}, neighbour)
      await own.delivered()
      verify.held(
        (await eventOf(kit, foreign.path, own, within(kit))) !== null,
        'no event of a message of the neighbour came to the webhook of the neighbour',
        'see who may make webhooks there, and policies.webhooks.within in the profile',
      )
      const heard = (await callback.hits(foreign.path)).find(isOf(sent))
      if (heard !== undefined) kit.saw.calledBack(heard)
      verify.that(heard === undefined, {
        of: foreign.made,
        expected: 'a webhook hears of the messages of its own tenant alone',
        actual: 'the event of a message of another tenant came to it',
      })
    },
  }
}

/** By which scheme an event is signed: the declared one, or one that is like it but for what it forgets; `null` for none. */
function schemeThatFits(scheme: WebhookScheme, secret: string, hit: CallbackHit): WebhookScheme | null {
  return likeSchemes(scheme).find((each) => isSignedBy(each, secret, hit)) ?? null
}

const byItsOwn = 'what is posted to a webhook is signed by its own secret'

/** A verdict: there is a signature, by the secret of this webhook and of no other. */
function signed({ profile, verify }: WebhookKit, { scheme, event, tries, other, foreign }: Heard): Part {
  return {
    name: 'a signature',
    async judge() {
      const all = [event, ...tries.slice(0, 1).map((hit) => ({ hook: other, hit }))]
      for (const { hook, hit } of all) {
        const { signatures } = readSigned(scheme, hit)
        if (signatures.length === 0) {
          const alike = hit.headers.find(([name]) => /signature|hmac|digest/i.test(name))
          verify.held(
            !isByKeyPair(scheme, hit),
            'an event is signed by a key pair (v1a), and no public key was given out',
            'map result.secret of webhook.create to the public key, whpk_ and 32 octets in base 64, where the target gives one out',
          )
          verify.held(
            alike === undefined || profile.policies.webhooks?.scheme !== undefined,
            `an event has no signature of Standard Webhooks, but a field ${alike?.[0]}`,
            'say how the target signs: policies.webhooks.scheme in the profile',
          )
        }
        const others = [event.hook, other, ...(foreign === null ? [] : [foreign])].filter(
          (each) => each !== hook,
        )
        const wrong = others.find(({ secret }) => schemeThatFits(scheme, secret, hit) !== null)
        verify.that(schemeThatFits(scheme, hook.secret, hit) !== null, {
          of: hook.made,
          expected: byItsOwn,
          actual:
            signatures.length === 0
              ? 'what came has no signature'
              : wrong === undefined
                ? 'the signature of what came is by another secret, or not as the profile says (policies.webhooks.scheme)'
                : `the signature of what came is by the secret of another webhook, of ${wrong === foreign ? 'another tenant' : 'the same tenant'}`,
        })
      }
    },
  }
}

/** Of the two schemes of Standard Webhooks it has a signature of the other one. */
function isByKeyPair(scheme: WebhookScheme, hit: CallbackHit): boolean {
  return scheme === standardWebhooks && readSigned(standardWebhooksByPublicKey, hit).signatures.length > 0
}

const words: Readonly<Record<SignedPart, { readonly name: string; readonly why: string }>> = {
  body: { name: 'the body', why: 'whoever has one event can write others' },
  timestamp: { name: 'the time', why: 'an event can be sent again whenever somebody likes' },
  id: { name: 'the id', why: 'an event can be sent again under another id, as a new one' },
}

/** A verdict: the signature is over that part. */
function covered({ verify }: WebhookKit, { scheme, event: { hook, hit } }: Heard, part: SignedPart): Part {
  const { name, why } = words[part]
  return {
    name: `${name} is signed`,
    async judge() {
      const fits = schemeThatFits(scheme, hook.secret, hit)
      verify.applies(fits !== null, 'there is no signature by the secret of the webhook')
      const { id } = readSigned(scheme, hit)
      // Some have theirs in the body alone, where it is not known.
      verify.applies(
        part !== 'id' || id !== null || !covers(scheme, 'body'),
        'the scheme has no id beside the body',
      )
      verify.that(fits !== null && covers(fits, part), {
        of: hook.made,
        severity: part === 'body' ? 'high' : 'medium',
        expected: `the signature is over the body, the time and the id of what is posted`,
        actual: `${name} is not covered by the signature: ${why}`,
      })
    },
  }
}

const noSecret = 'it is a public key: who has it cannot sign'

/** A verdict: two webhooks have two secrets. */
function ownSecret(
  { verify }: WebhookKit,
  { scheme, event: { hook } }: Heard,
  other: Hook,
  whose: string,
): Part {
  const { secret, made } = hook
  return {
    name: `another secret than ${whose}`,
    async judge() {
      verify.applies(!isOfPublicKeys(scheme), noSecret)
      verify.that(secret !== other.secret, {
        of: made,
        expected: 'each webhook has a secret of its own',
        actual: `it was given the same secret as ${whose}`,
      })
    },
  }
}

function longSecret({ verify }: WebhookKit, { scheme, event: { hook } }: Heard): Part {
  return {
    name: 'a secret of enough bits',
    async judge() {
      const bits = mostBits(scheme, hook.secret)
      verify.that(bits >= fewestBits, {
        of: hook.made,
        severity: bits < 80 ? 'high' : 'medium',
        expected: `a secret of ${fewestBits} bits or more`,
        actual: `it has ${bits} at the most: whoever has one event can try them all`,
      })
    },
  }
}

function shownOnce(kit: WebhookKit, { scheme, event }: Heard, name: 'webhook.get' | 'webhook.list'): Part {
  const { id, secret } = event.hook
  return {
    name: `${name} shows no secret`,
    async judge() {
      kit.verify.applies(!isOfPublicKeys(scheme), noSecret)
      const hidden = hiddenParts(secret, [scheme.secretPrefix ?? '', id ?? ''])
      // Of what is this short, the whole is looked for.
      const looked = hidden.length > 0 ? hidden : [secret]
      showsNothing(kit, await kit.api.call(name, name === 'webhook.get' ? { id } : {}), looked, 'a webhook')
    },
  }
}

/** A verdict: events carry neither the secret of their webhook nor a credential of whoever made it or sent the message. */
function nothingElse({ api, verify }: WebhookKit, { scheme, event: { hook, hit } }: Heard): Part {
  return {
    name: 'no credential in events',
    async judge() {
      const callers = (['webhook.create', 'message.send'] as const).flatMap(
        (name) => api.profile.operations[name]?.as ?? [],
      )
      const credentials = await Promise.all(
        [...new Set(callers)].map(async (name) => ({
          name,
          value: (await api.credential(name)).token ?? '',
        })),
      )
      const held = [
        { whose: 'the secret of the webhook', value: isOfPublicKeys(scheme) ? '' : hook.secret },
        ...credentials.map(({ name, value }) => ({ whose: `the credential of ${name}`, value })),
      ].find(({ value }) => value.length >= 8 && placeIn(hit, value) !== null)
      verify.that(held === undefined, {
        of: hook.made,
        expected: 'an event says what happened, and carries no credential',
        actual: `${held?.whose} stands in ${held === undefined ? '' : placeIn(hit, held.value)} of what came`,
      })
    },
  }
}

function inTime({ verify }: WebhookKit, { scheme, event: { hook, hit } }: Heard): Part {
  return {
    name: 'a time that is now',
    async judge() {
      const { timestamp } = readSigned(scheme, hit)
      verify.applies(timestamp !== null, 'what came has no time by the scheme')
      const time = timeOf(scheme, timestamp ?? '')
      const off = time === null ? null : Math.round((time - hit.at) / 1000)
      verify.that(off !== null && Math.abs(off) * 1000 <= tolerance, {
        of: hook.made,
        severity: 'low',
        expected: `a time no further from now than ${tolerance / 60_000} minutes, outside of which receivers refuse it as sent again`,
        actual: off === null ? 'what it has is no time' : `it is ${off} s from now`,
      })
    },
  }
}

/** A body without its times, which may be those of each try: ISO 8601, or Unix time. */
function timeless(body: string): string {
  return body.replace(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?|\b\d{10}(?:\d{3})?\b/g, '')
}

/** It says the same, whatever times and ids of its own each post bears. */
function isSameEvent(scheme: WebhookScheme, ...hits: readonly [CallbackHit, CallbackHit]): boolean {
  const [one, other] = hits.map((hit) => {
    const { id } = readSigned(scheme, hit)
    return timeless(id === null ? hit.body : hit.body.replaceAll(id, ''))
  })
  return one === other
}

/** A verdict: what is posted again has the id of before, and the time of now. */
function triedAgain(kit: WebhookKit, { scheme, tries: [first], other }: Heard): Part {
  const { profile, saw, verify } = kit
  return {
    name: 'a new time when it is posted again',
    async judge() {
      const { retry } = profile.policies.webhooks ?? {}
      verify.applies(retry !== undefined, 'profile declares no policies.webhooks.retry')
      verify.held(first !== undefined, 'no event came to the webhook whose first answer is an error')
      const before = readSigned(scheme, first as CallbackHit)
      verify.applies(before.timestamp !== null, 'what came has no time by the scheme')
      const isAgain = (hit: CallbackHit) =>
        hit.failed !== true &&
        ((before.id !== null && readSigned(scheme, hit).id === before.id) ||
          isSameEvent(scheme, hit, first as CallbackHit))
      const again = await hitOf(kit, other.path, isAgain, (retry ?? 0) * 1000)
      verify.held(
        again !== null,
        `what was answered with 500 was not posted again within ${retry} s`,
        'see the log of the target, and policies.webhooks.retry in the profile',
      )
      const hit = again as CallbackHit
      saw.calledBack(first as CallbackHit)
      saw.calledBack(hit)
      // By schemes of others it may be new for each post, against those who send one again.
      if (scheme.headers?.['webhook-id'] !== undefined)
        verify.that(readSigned(scheme, hit).id === before.id, {
          of: other.made,
          severity: 'low',
          expected:
            'what is posted again has the id of before, by which receivers know that they have it (Standard Webhooks)',
          actual: 'it has another one: who has had it before takes it for something new',
        })
      const isOld = readSigned(scheme, hit).timestamp === before.timestamp
      verify.held(
        !isOld || hit.at - (first?.at ?? 0) >= apart,
        'it was posted again so soon that its time may be the same',
        'let the target wait two seconds or more before it posts again',
      )
      verify.that(!isOld, {
        of: other.made,
        severity: 'medium',
        expected: 'what is posted again is signed anew, with the time of now',
        actual: `it has the time of the first try, ${Math.round((hit.at - (first?.at ?? 0)) / 1000)} s before: receivers that refuse what is old lose it, and those that take it take what others send again`,
      })
    },
  }
}

/** Verdicts on a rotation, one after the other: the new secret signs at once, and the former one no more when its time is over. */
export function rotationOf(kit: WebhookKit, { scheme, event: { hook } }: Heard, pause = after): Part[] {
  const { api, post, profile, verify } = kit
  if (!api.has('webhook.rotate')) return []
  const rotated = once(async () => {
    const exchange = verify.accepted(await api.call('webhook.rotate', { id: hook.id }))
    return { exchange, secret: secretIn(kit, exchange), at: Date.now() }
  })
  return [
    {
      name: 'the new secret signs once there is one',
      async judge() {
        const { exchange, secret } = await rotated()
        const isNew = verify.that(secret !== hook.secret, {
          ...{ of: exchange, expected: 'a rotation gives another secret' },
          actual: 'it gave the same secret again',
        })
        if (!isNew) return
        const { hit } = await hear(kit, hook, await post.send())
        const isOld = schemeThatFits(scheme, hook.secret, hit) !== null
        verify.that(schemeThatFits(scheme, secret, hit) !== null, {
          of: exchange,
          expected:
            'what is posted after a rotation is signed by the new secret, beside the former one for a while',
          actual: isOld
            ? 'it is signed by the secret from before alone'
            : 'it is signed by neither the new secret nor the one from before',
        })
      },
    },
    {
      name: 'the former secret signs no more when its time is over',
      async judge() {
        const { overlap } = profile.policies.webhooks ?? {}
        verify.applies(overlap !== undefined, 'profile declares no policies.webhooks.overlap')
        const { exchange, secret, at } = await rotated()
        verify.held(
          secret !== hook.secret,
          'the rotation gave the same secret again',
          'see what became of its rotation',
        )
        const left = at + (overlap ?? 0) * 1000 - Date.now()
        if (left > 0) await pause(left)
        const { hit } = await hear(kit, hook, await post.send())
        verify.that(schemeThatFits(scheme, hook.secret, hit) === null, {
          ...{ of: exchange, severity: 'medium' },
          expected: `the secret from before a rotation signs for ${overlap} s more at the longest`,
          actual: 'it still signs what is posted: whoever found it out goes on being believed',
        })
      },
    },
  ]
}

/** Verdicts on a webhook without TLS: it is not taken, or nothing is posted there. */
export function inClear(kit: WebhookKit, { event }: Heard): Part[] {
  const { api, post, verify } = kit
  if (receiverOf(kit) !== 'https') return []
  return [
    {
      name: 'nothing is posted in clear',
      async judge() {
        const { path, made } = await askForHook(kit, undefined, 'http')
        verify.answered(made)
        const isTaken = made.answer === 'accepted'
        const sent = isTaken ? await post.send() : null
        if (sent !== null) await hear(kit, event.hook, sent)
        const hit = sent === null ? null : await eventOf(kit, path, sent, within(kit))
        if (hit !== null) kit.saw.calledBack(hit)
        verify.that(hit === null, {
          ...{ of: made, severity: 'medium' },
          expected: 'events go over TLS alone: a URL of http is refused',
          actual: 'it was taken, and an event came in clear',
        })
        if (isTaken && api.has('webhook.delete'))
          await api.call('webhook.delete', { id: made.result?.['id'] })
      },
    },
  ]
}
