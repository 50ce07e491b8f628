import { expect, test } from 'vitest'
import type { HttpResponse } from '../model.ts'
import { authorizationServer } from './authorization-server.ts'
import { usesOfDeviceCodes } from './device-codes.ts'
import { oauthScene } from './small-server.testing.ts'

interface Device {
  readonly code?: () => string
  readonly expiresIn?: number
  readonly slows?: boolean
  /** Seconds. */
  readonly interval?: number
  /** Who opens the page has agreed. */
  readonly agreesByItself?: boolean
  readonly takesOthers?: boolean
  readonly uses?: number
  /** The page does not know the code, and asks for it by fields that are called so. */
  readonly asksBy?: readonly string[] | undefined
  /** Wrong codes after which it says that it looks at no more, or takes no right one and says nothing. */
  readonly most?: number
  readonly isSilent?: boolean
  /** What wrong codes, and the page after too many of them, are answered with. */
  readonly wrongBy?: Partial<HttpResponse>
  readonly shutBy?: Partial<HttpResponse>
  /** The page that asks whether somebody agrees shows the code where it can be written in. */
  readonly showsIt?: boolean
  readonly reach?: 'intrusive' | 'disruptive'
  /** Where the page is. */
  readonly at?: string
  /** Whoever polls is slowed down always. */
  readonly stalls?: boolean
}

async function judged(
  {
    code = () => 'BCDF-GHJK',
    expiresIn = 600,
    slows = true,
    interval = 5,
    agreesByItself = false,
    takesOthers = false,
    uses = 1,
    asksBy,
    most = Number.POSITIVE_INFINITY,
    isSilent = false,
    wrongBy,
    shutBy,
    showsIt = false,
    reach = 'disruptive',
    at,
    stalls = false,
  }: Device = {},
  only: RegExp = /./,
) {
  const codes = new Map<string, { agreed: boolean; polls: number; used: number }>()
  let wrong = 0
  const error = (name: string) => ({ status: 400, body: JSON.stringify({ error: name }) })
  const { judge, kit } = oauthScene({
    metadata: { device_authorization_endpoint: 'https://auth.test/device-codes' },
    instead({ path, method }, form) {
      if (path === '/device-codes') {
        const device = `device-code-${codes.size}`
        codes.set(device, { agreed: false, polls: 0, used: 0 })
        const page = at ?? `https://auth.test/device?code=${device}`
        const told =
          asksBy === undefined
            ? { user_code: code(), verification_uri: page, verification_uri_complete: page }
            : { user_code: device, verification_uri: 'https://auth.test/device' }
        return {
          body: JSON.stringify({
            ...{ device_code: device, ...told },
            ...{ expires_in: expiresIn, interval },
          }),
        }
      }
      const fields = asksBy?.map((name) => `<input name=${name}>`).join('')
      const place = { body: `<form method=get>${fields}<button>Next</button></form>` }
      if (path === '/device') return wrong >= most && shutBy !== undefined ? shutBy : place
      if (path.startsWith('/device?')) {
        const asked = codes.get(path.replace(/.*=/, ''))
        if (asked === undefined) wrong++
        if (wrong > most && !isSilent) return { status: 429 }
        if (asked === undefined && wrongBy !== undefined) return wrongBy
        if (asksBy !== undefined && (asked === undefined || wrong > most)) return place
        if (asked !== undefined && (method === 'POST' || agreesByItself)) asked.agreed = true
        return {
          body:
            method === 'POST'
              ? 'done'
              : `<form method=post><input type=${showsIt ? 'text' : 'hidden'} name=user_code value=${path.replace(/.*=/, '')}><button>Yes</button></form>`,
        }
      }
      if (path !== '/token') return undefined
      const asked = codes.get(form.get('device_code') ?? '')
      if (asked === undefined) return error('invalid_grant')
      if (form.get('client_id') !== 'device' && !takesOthers) return error('invalid_grant')
      if (stalls) return error('slow_down')
      if (!asked.agreed) return error(++asked.polls > 1 && slows ? 'slow_down' : 'authorization_pending')
      return ++asked.used > uses ? error('invalid_grant') : { body: '{"access_token":"a"}' }
    },
  })
  Object.assign(kit.profile.oauth?.clients ?? {}, {
    device: { id: 'device', grants: ['urn:ietf:params:oauth:grant-type:device_code'] },
  })
  const { verdict, findings } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('urn:ietf:params:oauth:grant-type:device_code')
    if (client === undefined) throw new Error('a client is in the scene')
    const parts = usesOfDeviceCodes({ ...kit, runReach: reach }, server, client).filter(({ name }) =>
      only.test(name),
    )
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  })
  return { verdict, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

test('a device flow in which somebody agrees is sound', async () => {
  expect(await judged({ asksBy: ['user_code'], most: 10 })).toEqual({ verdict: 'pass', found: [] })
})

test.each<[string, Device]>([
  ['how hard a code is to guess: medium', { code: () => '1234' }],
  ['how long a code lives: low', { expiresIn: 86_400 }],
  ['how long a code lives: low', { expiresIn: 0 }],
  ['polling at once: low', { slows: false }],
  ['a page that is opened alone: critical', { agreesByItself: true }],
  ['by another client: critical', { takesOthers: true, uses: 2 }],
])('what is wrong with it is found: %s', async (expected, device) => {
  expect((await judged(device, new RegExp(`^${expected.replace(/:.*/, '')}`))).found).toEqual([expected])
})

test('two polls that took more than half of the interval between them show nothing', async () => {
  // In this scene a millisecond lies between any two.
  const slow = { interval: 0.0015 }
  expect(await judged({ ...slow, slows: false }, /^polling/)).toEqual({ verdict: 'unproven', found: [] })
  expect((await judged(slow, /^polling/)).verdict).toBe('pass')
  expect((await judged({ interval: 0.003, slows: false }, /^polling/)).verdict).toBe('fail')
})

test('nobody waits for a day between two polls, nor opens what is no page', async () => {
  expect(await judged({ interval: 86_400, stalls: true }, /^twice/)).toEqual({
    verdict: 'unproven',
    found: [],
  })
  for (const at of ['file:///etc/passwd', 'no address', 'https://evil.test/device'])
    expect((await judged({ at }, /^twice/)).verdict).toBe('unproven')
})

test('a code that is taken twice is found', async () => {
  expect((await judged({ uses: 2 }, /^twice/)).found).toEqual(['twice: critical'])
})

test('eight digits are enough, and six are not', async () => {
  const of = async (code: string) => (await judged({ code: () => code }, /^how hard/)).verdict
  expect([await of('123-456'), await of('12-34-56-78'), await of('BCDF-GHJ')]).toEqual([
    'fail',
    'pass',
    'pass',
  ])
})

test.each<[string, readonly string[], verdict: string, ofOneThatAgrees: string]>([
  ['user_code', ['user_code'], 'pass', 'fail'],
  ['otc', ['otc'], 'pass', 'fail'],
  ['one of two names', ['otc', 'nickname'], 'unproven', 'unproven'],
])(
  'a code is typed where a page asks for it by %s, and nothing is said of a page that never got it',
  async (_, asksBy, verdict, ofOneThatAgrees) => {
    expect((await judged({ asksBy }, /^a page/)).verdict).toBe(verdict)
    expect((await judged({ asksBy, agreesByItself: true }, /^a page/)).verdict).toBe(ofOneThatAgrees)
  },
)

test.each<[string, Device, verdict: string, found: readonly string[]]>([
  ['are looked at without end', {}, 'fail', ['guesses of a code: medium']],
  ['are held back', { most: 10 }, 'pass', []],
  ['are looked at no more, and nobody is told', { most: 10, isSilent: true }, 'pass', []],
  ['are more than the run may make', { reach: 'intrusive' }, 'held-back', []],
  [
    'have too many codes to choose from',
    { asksBy: undefined, code: () => 'BCDF-GHJK-LMNP-QRST' },
    'not-applicable',
    [],
  ],
])('guesses of codes that %s', async (_, device, verdict, found) => {
  const said = await judged({ asksBy: ['user_code'], ...device }, /^guesses/)
  expect(said).toEqual({ verdict, found })
})

test.each<[string, Device, verdict: string]>([
  ['by an error, and then by a limit', { wrongBy: { status: 500 }, most: 10 }, 'pass'],
  ['by an error for ever', { wrongBy: { status: 500 } }, 'fail'],
  [
    'by a page elsewhere for ever',
    { wrongBy: { status: 303, headers: [['location', 'https://www.test/no']] } },
    'fail',
  ],
  [
    'until there is no page but one for people',
    { shutBy: { body: '<script>captcha()</script>' }, most: 5 },
    'pass',
  ],
  ['until the page is forbidden', { shutBy: { status: 403 }, most: 5 }, 'pass'],
  ['until the page breaks', { shutBy: { status: 503 }, most: 5 }, 'unproven'],
  ['and who agrees is shown the code', { showsIt: true }, 'fail'],
  ['and who agrees is shown the code, until they are held back', { showsIt: true, most: 10 }, 'pass'],
])('guesses of codes that are answered %s', async (_, device, verdict) => {
  expect((await judged({ asksBy: ['user_code'], ...device }, /^guesses/)).verdict).toBe(verdict)
})

test('a page that shows the code where it can be written in wants a button pressed as well', async () => {
  for (const asksBy of [undefined, ['user_code']]) {
    const shown = { asksBy, showsIt: true }
    expect((await judged(shown, /^a page/)).verdict).toBe('pass')
    expect((await judged({ ...shown, agreesByItself: true }, /^a page/)).verdict).toBe('fail')
  }
})
