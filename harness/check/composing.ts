import MailComposer from 'nodemailer/lib/mail-composer'
import type { Input } from '../api/api.ts'
import { isObject } from '../json.ts'
import type { InputOf } from '../profile/operations.ts'
import type { Submitted } from './submission.ts'

/** Inputs of `message.send` that we can write into a message ourselves, for a target that takes whole messages alone. */
const writable: readonly InputOf<'message.send'>[] = [
  ...(['from', 'to', 'cc', 'bcc', 'replyTo'] as const),
  ...(['subject', 'text', 'html', 'headers', 'attachments'] as const),
]

export function isWritable(input: InputOf<'message.send'>): boolean {
  return writable.includes(input)
}

/** The message as a mail program writes it. Throws TypeError for an input that none can write. */
export async function composed(input: Input & { readonly from: unknown }): Promise<Submitted> {
  const other = Object.keys(input).find((name) => !(writable as readonly string[]).includes(name))
  if (other !== undefined)
    throw new TypeError(`expected inputs that a message can hold; seen ${other}; ask for it by post.carries`)
  const { attachments, ...rest } = input
  const [from] = mailboxes(input.from)
  const [to, cc, bcc] = [mailboxes(input['to']), mailboxes(input['cc']), mailboxes(input['bcc'])]
  const raw = await new MailComposer({
    ...rest,
    ...{ from, to, cc, replyTo: mailboxes(input['replyTo']) },
    attachments: listed(attachments).map((each) => ({ ...(each as object), encoding: 'base64' })),
    ...{ newline: '\r\n', disableFileAccess: true, disableUrlAccess: true },
  })
    .compile()
    .build()
  return {
    from: from?.address ?? '',
    to: [...to, ...cc, ...bcc].map(({ address }) => address),
    raw: raw.toString('utf8'),
  }
}

function mailboxes(value: unknown): { readonly name: string; readonly address: string }[] {
  return listed(value).map((each) =>
    isObject(each)
      ? { name: String(each['name'] ?? ''), address: String(each['email'] ?? '') }
      : { name: '', address: String(each) },
  )
}

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
