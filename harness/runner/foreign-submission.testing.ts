/**
 * For tests, a program: the submission service of somebody else, made of smtp-server and nodemailer. It signs what it takes and
 * relays it. `FAULTS` names what is wrong with it; its settings are variables of its environment, and it prints its ports. On the
 * one with STARTTLS it offers AUTH in clear, which smtp-server always does, and takes none.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'

type Fault =
  | 'takes-auth-in-clear'
  | 'relays-any-from'
  | 'never-throttles'
  | 'keeps-bcc'
  | 'keeps-return-paths'

const { ZONE = '', RELAY_HOST = '', RELAY_PORT = '', KEY = '', CERTIFICATE = '', FAULTS = '' } = process.env
const { SECRET = '' } = process.env
const has = (fault: Fault) => FAULTS.split(',').includes(fault)
const domain = `shop.${ZONE}`
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const relay = createTransport({
  ...{ host: RELAY_HOST, port: Number(RELAY_PORT), name: `smtp.${ZONE}`, pool: true },
  tls: { rejectUnauthorized: false },
  dkim: { domainName: domain, keySelector: 's1', privateKey: pem },
})

/** Wrong guesses of a source in a row that are looked at, and how long the next ones are put off: milliseconds. */
const most = 20
const window = 60_000
const failures = new Map<string, { count: number; last: number }>()

const settings: SMTPServerOptions = {
  ...{ key: KEY, cert: CERTIFICATE, minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20' },
  ...{
    allowInsecureAuth: has('takes-auth-in-clear'),
    disableReverseLookup: true,
    authMethods: ['PLAIN', 'LOGIN'],
  },
  onAuth({ username, password }, { remoteAddress }, done) {
    const { count, last } = failures.get(remoteAddress) ?? { count: 0, last: 0 }
    if (!has('never-throttles') && count >= most && Date.now() - last < window)
      return done(refusal(454, '4.7.0 try again later'))
    if (username === 'shop' && password === SECRET) return done(null, { user: 'shop' })
    failures.set(remoteAddress, { count: count + 1, last: Date.now() })
    done(refusal(535, '5.7.8 wrong'))
  },
  onMailFrom({ address }, _session, done) {
    done(isOwn(address) ? null : refusal(550, '5.7.1 not yours'))
  },
  onData(stream, session, done) {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const raw = Buffer.concat(chunks).toString('latin1')
      const [field, ...others] = fieldsOf(raw, 'from').map((value) => addressparser(value, { flatten: true }))
      const rightful = others.length === 0 && field?.length === 1 && isOwn(field[0]?.address ?? '')
      if (!rightful) return done(refusal(550, '5.7.1 not yours'))
      queue(raw, session)
      done(null)
    })
  },
}

function isOwn(address: string): boolean {
  return has('relays-any-from') || address.toLowerCase().endsWith(`@${domain}`)
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode })
}

/** A field ends where the next line begins without a blank. */
const field = /^([^\s:]+)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n/gm

function fieldsOf(raw: string, wanted: string): string[] {
  const [header = ''] = raw.split('\r\n\r\n', 1)
  const all = [...`${header}\r\n`.matchAll(field)]
  return all.flatMap(([, name = '', value = '']) => (name.toLowerCase() === wanted ? [value] : []))
}

function isDropped(name: string): boolean {
  return /^bcc$/i.test(name)
    ? !has('keeps-bcc')
    : /^(?:return-path|sender|errors-to)$/i.test(name) && !has('keeps-return-paths')
}

function queue(raw: string, { envelope }: SMTPServerSession): void {
  const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
  const at = raw.indexOf('\r\n\r\n') + 2
  const header = raw.slice(0, at).replace(field, (whole, name: string) => (isDropped(name) ? '' : whole))
  const text = header + raw.slice(at)
  for (const { address } of envelope.rcptTo)
    void deliver({ from, to: [address] }, Buffer.from(text, 'latin1'))
}

async function deliver(envelope: { from: string; to: string[] }, raw: Buffer): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const again = await relay.sendMail({ envelope, raw }).then(
      () => false,
      ({ responseCode = 400 }: { responseCode?: number }) => responseCode < 500,
    )
    if (!again) return
    await after(200)
  }
}

/** On a free port, which is the result. */
async function listen(secure: boolean): Promise<string> {
  const server = new SMTPServer({ ...settings, secure })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return String((listening.address() as AddressInfo).port)
}

const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64')
const text = (name: string, value: string) => ({ name, type: 'TXT', value })
const exports = {
  FOREIGN_STARTTLS: await listen(false),
  FOREIGN_IMPLICIT: await listen(true),
  FOREIGN_ZONE: ZONE,
}
const records = [
  text(domain, 'v=spf1 ip4:127.0.0.1 -all'),
  text(`smtp.${ZONE}`, 'v=spf1 ip4:127.0.0.1 -all'),
  text(`s1._domainkey.${domain}`, `v=DKIM1; k=rsa; p=${publicKey}`),
  text(`_dmarc.${domain}`, 'v=DMARC1; p=reject; psd=n'),
]
console.log(JSON.stringify({ exports, records }))
