import type { As, References } from '../api/api.ts'
import { storeTemplate } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery, Exchange } from '../model.ts'
import { readMail } from '../probes/mail.ts'
import { traceOf } from '../probes/traces.ts'
import { saysWhose } from './trials.ts'

/** What became of a message made of a template. */
export interface TemplateMail {
  readonly to: string
  /** The call, and the message where it was delivered, for a claim. */
  readonly shown: { readonly of: Exchange; readonly mail?: Delivery }
  /** `null` where the target stopped it. */
  readonly html: string | null
}

export interface StoredTemplate {
  /** The same by somebody else, who may refer to the tenant of another; what became of it nobody has looked at. */
  sendAs(as: As, references?: References): Promise<Sent>
  /** A message made of it, to an address that nobody had before. */
  send(variables: Readonly<Record<string, string>>): Promise<TemplateMail>
}

/** Mail can be made of a template, and looked at. */
export function mailsTemplates(api: Kit['api']): boolean {
  return api.has('template.create', 'html') && api.has('message.send', 'template') && seesMail(api.profile)
}

/** A guard: stores a template with this HTML. */
export async function templateMail(
  { api, mailbox, post, verify }: Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'>,
  html: string,
): Promise<StoredTemplate> {
  const template = await storeTemplate(
    { api, mailbox, verify },
    { subject: 'Hello', text: 'Dear {{ name }}', html },
  )
  const made = async (
    variables: Readonly<Record<string, string>>,
    as?: As,
    references?: References,
  ): Promise<Sent> => {
    const to = mailbox.address('reader')
    return post.of(to, await api.call('message.send', { to, template, variables }, as, references))
  }
  return {
    sendAs: (as, references) => made({}, as, references),
    async send(variables) {
      const { to, exchange, arrivedUnlessStopped } = await made(variables)
      const mail = await arrivedUnlessStopped()
      return mail === null
        ? { to, shown: { of: exchange }, html: null }
        : { to, shown: { of: exchange, mail }, html: (await readMail(mail.raw)).html }
    },
  }
}

/**
 * A verdict: no mail is made of another tenant's template, neither in the attacker's own name nor, where the call says whose it
 * is, in its owner's.
 */
export async function notMadeOfForeignTemplates(kit: Kit, attacker: string): Promise<void> {
  const { api, mailbox, post, verify } = kit
  verify.applies(
    !api.profile.shared.includes('template'),
    'all tenants share every template, as the profile says',
  )
  const secret = mailbox.canary()
  const { sendAs } = await templateMail(kit, `<p>${secret}</p>`)
  await (await post.send({}, attacker)).delivered()
  const victim = api.profile.operations['message.send']?.as ?? attacker
  const asked = { operation: 'message.send' as const, input: { to: mailbox.address(), template: secret } }
  const names = (await saysWhose(api, asked, attacker)) ? [attacker, victim] : [attacker]
  const sent = await Promise.all(names.map((name) => sendAs(attacker, { refersTo: name })))
  await notMadeOf(kit, secret, sent, 'another tenant')
}

/** A verdict: none of these messages, of a template that is not their sender's, holds its text. */
export async function notMadeOf(
  { verify }: Pick<Kit, 'verify'>,
  text: string,
  messages: readonly Sent[],
  whose: string,
): Promise<void> {
  for (const sent of messages) {
    const copy = await sent.arrivedUnlessStopped()
    const trace = copy === null ? null : await traceOf(text, copy.raw)
    verify.that(trace === null, {
      ...{ of: sent.exchange, mail: copy ?? undefined, around: trace?.around },
      expected: `no mail made of a template of ${whose}`,
      actual: `the message holds the text of a template of ${whose}`,
    })
  }
}
