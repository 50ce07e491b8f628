import { randomUUID } from 'node:crypto'
import type { Ready } from '../api/starting-line.ts'
import { compose, oneOfBatch, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { makeKey, sendingBy, sendingScopes } from './key-channels.ts'
import { once } from './once.ts'
import { sameAtOnce } from './same-at-once.ts'

type RepeatingKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'verify' | 'wire'>

/** Of one message. */
const atOnce = 6

interface Alike {
  readonly name: string
  readonly keys: readonly [string, string]
  change(key: string): string
  /** Why nothing can be said where the first is refused. */
  readonly untaken: string
  readonly expected: string
}

/** Longer than a column for one UUID, and for two words. */
const longKey = () => `${randomUUID()}-${randomUUID()}`

/** What is sent under a key that another request has used, by whom, where and how. */
export function repeatedKeys(kit: RepeatingKit): Part[] {
  const { api, mailbox, post, profile, verify } = kit
  const within = profile.mail.delivery.within * 1000

  const message = (idempotencyKey: string) => ({
    ...{ to: mailbox.address('once'), idempotencyKey },
    ...api.carried('message.send', mailbox.letter()),
  })

  // Some take no other keys.
  const key = randomUUID()
  /** A guard: the first message under the key arrives. */
  const first = once(async () => {
    const made = message(key)
    const sent = await post.send(made)
    await sent.delivered()
    return { message: made, exchange: sent.exchange }
  })

  /** How many arrived of messages that are alike, once each of which an answer speaks has had its time. */
  const copiesOf = async (to: string, sent: readonly Sent[]): Promise<number> => {
    const taken = sent.filter(({ exchange }) => exchange.answer === 'accepted')
    const ids = new Set(taken.map(({ exchange }) => exchange.result?.['id']))
    if (ids.size > 1) await kit.wire.arrival({ to }, { within, count: ids.size }).catch(unlessSeen)
    await verify.fenced()
    return (await kit.wire.deliveries({ to })).length
  }

  /** What became of another message under the same key. */
  const cameOf = async ({ to, exchange }: Sent) => {
    const { exchange: before } = await first()
    verify.answered(exchange, 'the effect decides')
    const id = before.result?.['id']
    const isNamed = typeof id === 'string' && names(exchange.response?.body ?? '', id)
    // An answer that is of the first message promises nothing of this one.
    const promised = isNamed ? { ...exchange, answer: 'refused' as const } : exchange
    const came = (await post.of(to, promised).arrived()) !== null
    const isTaken = exchange.answer === 'accepted'
    const said = isNamed
      ? 'it was answered with the id of the first'
      : isTaken
        ? 'it was accepted'
        : `it was answered ${api.said(exchange)}`
    return { isNamed, isTaken, came, actual: `${said}, and ${came ? 'arrived' : 'did not arrive'}`, before }
  }

  /** A verdict on whoever may know of the first: to be refused is to be told. */
  const sentOrTold = async (sent: Sent, after?: Exchange) => {
    const { isTaken, came, actual, before } = await cameOf(sent)
    verify.that(!isTaken || came, {
      ...{ of: sent.exchange, after: after ?? before, severity: 'medium' },
      expected: 'another message under the same Idempotency-Key arrives, or is refused',
      actual,
    })
  }

  const elsewhere: (Part & { readonly declared: boolean })[] = [
    {
      name: 'another endpoint, message.batch',
      declared: api.has('message.batch', 'idempotencyKey'),
      async judge() {
        await first()
        const { idempotencyKey, ...other } = message(key)
        const exchange = await api.call('message.batch', { idempotencyKey, messages: [other] })
        const ids = exchange.result?.['ids']
        // The answer to another request may say nothing of batches.
        const isOfBatch = Array.isArray(ids) && ids.length > 0
        await sentOrTold(post.of(other.to, isOfBatch ? oneOfBatch(exchange, 0, 'invalid') : exchange))
      },
    },
    {
      name: 'another endpoint, message.raw',
      declared: api.has('message.raw', 'idempotencyKey'),
      async judge() {
        await first()
        const [to, { from }] = [mailbox.address('once'), profile.mail]
        const raw = await compose({ from, to, ...mailbox.letter() })
        const input = { ...wholeMessage(api, from, to, raw), idempotencyKey: key }
        await sentOrTold(post.of(to, await api.call('message.raw', input)))
      },
    },
  ]

  /** The same message under a key, under another one, and under one that is like the first. */
  const alike = ({ name, keys: [mine, others], change, untaken, expected }: Alike): Part => ({
    name,
    async judge() {
      const same = message(mine)
      const sent = await post.send(same)
      verify.applies(sent.exchange.answer === 'accepted', untaken)
      await sent.delivered()
      const other = await post.send({ ...same, idempotencyKey: others })
      const like = await post.send({ ...same, idempotencyKey: change(mine) })
      verify.answered(like.exchange)
      const copies = await copiesOf(same.to, [sent, other, like])
      verify.held(
        copies > 1,
        'the same message under two Idempotency-Keys arrived once',
        'where messages are known again by what is in them, keys show nothing',
      )
      verify.that(copies === 3 || like.exchange.answer !== 'accepted', {
        ...{ of: like.exchange, after: sent.exchange, severity: 'low', expected },
        actual: `it was accepted, and of three such messages ${copies} arrived`,
      })
    },
  })

  return [
    {
      name: 'the same again',
      async judge() {
        const { message: same, exchange } = await first()
        const again = await post.send(same)
        verify.answered(again.exchange, 'the effect decides')
        const copies = await copiesOf(same.to, [post.of(same.to, exchange), again])
        verify.that(copies === 1, {
          ...{ of: again.exchange, after: exchange, severity: 'medium' },
          expected: 'a message that is sent again under its Idempotency-Key arrives once',
          actual: `it arrived ${copies} times`,
        })
      },
    },
    {
      name: 'the same at once',
      async judge() {
        const same = message(randomUUID())
        const send = (ready: Ready) => post.send(same, undefined, { ownConnection: true, ready })
        const sent = await sameAtOnce(kit, atOnce, send)
        const [taken] = sent.filter(({ exchange }) => exchange.answer === 'accepted')
        verify.held(
          taken !== undefined,
          `of ${atOnce} requests at once under one Idempotency-Key none was accepted`,
        )
        await taken?.delivered()
        const copies = await copiesOf(same.to, sent)
        verify.that(copies === 1, {
          ...{ of: taken?.exchange, severity: 'medium' },
          volleys: taken === undefined ? undefined : [{ of: taken.exchange, count: atOnce }],
          expected: `of ${atOnce} requests at once under one Idempotency-Key one message arrives`,
          actual: `${copies} did`,
        })
      },
    },
    {
      name: 'another message',
      async judge() {
        await first()
        await sentOrTold(await post.send(message(key)))
      },
    },
    {
      name: 'a message after one that was refused',
      async judge() {
        await first()
        const free = randomUUID()
        const refused = (await post.send({ ...message(free), to: 'nobody' })).exchange
        verify.applies(
          refused.answer === 'invalid' || refused.answer === 'refused',
          'what is no address is not refused at once',
        )
        await sentOrTold(await post.send(message(free)), refused)
      },
    },
    alike({
      name: 'the same under the key in other letters',
      keys: [`Order-${mailbox.canary()}`, `Order-${mailbox.canary()}`],
      change: inOtherCase,
      untaken: 'no key of letters, digits and hyphens is taken',
      expected: 'a message under a key of its own arrives, whatever key is like it but for capitals',
    }),
    alike({
      name: 'the same under a long key that ends otherwise',
      keys: [`${longKey()}1`, `${longKey()}1`],
      change: (key) => `${key.slice(0, -1)}2`,
      untaken: 'no key of 74 characters is taken',
      expected: 'a message under a key of its own arrives, whatever key begins as it does',
    }),
    {
      name: 'another key of the tenant',
      async judge() {
        verify.applies(api.has('key.create'), 'profile declares no key.create')
        await first()
        const { secret } = await makeKey(kit, 'to send with', sendingScopes(kit))
        const send = await sendingBy(kit, secret)
        await (await send(message(randomUUID()))).delivered()
        await sentOrTold(await send(message(key)))
      },
    },
    {
      name: 'another tenant',
      async judge() {
        verify.applies('neighbour' in profile.principals, 'profile declares no principal neighbour')
        await first()
        await (await post.send(message(randomUUID()), 'neighbour')).delivered()
        const sent = await post.send(message(key), 'neighbour')
        const { isNamed, isTaken, came, actual, before } = await cameOf(sent)
        verify.that(came && !isNamed, {
          ...{ of: sent.exchange, after: before, severity: isNamed || isTaken ? 'high' : 'medium' },
          expected: 'a message of another tenant arrives, whatever its Idempotency-Key is',
          actual,
        })
      },
    },
    ...elsewhere.filter(({ declared }) => declared).map(({ name, judge }) => ({ name, judge })),
  ]
}

/** Short ones come up by themselves, where each tenant counts its own. */
const shortestId = 8

function names(text: string, id: string): boolean {
  const others = text.split(id)
  return (
    id.length >= shortestId &&
    others.some((before, at) => {
      const behind = others[at + 1]
      return behind !== undefined && !/[\w-]$/.test(before) && !/^[\w-]/.test(behind)
    })
  )
}

function inOtherCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
}
