import { randomBytes } from 'node:crypto'
import { type HandOver, type Line, type Mail, soundly, stuffed, upToData } from './relay.ts'

const megabyte = 1024 * 1024

/** The message with another text, else as it should be. */
const changed =
  (change: (text: string, mail: Mail) => string): HandOver =>
  (mail, dial) =>
    soundly({ ...mail, raw: Buffer.from(change(mail.raw.toString('latin1'), mail), 'latin1') }, dial)

/** The same with whatever bytes after DATA. */
const content =
  (bytes: (mail: Mail) => string | Buffer, end = '.'): HandOver =>
  async (mail, dial) => {
    const line = await dial()
    await upToData(line, mail)
    await line.write(bytes(mail))
    await line.ask(end)
    line.end()
  }

/** Beside the message, which arrives as it should: something that never does. */
const beside =
  (act: (line: Line, mail: Mail, dial: () => Promise<Line>) => Promise<unknown>): HandOver =>
  async (mail, dial) => {
    const line = await dial()
    act(line, mail, dial).catch(() => {})
    await soundly(mail, dial)
  }

const header = (fields: string) => changed((text) => fields + text)

/** A message within a message, so many levels deep, around the one that was to be sent. */
function deepMime(text: string, levels: number): string {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const opening = Array.from(
    { length: levels },
    (_, i) => `--b${i}\r\nContent-Type: multipart/mixed; boundary=b${i + 1}\r\n\r\n`,
  )
  const type = 'Content-Type: multipart/mixed; boundary=b0'
  return `${head.replace(/^content-type:.*(?:\r\n[ \t].*)*/im, type)}\r\n\r\n${opening.join('')}--b${levels}\r\n\r\n${body}\r\n--b${levels}--\r\n`
}

const attachment = '--b0\r\nContent-Disposition: attachment; filename="../../x"\r\n\r\nx\r\n'

/** What an MTA can do to the exchangers of the sandbox. */
export const mailFaults: Readonly<Record<string, HandOver>> = {
  'a header line of 100 kB': header(`X-Long: ${'x'.repeat(100_000)}\r\n`),
  'a header line of 5 MB': header(`X-Long: ${'x'.repeat(5 * megabyte)}\r\n`),
  'ten thousand header fields': header('X-More: x\r\n'.repeat(10_000)),
  'a body line of 5 MB': changed((text) => `${text}${'x'.repeat(5 * megabyte)}\r\n`),
  'bytes that are no text, in the header': header('X-Bytes: \xff\xfe\x80\x00\x1b[2J\x9b\r\nX\x80: y\r\n'),
  'header lines that are none': header('no field at all\r\n: nameless\r\n'),
  'controls of terminals in Subject': changed((text) =>
    text.replace(/^Subject: /m, 'Subject: \x1b]0;owned\x07\x1b[2J\x9b31m'),
  ),
  'encoded words without end': header(`X-Word: ${'=?utf-8?q?=?utf-8?b?'.repeat(50_000)}\r\n`),
  'ten thousand addresses in To': changed((text) =>
    text.replace(/^To: /m, `To: ${'"a" <a@x.example>,\r\n '.repeat(10_000)}`),
  ),
  'comments nested 50,000 deep in From': changed((text) =>
    text.replace(/^From: /m, `From: ${'('.repeat(50_000)}`),
  ),
  'dots that were not doubled': content(({ raw }) => `${raw.toString('latin1')}\r\n.hidden\r\n..\r\n`),
  'dots doubled twice': content(({ raw }) => stuffed(stuffed(raw))),
  'line feeds for line ends': changed((text) => text.replaceAll('\r\n', '\n')),
  'carriage returns for line ends': changed((text) => text.replaceAll('\r\n', '\r')),
  'an end of data that is half one': content(
    ({ raw }) => `${stuffed(raw).toString('latin1')}\n.\nMAIL FROM:<smuggled@x.example>\n.\r`,
  ),
  'NULs in the body': changed((text) => `${text}${'\0'.repeat(100_000)}\r\n`),
  'a header alone': changed((text) => text.split('\r\n\r\n')[0] ?? ''),
  'nothing at all after DATA': content(() => ''),
  'MIME 200 levels deep': changed((text) => deepMime(text, 200)),
  'MIME 20,000 levels deep': changed((text) => deepMime(text, 20_000)),
  'ten thousand attachments': changed((text) =>
    deepMime(text, 0).replace(/--b0--/, `${attachment.repeat(10_000)}--b0--`),
  ),
  'fifty thousand links': changed((text) =>
    text.replace(/<\/body>|$/, '<a href="https://x.example/">x</a>\r\n'.repeat(50_000)),
  ),
  'base64 that is none': changed((text) =>
    text.replace(/^Content-Transfer-Encoding:.*/gim, 'Content-Transfer-Encoding: base64'),
  ),
  'a character set that nobody knows': changed((text) =>
    text.replace(/charset="?[\w-]+"?/gi, 'charset=x-nobody'),
  ),
  'every message fifty times': async (mail, dial) => {
    for (let i = 0; i < 50; i++) await soundly(mail, dial)
  },
  'a mail of 60 MB beside': beside(async (line, mail) => {
    await upToData(line, mail)
    for (let i = 0; i < 60; i++) await line.write(Buffer.alloc(megabyte, 'x'))
    await line.ask('\r\n.')
    line.end()
  }),
  'mails of 9 MB beside': beside(async (line, mail) => {
    await upToData(line, mail)
    await line.write(Buffer.alloc(9 * megabyte, `${'x'.repeat(70)}\r\n`))
    await line.ask('\r\n.')
    line.end()
  }),
  'DATA that never ends': beside(async (line, mail) => {
    await upToData(line, mail)
    await line.flood(`${'x'.repeat(70)}\r\n`.repeat(900))
  }),
  'a command that never ends': beside((line) => line.flood('EHLO'.repeat(16_000))),
  'commands that never end': beside((line) => line.flood('NOOP\r\n'.repeat(4000))),
  'commands of bytes that are no text': beside(async (line) => {
    for (let i = 0; i < 200 && !line.gone; i++)
      await line.write(Buffer.concat([randomBytes(300), Buffer.from('\r\n')]))
  }),
  'five thousand recipients': beside(async (line, mail) => {
    const to = Array.from({ length: 5000 }, (_, i) => `n${i}-${mail.to[0]}`)
    await upToData(line, { from: mail.from, to })
    await line.write(stuffed(mail.raw))
    await line.ask('.')
    line.end()
  }),
  'a session in one piece': async ({ from, to, raw }, dial) => {
    const line = await dial()
    const commands = ['EHLO x', `MAIL FROM:<${from}>`, ...to.map((each) => `RCPT TO:<${each}>`), 'DATA']
    await line.write(`${commands.join('\r\n')}\r\n${stuffed(raw).toString('latin1')}.\r\nQUIT\r\n`)
    while ((await line.ask('NOOP')) !== '');
  },
  'a thousand sessions at once': beside(async (_, __, dial) => {
    await Promise.all(Array.from({ length: 40 }, dial))
  }),
  'silence instead of a message': beside((line, mail) => upToData(line, mail)),
  'reset in a message': beside(async (line, mail) => {
    await upToData(line, mail)
    await line.write(mail.raw.subarray(0, 100))
    line.reset()
  }),
  'garbage for TLS': beside(async (line) => {
    await line.ask('EHLO x')
    await line.ask('STARTTLS')
    await line.write(randomBytes(5000))
  }),
  'commands sent along with STARTTLS': beside(async (line) => {
    await line.ask('EHLO x')
    await line.ask('STARTTLS\r\nMAIL FROM:<x@x.example>\r\nRCPT TO:<x@x.example>')
  }),
}
