/** A whole message, with CR LF, as services send it to prove that somebody reads an address. */
export function verificationMail(mail: {
  readonly from: string
  readonly to: string
  readonly code: string
  /** Of letters, digits and hyphens. */
  readonly id: string
}): string {
  const { from, to, code, id } = mail
  return [
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    ...[`From: Sign-up <${from}>`, `To: <${to}>`, `Subject: Your verification code is ${code}`],
    `Message-ID: <${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    ...['MIME-Version: 1.0', 'Content-Type: text/plain; charset=us-ascii', 'Auto-Submitted: auto-generated'],
    ...['', 'Somebody signs up with this address. If it is you, enter this code:', '', code, ''],
  ].join('\r\n')
}
