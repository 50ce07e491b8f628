import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { startRecordingTarget, withProfileFile } from '../api/recording-target.testing.ts'
import { plan } from '../runner/plan.ts'
import { readProfile, resolveProfile } from './profile.ts'

const folder = fileURLToPath(new URL('../../fixtures/targets/presets/', import.meta.url))

/** What a user has to give: the variables, and the hosts that have to be allowed. */
const given: Readonly<Record<string, { env: Record<string, string>; hosts: readonly string[] }>> = {
  mailgun: {
    env: { MAILGUN_API_KEY: 'key-1234', MAILGUN_DOMAIN: 'mg.shop.test' },
    hosts: ['api.mailgun.net'],
  },
  mailpit: { env: {}, hosts: [] },
  postmark: {
    env: { POSTMARK_SERVER_TOKEN: 'server-1234', POSTMARK_ACCOUNT_TOKEN: 'account-1234' },
    hosts: ['api.postmarkapp.com'],
  },
  resend: { env: { RESEND_API_KEY: 're_1234' }, hosts: ['api.resend.com', 'smtp.resend.com'] },
  sendgrid: { env: { SENDGRID_API_KEY: 'SG.1234' }, hosts: ['api.sendgrid.com', 'smtp.sendgrid.net'] },
  ses: {
    env: {
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
      AWS_REGION: 'eu-west-1',
    },
    hosts: ['email.eu-west-1.amazonaws.com'],
  },
}

const minimal = (preset: string, hosts: readonly string[]) =>
  `extends: preset:${preset}
${hosts.length === 0 ? '' : `authorization: { owner: QA, until: 2999-12-31, scope: [${hosts.join(', ')}] }`}
mail: { from: qa@shop.test, recipients: { route: relay } }
`

test('every preset is tried here', async () => {
  expect((await readdir(folder)).sort()).toEqual(Object.keys(given).map((name) => `${name}.yaml`))
})

test.each(Object.entries(given))('%s is a sound profile with what a user gives', async (preset, given) => {
  await withProfileFile(minimal(preset, given.hosts), async (file) => {
    const profile = await resolveProfile(await readProfile(file), given.env)
    const hosts = [new URL(profile.target.url).hostname, profile.mail.submission?.host ?? []].flat()
    expect(hosts).toEqual(given.hosts.length === 0 ? ['127.0.0.1'] : given.hosts)
    expect([...(profile.operations['message.send']?.inputs ?? [])]).toEqual(
      expect.arrayContaining([
        'to',
        'cc',
        'bcc',
        'replyTo',
        'subject',
        'text',
        'html',
        'headers',
        'attachments',
      ]),
    )
  })
})

test.each(Object.entries(given))('a plan of %s sends nothing', async (preset, { env }) => {
  const target = await startRecordingTarget(() => ({}))
  const said: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line))
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  try {
    const yaml = `extends: preset:${preset}
target: { url: '${target.url}' }
mail: { from: qa@shop.test, recipients: { route: relay }, submission: null }
`
    await withProfileFile(yaml, async (file) => expect(await plan({ target: file })).toBe(0))
  } finally {
    vi.unstubAllEnvs()
    log.mockRestore()
    await target.close()
  }
  expect(said.join('\n')).toContain(target.url)
  expect(said.join('\n')).toContain('nothing was sent')
  expect(target.requests).toEqual([])
})

test.each(Object.entries(given).filter(([, { hosts }]) => hosts.length > 0))(
  '%s is not tested without a permission',
  async (preset, { env }) => {
    await withProfileFile(minimal(preset, []), async (file) => {
      const document = await readProfile(file)
      await expect(resolveProfile(document, env)).rejects.toThrow('authorization {owner, until, scope}')
    })
  },
)

test.each(Object.keys(given).filter((name) => name !== 'mailpit'))(
  'the secrets of %s are known as such',
  async (preset) => {
    const { env = {}, hosts = [] } = given[preset] ?? {}
    await withProfileFile(minimal(preset, hosts), async (file) => {
      const { secrets } = await resolveProfile(await readProfile(file), env)
      const open = ['MAILGUN_DOMAIN', 'AWS_REGION']
      expect(new Set(secrets.map(({ name }) => name))).toEqual(
        new Set(Object.keys(env).filter((name) => !open.includes(name))),
      )
    })
  },
)

test('mailpit.yaml keeps the operations of its preset, each with a caller', async () => {
  const { data } = await readProfile(path.join(folder, '../mailpit.yaml'))
  expect(Object.entries(data.operations).map(([name, { as }]) => [name, as])).toEqual([
    ['message.send', 'sender'],
    ['message.get', 'admin'],
    ['message.list', 'admin'],
    ['analytics.get', 'admin'],
  ])
})
