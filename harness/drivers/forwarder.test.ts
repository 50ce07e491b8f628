import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Outcome } from '../model.ts'
import type { ProfileData } from '../profile/shape.ts'
import { testWith } from '../runner/parts.testing.ts'
import { halvesOf } from '../sandbox/address-range.ts'
import { root } from '../tree.ts'
import { engine, inventory, mailpit, runsOf } from './containers.testing.ts'
import { connectEngine } from './containers-engine.ts'
import { isToldOfNameserver, wantsForwarder } from './forwarder.ts'

vi.setConfig({ testTimeout: 0 })

const { NODE_IMAGE: node = 'node:26-slim', FORWARDER_IMAGE: forwarder, MTA_IMAGE: mta } = process.env
const missing = mta === undefined ? 'no image with Node and Postfix (MTA_IMAGE)' : null
const mtaTest = testWith('docker', engine === null ? 'no Docker engine' : missing)

const withSettings = (route: 'mx' | 'relay', value: string, sandbox: ProfileData['sandbox'] = {}) =>
  ({
    target: { url: '', container: { ports: [], environment: { SETTING: value } } },
    mail: { from: 'a@b.test', recipients: { route } },
    sandbox,
  }) as unknown as ProfileData

test.each([
  ['mx', 'nothing', {}, true],
  ['mx', `\${sandbox:dns}`, {}, true],
  ['mx', `\${sandbox:egress}`, {}, false],
  ['mx', `\${sandbox:egress}`, { forwarder: {} }, true],
  ['relay', 'nothing', {}, false],
  ['relay', 'nothing', { forwarder: {} }, false],
] as const)('route %s, told of %s, %o: wants a forwarder is %s', (route, value, sandbox, wanted) => {
  expect(wantsForwarder(withSettings(route, value, sandbox))).toBe(wanted)
})

test('who is told where to ask for names is left its resolver', () => {
  const told = [`\${sandbox:dns}`, `\${sandbox:ca}`].map((value) =>
    isToldOfNameserver(withSettings('mx', value)),
  )
  expect(told).toEqual([true, false])
})

testWith('docker', engine === null ? 'no Docker engine' : null)(
  'containers of a network that spares addresses get none of them',
  async () => {
    const connected = await connectEngine()
    try {
      const { name, spare } = await connected.createNetwork({ sparing: true })
      const { IPAM } = (await connected.client.container.dockerode.getNetwork(name).inspect()) as {
        IPAM: { Config: { Subnet: string; IPRange: string }[] }
      }
      const [{ Subnet = '', IPRange = '' } = {}] = IPAM.Config
      expect(halvesOf(Subnet)).toEqual([IPRange, spare])
    } finally {
      await connected.removeAll()
    }
  },
)

/** Runs of a profile for Postfix in a container, of an image that is made on the way. */
const ofPostfix = (
  image: string | undefined,
  promise: 'opportunistic' | 'require' | 'verify',
  use: Parameters<typeof runsOf>[1],
) =>
  runsOf(
    `extends: ${root}fixtures/mtas/container.yaml
target: { container: { build: { context: mta } } }
policies: { outboundTls: ${promise} }
mail: { delivery: { within: ${image === forwarder ? 60 : 5} } }
sandbox: { mailpit: { image: ${mailpit} }${image === undefined ? '' : `, forwarder: { image: ${image} }`} }
`,
    async (start, place) => {
      const context = path.join(place.folder, 'mta')
      await mkdir(context)
      for (const file of ['alone.ts', 'mta.ts', 'Dockerfile'])
        await cp(path.join(root, 'fixtures/mtas', file), path.join(context, file))
      await cp(path.join(root, 'node_modules/nodemailer'), path.join(context, 'node_modules/nodemailer'), {
        recursive: true,
      })
      await writeFile(path.join(context, 'package.json'), '{"type":"module"}\n')
      await use(start, place)
    },
  ).finally(() => engine?.container.dockerode.getImage('postern-target-an-mta-in-a-container').remove())

const checks = ['smtp/out-no-fallback', 'smtp/out-cert']
const args = ['--reach', 'intrusive', ...checks.flatMap((check) => ['--check', check])]

const told = (outcomes: readonly Outcome[]) =>
  Object.fromEntries(
    outcomes.map(({ check, verdict, variants }) => [
      check,
      [verdict, ...variants.filter(({ state }) => state === 'violated').map(({ name }) => name)],
    ]),
  )

mtaTest('Postfix in a container that insists on TLS and on certificates passes', async () => {
  await ofPostfix(forwarder, 'verify', async (start, place) => {
    const { code, stderr } = await start(args, { MTA_LEVEL: 'verify' }).ended
    const { outcomes } = await place.report()
    expect({ code, stderr, told: told(outcomes) }).toEqual({
      code: 0,
      stderr: '',
      told: { 'smtp/out-no-fallback': ['pass'], 'smtp/out-cert': ['pass'] },
    })
  })
})

mtaTest('Postfix in a container that takes TLS where it is offered fails, as outside of one', async () => {
  await ofPostfix(forwarder, 'require', async (start, place) => {
    const { code, stderr } = await start(args, { MTA_LEVEL: 'may' }).ended
    const { outcomes } = await place.report()
    expect({ code, stderr, told: told(outcomes) }).toEqual({
      code: 1,
      stderr: '',
      told: {
        'smtp/out-no-fallback': [
          'fail',
          'STARTTLS is not offered',
          'STARTTLS is answered 454',
          'the handshake fails after 220',
        ],
        'smtp/out-cert': [
          'fail',
          'a certificate of an unknown authority',
          'an expired certificate',
          'a certificate for another name',
          'TLS 1.0 and 1.1 alone',
        ],
      },
    })
    expect(await readdir(path.join(place.out, 'logs'))).toEqual([
      'forwarder.log',
      'mailpit.log',
      'target.log',
    ])
  })
})

mtaTest('a forwarder that was left by a run that was killed is removed by the next one', async () => {
  await ofPostfix(forwarder, 'verify', async (start) => {
    const before = await inventory()
    const first = start(args, { MTA_LEVEL: 'verify' })
    await first.printed('postern 0.')
    process.kill(-first.pid, 'SIGKILL')
    await first.ended
    expect((await inventory()).length).toBeGreaterThan(before.length)
    const next = start(['--reach', 'intrusive', '--check', 'smtp/out-cert'], { MTA_LEVEL: 'verify' })
    expect((await next.ended).code).toBe(0)
  })
})

for (const [what, image, says] of [
  [
    'an image that is not there',
    'postern-no-such-forwarder',
    'expected the image postern-no-such-forwarder; seen none here and none to pull',
  ],
  ['an image without the programs', node, /(ip|nginx)\b.*not found|expected a program sh in the image/],
] as const)
  mtaTest(`${what}: the run says that all exchangers have one address, and goes on`, async () => {
    await ofPostfix(image, 'require', async (start, place) => {
      const { stderr } = await start(args, { MTA_LEVEL: 'encrypt' }).ended
      expect(stderr).toMatch(
        /^all mail exchangers have one address, since no forwarder came up: .*; see sandbox\.forwarder in the profile\n$/,
      )
      expect(stderr).toMatch(says)
      const { outcomes } = await place.report()
      expect(told(outcomes)).toEqual({ 'smtp/out-no-fallback': ['unproven'], 'smtp/out-cert': ['unproven'] })
    })
  })
