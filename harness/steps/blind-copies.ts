import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { customHeadersThatArrive } from './custom-headers.ts'

interface Reader {
  readonly name: 'to' | 'cc' | 'first' | 'second'
  readonly email: string
}

/** A message with two blind recipients, and who must receive a copy of it; one reader alone may be refused. */
export interface BlindCopy {
  readonly name: string
  readonly readers: readonly Reader[]
  readonly blind: readonly Reader[]
  send(): Promise<Sent>
  /** Lower than a check's own, where the caller wrote the field himself: RFC 5322 §3.6.3 leaves it to whoever composes. */
  readonly severity: 'low' | undefined
}

/** By `bcc`, and by custom header fields that name them, where callers may give these; by SMTP, where there is a service. */
export function waysToCopyBlindly({ api, mailbox, post, profile, submission, verify }: Kit): BlindCopy[] {
  const reader = (name: Reader['name']): Reader => ({ name, email: mailbox.address(name) })
  const blindly = (): [Reader, Reader] => [reader('first'), reader('second')]
  const emails = (readers: readonly Reader[]) => readers.map(({ email }) => email)

  const byInput = (): BlindCopy => {
    const [to, blind] = [reader('to'), blindly()]
    const cc = api.has('message.send', 'cc') ? [reader('cc')] : []
    return {
      ...{ name: 'bcc', readers: [to, ...cc, ...blind], blind, severity: undefined },
      send: () =>
        post.send({
          to: to.email,
          bcc: emails(blind),
          ...(cc.length === 0 ? {} : { cc: emails(cc) }),
        }),
    }
  }
  let custom: Promise<unknown> | null = null
  const byHeader = (header: string): BlindCopy => {
    const [to, blind] = [reader('to'), blindly()]
    return {
      ...{ name: `custom header ${JSON.stringify(header)}`, readers: [to], blind, severity: 'low' },
      async send() {
        custom ??= customHeadersThatArrive({ post, verify })
        await custom
        return post.send({ to: to.email, headers: { [header]: emails(blind).join(', ') } })
      },
    }
  }
  const bySubmission = (): BlindCopy => {
    const [to, blind] = [reader('to'), blindly()]
    return {
      ...{ name: 'a Bcc field by SMTP', readers: [to, ...blind], blind, severity: 'low' },
      async send() {
        const { from } = profile.mail
        const fields = [`From: <${from}>`, `To: <${to.email}>`, 'Subject: Minutes']
        const raw = [...fields, `Bcc: ${emails(blind).join(', ')}`, '', 'Attached.', ''].join('\r\n')
        return post.submit({ to: [to.email, ...emails(blind)], raw })
      },
    }
  }
  return [
    ...(api.has('message.send', 'bcc') ? [byInput()] : []),
    ...(api.has('message.send', 'headers') ? ['Bcc', 'bCC', 'Bcc ', 'Resent-Bcc'].map(byHeader) : []),
    ...(submission.ports.length === 0 ? [] : [bySubmission()]),
  ]
}
