import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  MailpitClient,
  type MailpitConfigurationResponse,
  type MailpitLinkCheckResponse,
  type MailpitMessageSummaryResponse,
} from 'mailpit-api'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailpitThatIsThere } from '../../fixtures/targets/mailpit-binary.ts'
import { testWith } from '../runner/parts.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { type Mailbox, startMailbox } from '../sandbox/mailbox.ts'
import { startMailpit } from '../sandbox/real-mailpit.ts'
import { examined as examinedBy } from './mailpit-tools.ts'

type Running = Pick<Mailbox, 'url' | 'smtp' | 'close'>

const binary = await mailpitThatIsThere().catch(() => null)
const testMailpit = testWith('mailpit', binary === null ? 'no Mailpit' : null)
const hosts = ['links.invalid']
const html = '<p style="position: fixed">An <a href="https://links.invalid/offer">offer</a></p>'

async function examined({ url, smtp }: Running, message: { html?: string; text?: string }) {
  const to = `reader-${Math.random().toString(36).slice(2)}@example.test`
  await createTransport({ ...smtp, ignoreTLS: true }).sendMail({
    from: 'a@example.test',
    to,
    subject: 'Offer',
    ...message,
  })
  return examinedBy(new MailpitClient(url), hosts, to)
}

test('the embedded mailbox has no such tools, and says nothing', async () => {
  const mailbox = await startMailbox()
  expect(await examined(mailbox, { html })).toEqual([])
  await mailbox.close()
})

describe('a real Mailpit', () => {
  let mailpit: Running | undefined
  beforeAll(async () => {
    if (binary !== null) mailpit = await startMailpit(binary)
  })
  afterAll(() => mailpit?.close())
  const running = () => {
    if (mailpit === undefined) throw new Error('no Mailpit')
    return mailpit
  }

  testMailpit('tells which mail clients show the HTML, and what became of the links', async () => {
    const [compatibility, links, ...more] = await examined(running(), { html, text: 'An offer' })
    expect(compatibility).toMatch(
      /^Mailpit, HTML check: of what this HTML uses, \d+ % is supported, \d+ % partly, \d+ % not; \d+ tests\nposition: .+; not by .+ and \d+ more/,
    )
    expect(links).toMatch(/^Mailpit, link check: 1 of 1 links failed\n0 .*: https:\/\/links\.invalid\/offer$/)
    expect(more).toEqual([])
  })

  testMailpit('is not asked for links where one of them leads elsewhere', async () => {
    const [, links] = await examined(running(), { html: `${html}<img src="http://10.0.0.1/">` })
    expect(links).toBe(
      'Mailpit was not asked to check the links: http://10.0.0.1/ leads elsewhere than links.invalid',
    )
  })

  testMailpit('says nothing of HTML where there is none', async () => {
    expect(await examined(running(), { text: 'Hello' })).toEqual(['Mailpit, link check: 0 of 0 links failed'])
  })
})

const spamd = await spamdThatIsThere()
const missing = spamd === null ? 'no spamd' : binary === null ? 'no Mailpit' : null

testWith('spamd', missing)('a real SpamAssassin tells score and rules, and why it does not', async () => {
  const assassin = await startSpamd(spamd ?? '')
  const mailpit = await startMailpit(binary, ['--enable-spamassassin', `127.0.0.1:${assassin.port}`])
  const [, , said] = await examined(mailpit, { html })
  expect(said).toMatch(/^Mailpit, SpamAssassin: -?[\d.]+ points, no spam\n(-?[\d.]+ \w+: .+\n?)+$/)
  expect(said).toMatch(/^0 HTML_MESSAGE: /m)
  await assassin.close()
  const [, , silent] = await examined(mailpit, { html })
  expect(silent).toMatch(/^Mailpit could not ask SpamAssassin: /)
  await mailpit.close()
})

describe('a mailbox that is hostile or broken', () => {
  const client = {
    getConfiguration: async () => ({ SpamAssassin: true }) as MailpitConfigurationResponse,
    waitForMessage: async () => ({ ID: '1', HTML: html, Text: '' }) as MailpitMessageSummaryResponse,
    htmlCheck: () => Promise.reject(new Error('broken')),
    linkCheck: async () => ({ Errors: 0, Links: null }) as unknown as MailpitLinkCheckResponse,
    spamAssassinCheck: async () => ({
      Error: '',
      IsSpam: true,
      Score: 7,
      Rules: [{ Name: '\x1b[2J', Description: 'x'.repeat(1000), Score: 7 }],
    }),
  }

  test('a tool that fails says nothing, and what the others say is bounded', async () => {
    expect(await examinedBy(client, hosts, 'a@example.test')).toEqual([
      'Mailpit, link check: 0 of 0 links failed',
      `Mailpit, SpamAssassin: 7 points, spam\n7 \x1b[2J: ${'x'.repeat(200)}…`,
    ])
  })

  test.each([
    ['https://links.invalid.evil.example.com/'],
    ['https://links.invalid@evil.example.com/'],
    ['https://links.invalid:22/'],
    ['https://links.invalid\\@evil.example.com/'],
    ['http://localhost/'],
    ['http://[::1]/'],
    ['https:&#47;&#47;evil.example.com'],
  ])('no link check for a message with %s', async (url) => {
    const waitForMessage = async () =>
      ({ ID: '1', HTML: `<a href="${url}">x</a>`, Text: '' }) as MailpitMessageSummaryResponse
    const linkCheck = () => Promise.reject(new Error('it was asked'))
    const texts = await examinedBy({ ...client, waitForMessage, linkCheck }, hosts, 'a@example.test')
    expect(texts[0]).toMatch(/^Mailpit was not asked to check the links: /)
  })
})

async function spamdThatIsThere(): Promise<string | null> {
  for (const path of ['/usr/sbin/spamd', '/usr/bin/spamd', '/usr/local/bin/spamd'])
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  return null
}

/** SpamAssassin by its own rules alone: it asks nobody. */
async function startSpamd(program: string) {
  const [folder, port] = await Promise.all([mkdtemp(join(tmpdir(), 'postern-spamd-')), freePort()])
  const place = ['--listen', `127.0.0.1:${port}`, '--helper-home-dir', folder]
  const flags = [...place, '--local', '--nouser-config', '--max-children', '1', '--syslog', 'stderr']
  const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const line of createInterface(child.stderr)) if (line.includes('server started')) break
  return {
    port,
    async close() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}
