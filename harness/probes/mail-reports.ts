/** Reports about mail as servers send them: whole messages, with CR LF. */

interface About {
  /** Whom the report comes to: a return path. */
  readonly to: string
  /** Whose mail it is about. */
  readonly recipient: string
  /** Of letters, digits and hyphens. */
  readonly id: string
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)

const head = ({ to, recipient, id }: About, subject: string, ...more: readonly string[]) => [
  `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
  `From: Mail Delivery Subsystem <mailer-daemon@${domainOf(recipient)}>`,
  `To: <${to}>`,
  `Subject: ${subject}`,
  `Message-ID: <${id}@${domainOf(recipient)}>`,
  'MIME-Version: 1.0',
  ...more,
]

const inLines = (...lines: readonly string[]) => [...lines, ''].join('\r\n')

function report(
  about: About,
  type: string,
  subject: string,
  words: string,
  fields: readonly string[],
): string {
  const { recipient, id } = about
  const boundary = `report-${id}`
  return inLines(
    ...head(
      about,
      subject,
      `Content-Type: multipart/report; report-type=${type}; boundary="${boundary}"`,
      'Auto-Submitted: auto-replied',
    ),
    ...['', `--${boundary}`, 'Content-Type: text/plain; charset=us-ascii', '', words],
    ...['', `--${boundary}`, `Content-Type: message/${type}`, '', ...fields],
    ...['', `--${boundary}`, 'Content-Type: text/rfc822-headers', '', `To: <${recipient}>`, 'Subject: Hello'],
    ...['', `--${boundary}--`],
  )
}

const statusFields = ({ recipient }: About, action: string, status: string, said: string) => [
  ...[`Reporting-MTA: dns; mx.${domainOf(recipient)}`, ''],
  ...[`Original-Recipient: rfc822;${recipient}`, `Final-Recipient: rfc822; ${recipient}`],
  ...[`Action: ${action}`, `Status: ${status}`, `Diagnostic-Code: smtp; ${said}`],
]

/** RFC 3464: a mailbox that is not there. */
export function failedDelivery(about: About): string {
  const said = '550 5.1.1 no such user here'
  const words = `Your message to <${about.recipient}> could not be delivered: ${said}`
  return report(about, 'delivery-status', 'Undelivered Mail Returned to Sender', words, [
    ...statusFields(about, 'failed', '5.1.1', said),
  ])
}

/** RFC 3464: it is still tried. */
export function delayedDelivery(about: About): string {
  const words = `Your message to <${about.recipient}> is delayed and will be tried again.`
  return report(about, 'delivery-status', 'Delayed Mail (still being retried)', words, [
    ...statusFields(about, 'delayed', '4.4.1', '451 4.4.1 connection timed out'),
  ])
}

/** RFC 5965: a reader calls it spam. */
export function complaint(about: About): string {
  return report(about, 'feedback-report', 'Abuse report', 'This is an email abuse report.', [
    ...['Feedback-Type: abuse', 'User-Agent: feedback/1.0', 'Version: 1'],
    ...[`Original-Rcpt-To: <${about.recipient}>`, `Removal-Recipient: <${about.recipient}>`],
  ])
}

/** As servers without RFC 3464 say it. */
export function failureInWords(about: About): string {
  return inLines(
    ...head(about, 'failure notice', 'Content-Type: text/plain; charset=us-ascii'),
    '',
    'Hi. This is the mail server. I was not able to deliver your message to these addresses:',
    ...['', `<${about.recipient}>:`, `550 5.1.1 <${about.recipient}>: user unknown`],
  )
}

/** RFC 3834: a reader who is away. */
export function answerOfAbsence({ to, recipient, id }: About): string {
  return inLines(
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    ...[`From: <${recipient}>`, `To: <${to}>`, 'Subject: Out of office', `Message-ID: <${id}@away>`],
    ...['MIME-Version: 1.0', 'Content-Type: text/plain; charset=us-ascii', 'Auto-Submitted: auto-replied'],
    ...['', 'I am away until Monday.'],
  )
}
