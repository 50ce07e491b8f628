import { storeTemplate } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import { sendLater } from '../check/later.ts'
import type { Sent } from '../check/post.ts'
import { corpus, type Input, templates, usualLineEnds } from '../probes/corpora.ts'

/**
 * A text of a message that need not stand in its header, and does where the target makes fields of it by itself: for its own workers,
 * for statistics, for `sendmail -t`.
 */
export interface HeaderText {
  readonly name: 'tags' | 'sendAt' | 'template' | 'name in bcc'
  /** A message with a benign text there, or with that and what is `broken`. */
  send(broken?: string): Promise<Sent>
  readonly breaks: readonly { readonly name: string; spell(hidden: string): string }[]
}

/** Those that the profile carries. */
export function headerTexts(kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'>): HeaderText[] {
  const { api, mailbox, post } = kit
  const ways: readonly (HeaderText & { readonly declared: boolean })[] = [
    {
      ...{ name: 'tags', declared: api.has('message.send', 'tags'), breaks: atLineEnds(corpus('eol')) },
      send: (broken = '') => post.send({ tags: [`invoice${broken}`] }),
    },
    {
      ...{ name: 'sendAt', declared: api.has('message.send', 'sendAt'), breaks: atLineEnds(usualLineEnds()) },
      send: (broken = '') => sendLater((at) => post.send({ sendAt: at + broken })),
    },
    {
      ...{ name: 'template', breaks: atLineEnds(usualLineEnds()), send: sendingTemplates(kit) },
      declared:
        api.has('template.create') &&
        api.has('message.send', 'template') &&
        api.has('message.send', 'variables'),
    },
    {
      ...{ name: 'name in bcc', declared: api.has('message.send', 'bcc') },
      send: (broken = '') => post.send({ bcc: { email: mailbox.address('bcc'), name: `Ann${broken}` } }),
      breaks: [
        ...atLineEnds(usualLineEnds()),
        ...templates('display-names').map(({ name, fill }) => ({
          name,
          spell: (hidden: string) => fill({ hidden }),
        })),
      ],
    },
  ]
  return ways.filter(({ declared }) => declared).map(({ declared: _, ...text }) => text)
}

/** Another field or two, and a body, at each line end. */
function atLineEnds(ends: readonly Input[]): HeaderText['breaks'] {
  return ends.map(({ name, value: eol }) => ({
    name,
    spell: (hidden) => ['', `Bcc: <${hidden}>`, `Cc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol),
  }))
}

/** The id of a template goes as it came, which may be no text, where nothing follows it. */
function sendingTemplates({
  api,
  mailbox,
  post,
  verify,
}: Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'>): HeaderText['send'] {
  let stored: Promise<unknown> | null = null
  const content = { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
  return async (broken = '') => {
    stored ??= storeTemplate({ api, mailbox, verify }, content)
    const id = await stored
    const to = mailbox.address()
    const template = broken === '' ? id : `${id}${broken}`
    return post.of(to, await api.call('message.send', { to, template, variables: {} }))
  }
}
