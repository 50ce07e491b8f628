import { storeTemplate } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Sent } from '../check/post.ts'
import type { Delivery, Exchange } from '../model.ts'
import { readMail } from '../probes/mail.ts'

/** What became of a message made of a template. */
export interface TemplateMail {
  readonly to: string
  /** The call, and the message where it was delivered, for a claim. */
  readonly shown: { readonly of: Exchange; readonly mail?: Delivery }
  /** `null` where the target stopped it. */
  readonly html: string | null
}

export interface StoredTemplate {
  /** The same by another principal; what became of it nobody has looked at. */
  sendAs(principal: string): Promise<Sent>
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
  const made = async (variables: Readonly<Record<string, string>>, as?: string): Promise<Sent> => {
    const to = mailbox.address('reader')
    return post.of(to, await api.call('message.send', { to, template, variables }, as))
  }
  return {
    sendAs: (principal) => made({}, principal),
    async send(variables) {
      const { to, exchange, arrivedUnlessStopped } = await made(variables)
      const mail = await arrivedUnlessStopped()
      return mail === null
        ? { to, shown: { of: exchange }, html: null }
        : { to, shown: { of: exchange, mail }, html: (await readMail(mail.raw)).html }
    },
  }
}
