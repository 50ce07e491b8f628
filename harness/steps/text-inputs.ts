import type { InputKind } from '../profile/operations/resource.ts'
import type { InputOf } from '../profile/operations.ts'

/** What of an input a caller writes as text, by what it is. */
export const textsOfKind = {
  mailbox: ['address', 'name'],
  mailboxes: ['address', 'name'],
  text: ['text'],
  texts: ['text'],
  time: ['text'],
  fields: ['names', 'values'],
  attachments: ['filename', 'contentType', 'contentId', 'content'],
  mime: ['content'],
  messages: [],
  object: [],
  number: [],
} as const satisfies Record<InputKind, readonly string[]>

/** Who meets a text with the corpora that concern it: checks, each with how the names of its variants begin; or why nobody does. */
type MetBy = Readonly<Record<string, string>> | { readonly nobody: string }

/** What a recipient’s address meets: line ends, what parsers read differently, and what its command makes of it. */
const recipient = (input: string) => ({
  'injection/crlf-address': `${input}, `,
  'injection/addr-diff': `${input}, `,
  'injection/smtp-envelope': `${input}, `,
})

/**
 * Every text of `message.send`: where a new one is added, the types ask for it here, and a test asks for the variants that meet it.
 * What is met elsewhere is not met again.
 */
export const textInputs: Readonly<Record<InputOf<'message.send'>, Readonly<Record<string, MetBy>>>> = {
  from: {
    address: {
      'access/sender-unverified': 'address ',
      'injection/crlf-address': 'from, ',
      'injection/smtp-envelope': 'from, ',
    },
    name: { 'injection/crlf-name': 'from, ' },
  },
  to: { address: recipient('to'), name: { 'injection/crlf-name': 'to, ' } },
  cc: { address: recipient('cc'), name: { 'injection/crlf-name': 'cc, ' } },
  bcc: { address: recipient('bcc'), name: { 'injection/crlf-elsewhere': 'name in bcc, ' } },
  // Nobody is written to at it: whoever may name it may name another one, in whatever syntax.
  replyTo: {
    address: { 'injection/crlf-address': 'replyTo, ' },
    name: { 'injection/crlf-name': 'replyTo, ' },
  },
  returnPath: { text: { 'access/envelope-override': 'returnPath, ' } },
  subject: { text: { 'injection/crlf-subject': 'HTTP, ' } },
  text: { text: { 'injection/crlf-mime': 'boundaries of another message, text' } },
  html: { text: { 'injection/crlf-mime': 'boundaries of another message, html' } },
  headers: {
    names: { 'injection/crlf-header': 'name ', 'injection/hdr-reserved': 'Bcc' },
    values: { 'injection/crlf-header': 'value of ' },
  },
  attachments: {
    filename: { 'injection/crlf-mime': 'file name, ' },
    contentType: { 'injection/crlf-mime': 'content type, ' },
    contentId: { 'injection/crlf-mime': 'content id, ' },
    content: { 'injection/crlf-mime': 'content type, boundary' },
  },
  template: { text: { 'injection/crlf-elsewhere': 'template, ' } },
  variables: {
    names: { nobody: 'they say where in a template a value goes, and stand in no message' },
    values: { 'injection/crlf-subject': 'template, ', 'injection/html-var': '' },
  },
  sendAt: { text: { 'injection/crlf-elsewhere': 'sendAt, ' } },
  tags: { text: { 'injection/crlf-elsewhere': 'tags, ' } },
  idempotencyKey: {
    text: { nobody: 'it stands in no message; access/idempotency-xtenant looks at what it does' },
  },
}
