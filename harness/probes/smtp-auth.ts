import { createHmac } from 'node:crypto'
import type { SmtpReply } from './smtp-replies.ts'

export type SaslMechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5' | 'XOAUTH2'

/**
 * One AUTH exchange (RFC 4954 §4): PLAIN (RFC 4616) and XOAUTH2 with an initial response, LOGIN and CRAM-MD5 (RFC 2195) by
 * challenges. Returns the last reply: 235 for success. Of PLAIN alone, `authzid` is whom to act for. What is shown in place of the lines holds no credentials.
 */
export async function authenticate(
  say: (line: string, shown: string) => Promise<SmtpReply>,
  mechanism: SaslMechanism,
  user: string,
  secret: string,
  authzid = '',
): Promise<SmtpReply> {
  switch (mechanism) {
    case 'PLAIN':
      return say(`AUTH PLAIN ${base64(`${authzid}\0${user}\0${secret}`)}`, 'AUTH PLAIN <credentials>')
    case 'XOAUTH2': {
      const initial = base64(`user=${user}\x01auth=Bearer ${secret}\x01\x01`)
      const reply = await say(`AUTH XOAUTH2 ${initial}`, 'AUTH XOAUTH2 <credentials>')
      // A refusal comes as a challenge, which an empty line answers.
      return reply.code === 334 ? say('', '') : reply
    }
    case 'LOGIN': {
      const name = await say('AUTH LOGIN', 'AUTH LOGIN')
      if (name.code !== 334) return name
      const password = await say(base64(user), '<user>')
      return password.code === 334 ? say(base64(secret), '<credentials>') : password
    }
    case 'CRAM-MD5': {
      const challenge = await say('AUTH CRAM-MD5', 'AUTH CRAM-MD5')
      if (challenge.code !== 334) return challenge
      const nonce = Buffer.from(challenge.lines[0] ?? '', 'base64')
      const digest = createHmac('md5', secret).update(nonce).digest('hex')
      return say(base64(`${user} ${digest}`), '<credentials>')
    }
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
