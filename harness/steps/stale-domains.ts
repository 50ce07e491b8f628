import { setTimeout as after } from 'node:timers/promises'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Part } from '../check/verify.ts'
import type { Delivery, Exchange, Severity } from '../model.ts'
import { unlessSeen } from '../sandbox/client.ts'
import {
  add,
  type DomainKit,
  domainIn,
  doneBy,
  inZone,
  recordsOf,
  saysFrom,
  senderAt,
  sends,
  type Verified,
  verified,
} from './added-domains.ts'
import { leftAtItsTime, margin, timesThere } from './scheduled-mail.ts'

type StaleKit = DomainKit & Pick<Kit, 'endpoints' | 'profile' | 'wire'> & { readonly pause: Pause }
/** Milliseconds. */
type Pause = (milliseconds: number) => Promise<unknown>

/** Who has the domain next. */
const next = 'neighbour'
/** Seconds beyond the promised time for which mail is scheduled: as few as let everything be done before. */
const leads = [5, 30]
/** What a resolver may have kept: milliseconds. */
const kept = 1000

/** Seconds: who promises more than this is not waited for. */
const longest = 300

/** Verdicts on domains whose owner has taken what proved them out of the DNS again. */
export function staleDomains(given: Omit<StaleKit, 'pause'>, pause: Pause = after): Part[] {
  const kit: StaleKit = { ...given, pause }
  const { api, profile } = kit
  const { recheck } = profile.policies.domains ?? {}
  return [
    ...(recheck === undefined ? [] : [gone(kit, recheck)]),
    ...(recheck === undefined || !api.has('message.send', 'sendAt') ? [] : [scheduled(kit, recheck)]),
    askedAgain(kit, recheck),
    ...(profile.principals[next] === undefined ? [] : [handedOn(kit, recheck)]),
    ...(api.has('domain.delete') ? [deleted(kit)] : []),
  ]
}

/** A guard: a domain that sends. */
async function sending(kit: StaleKit, label: string): Promise<Verified> {
  const domain = await verified(kit, domainIn(kit, label))
  await sends(kit, domain.name)
  return domain
}

/** Not applicable where it may take longer than a run. */
function waitsFor({ verify }: StaleKit, recheck: number | undefined): void {
  verify.applies(
    recheck === undefined || recheck <= longest,
    `a domain whose proof is gone may still send for ${recheck} s by the profile (policies.domains.recheck), longer than a run waits`,
  )
}

/** Everything that was published for it. */
async function withdraw(kit: StaleKit, { records }: Pick<Verified, 'records'>): Promise<void> {
  const names = new Set(inZone(kit, records).map(({ name }) => name))
  await Promise.all([...names].map((name) => kit.dns.withdraw(name)))
}

/** Mail from the domain; `null` for none, and for what leaves in another name. */
async function fromIt(sent: Sent, name: string): Promise<Delivery | null> {
  const mail = await sent.arrived()
  return mail !== null && saysFrom(mail, name) ? mail : null
}

/** A verdict: nothing leaves in its name. */
async function sendsNothing(
  kit: StaleKit,
  { name }: Pick<Verified, 'name'>,
  {
    expected,
    since,
    ...more
  }: {
    readonly expected: string
    readonly since: string
    readonly severity?: Severity
    readonly after?: Exchange
  },
): Promise<void> {
  const { post, verify } = kit
  const sent = await post.send({ from: senderAt(name) })
  const mail = await fromIt(sent, name)
  verify.answered(sent.exchange, 'the effect decides')
  verify.that(mail === null, {
    ...{ of: sent.exchange, mail: mail ?? undefined, expected, ...more },
    actual: `${since}, mail from ${senderAt(name)} arrived`,
  })
}

const gaveUp = 'a domain sends as long as its DNS shows whose it is'

function gone(kit: StaleKit, recheck: number): Part {
  return {
    name: 'its records are gone',
    async judge() {
      waitsFor(kit, recheck)
      const domain = await sending(kit, 'stale')
      await withdraw(kit, domain)
      await kit.pause(recheck * 1000 + kept)
      await sendsNothing(kit, domain, {
        expected: gaveUp,
        since: `${recheck} s after its records were taken out of the DNS`,
      })
    },
  }
}

function scheduled(kit: StaleKit, recheck: number): Part {
  const { dns, mailbox, post, profile, verify, wire } = kit
  const tryIn = async (domain: Verified, ahead: number) => {
    const lead = recheck + ahead
    const there = await timesThere(kit)
    const due = Date.now() + lead * 1000
    const at = { sendAt: there(due) }
    const [sent, control] = await Promise.all([
      post.send({ ...at, from: senderAt(domain.name) }),
      post.send({ ...at, to: mailbox.address('control') }),
    ])
    for (const { exchange } of [sent, control]) verify.accepted(exchange)
    await withdraw(kit, domain)
    const left = due - Date.now()
    return { sent, control, due, lead, left, wasInTime: left > recheck * 1000 + margin }
  }
  return {
    name: 'its records are gone when what was scheduled leaves',
    async judge() {
      waitsFor(kit, recheck)
      const [soonest = 0, ...later] = leads
      const domain = await sending(kit, 'scheduled')
      let tried = await tryIn(domain, soonest)
      for (const ahead of later)
        if (!tried.wasInTime) {
          await dns.publish(inZone(kit, domain.records))
          tried = await tryIn(domain, ahead)
        }
      const { sent, control, due, lead, left, wasInTime } = tried
      verify.held(
        wasInTime,
        'the records were taken away so late that they need not have been looked for again',
        'run it when the target has less to do',
      )
      const within = lead * 1000 + profile.mail.delivery.within * 1000
      const [arrived] = await wire.arrival({ to: control.to }, { within }).catch(() => [])
      verify.held(arrived !== undefined, 'a scheduled message from another domain did not arrive')
      if (arrived !== undefined) leftAtItsTime(kit, arrived, due)
      await wire.arrival({ to: sent.to }, { within: kept }).catch(unlessSeen)
      await verify.fenced()
      const [mail] = await wire.deliveries({ to: sent.to })
      const isFromIt = mail !== undefined && saysFrom(mail, domain.name)
      verify.that(!isFromIt, {
        ...{ of: sent.exchange, mail, severity: 'medium' },
        expected: gaveUp,
        actual: `its records were taken out of the DNS ${Math.floor(left / 1000)} s before, and what was scheduled from ${senderAt(domain.name)} arrived`,
      })
    },
  }
}

/** Who sees in the DNS that a domain is given up tells so by asking; some keep it for days for all that, in case of a mistake. */
function askedAgain(kit: StaleKit, recheck: number | undefined): Part {
  const { api, pause, verify } = kit
  const expected = 'a domain that is looked for again, and is not found, sends nothing'
  return {
    name: 'its records are gone, and it is verified again',
    async judge() {
      waitsFor(kit, recheck)
      const domain = await sending(kit, 'again')
      await withdraw(kit, domain)
      await pause(kept)
      const checked = await api.call('domain.verify', { id: domain.id })
      verify.answered(checked, 'the effect decides')
      await pause(doneBy(domain.took))
      const since = `its records were taken out of the DNS, domain.verify was answered ${api.said(checked)}`
      await sendsNothing(kit, domain, {
        ...(recheck === undefined
          ? { severity: 'low', expected: `${expected}, or the profile says for how long it still may` }
          : { expected }),
        since,
      })
    },
  }
}

/** Its records are left, so that it could be added again. */
function deleted(kit: StaleKit): Part {
  const { api, pause, verify } = kit
  return {
    name: 'its owner has deleted it',
    async judge() {
      const domain = await sending(kit, 'deleted')
      const by = verify.accepted(await api.call('domain.delete', { id: domain.id }))
      await pause(kept)
      await sendsNothing(kit, domain, {
        ...{ severity: 'medium', after: by },
        expected: 'a domain that its owner has deleted sends nothing until it is added and verified again',
        since: `domain.delete was answered ${api.said(by)}`,
      })
    },
  }
}

const unsaid =
  'another tenant does not get it, and the profile does not say how soon a domain is given up whose proof is gone (policies.domains.recheck)'

function handedOn(kit: StaleKit, recheck: number | undefined): Part {
  const { api, dns, pause, post, verify } = kit
  const expected =
    'a domain is its present owner’s, who shows it in the DNS, and not that of who had it before'
  return {
    name: 'another tenant has it now',
    async judge() {
      waitsFor(kit, recheck)
      const before = await sending(kit, 'sold')
      await withdraw(kit, before)
      await pause((recheck ?? 0) * 1000 + kept)
      const { exchange, added } = await add(kit, before.name, next)
      if (added === null) {
        verify.answered(exchange)
        verify.applies(recheck !== undefined, unsaid)
        verify.that(false, {
          ...{ of: exchange, severity: 'medium', expected },
          actual: `nothing in the DNS says any more whose it is, and ${next} was answered ${api.said(exchange)}`,
        })
        return
      }
      await dns.publish(inZone(kit, await recordsOf(kit, added, next)))
      const checked = await api.call('domain.verify', { id: added.id }, next)
      verify.answered(checked, 'the effect decides')
      await pause(doneBy(before.took))
      const sent = await post.send({ from: senderAt(before.name) }, next)
      const mail = await fromIt(sent, before.name)
      verify.answered(sent.exchange, 'the effect decides')
      verify.applies(mail !== null || recheck !== undefined, unsaid)
      verify.that(mail !== null, {
        ...{ of: checked, severity: 'medium', expected },
        actual: `what ${next} was told to publish is in the DNS alone; domain.verify was answered ${api.said(checked)}, and mail from there ${api.said(sent.exchange)}`,
      })
      await sendsNothing(kit, before, {
        expected,
        since: `after the records of another tenant had taken the place of its own`,
      })
    },
  }
}
