import { Unavailable, UsageError } from '../obstacles.ts'
import { hostOf } from '../profile/authorization.ts'
import type { Profile } from '../profile/profile.ts'
import { createRedactor } from '../profile/redact.ts'
import { type MailboxAddress, mailpitAt, mailpitProblem } from '../sandbox/mailpit.ts'
import type { Driver } from './driver.ts'

/** A target that is already running, with a mailbox of its own or without: nothing is started, nothing is stopped. */
export function externalDriver(profile: Profile): Driver {
  const { redact } = createRedactor(profile.secrets)
  const mailbox = mailboxOf(profile, redact)
  const place = redact(mailbox?.url ?? '')
  const client = mailbox === null ? null : mailpitAt(mailbox)
  return {
    name: 'external',
    async ground() {
      if (mailbox === null || client === null) return {}
      const problem = await mailpitProblem(client)
      if (problem !== null) throw new Unavailable(`expected a Mailpit at ${place}; ${problem}`)
      return { mailbox, behindTarget: profile.mail.recipients?.route === 'mailpit' }
    },
    up: async () => ({ id: 'external', exports: {} }),
    down: async () => {},
    log: () => null,
    async lost() {
      const problem = client === null ? null : await mailpitProblem(client)
      return problem === null ? null : `the mailbox at ${place} is lost: ${problem}`
    },
    close: async () => {},
  }
}

function mailboxOf({ sandbox, ca }: Profile, redact: (text: string) => string): MailboxAddress | null {
  const { url, username, password, smtp } = sandbox?.mailpit ?? {}
  if (url === undefined) return null
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new UsageError(
      `sandbox.mailpit.url: expected an http or https URL; seen ${redact(JSON.stringify(url))}; correct it`,
    )
  return {
    url,
    smtp: smtp === undefined ? null : hostOf(smtp),
    ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
    ...(ca === null ? {} : { ca: [ca] }),
  }
}
