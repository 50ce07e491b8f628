import { randomInt } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { asksForPassword, type Form } from '../probes/forms.ts'
import { HeldBack, Unproven } from '../verdicts.ts'
import {
  type AuthorizationServer,
  type Given,
  type OAuthClient,
  type OAuthKit,
  scopeOf,
  shownBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { guessedByHttp, guessUntilThrottled, isLate, isQuick } from './guessing.ts'
import { once, onceEach } from './once.ts'
import { isWritten } from './user-agent.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'

/** Of what all findings here are: the tokens are the last that comes of it. */
const operation = 'oauth.device'

/** What a device is given to show (RFC 8628 §3.2). */
interface DeviceCode {
  readonly exchange: Exchange
  readonly device: string
  readonly user: string
  readonly page: string
  /** With the code in it; `null` where there is none. */
  readonly whole: string | null
  readonly expiresIn: number
  readonly interval: number
}

/** Bits that a code must have which somebody types: RFC 8628 §6.1 takes eight of twenty letters for good, which are 34. */
const bits = 24
/** Bits of codes that nobody guesses, however often: what OAuth asks of codes that no person types (RFC 6749 §10.10), and less. */
const beyondGuessing = 64
/** How often two polls are tried that come faster than is allowed. */
const turns = 3
/** Of the interval: servers count in whole seconds, or allow for the way between. */
const tooFast = 0.5
/** Seconds: the longest that RFC 8628 has in its examples. */
const longest = 1800
/** Seconds between two polls: for more than that nobody waits. */
const mostPatient = 60

/** The code of a device is short-lived, paced, used once, and of use when somebody has agreed alone (RFC 8628 §5). */
export function usesOfDeviceCodes(
  kit: OAuthKit & Pick<Kit, 'runReach'>,
  server: AuthorizationServer,
  client: OAuthClient,
): Part[] {
  const { api, profile, reach, runReach, verify } = kit
  const begin = async (): Promise<DeviceCode> => {
    const asked = Object.entries(scopeOf(client.scopes))
    const { exchange } = await server.post('device_authorization', asked, shownBy(client))
    const body = readJson(exchange.response?.body ?? '')
    const said = isObject(body) ? body : {}
    const {
      device_code: device,
      user_code: user,
      verification_uri: page,
      verification_uri_complete: whole,
    } = said
    api.conceal('oauth_device_code', String(device ?? ''))
    verify.held(
      typeof device === 'string' && typeof user === 'string' && typeof page === 'string',
      `the device authorization request was answered ${api.said(exchange)}`,
      'see oauth.clients in the profile: a client that may use the device flow',
    )
    return {
      ...{ exchange, device: String(device), user: String(user), page: String(page) },
      whole: typeof whole === 'string' ? whole : null,
      ...{ expiresIn: Number(said['expires_in'] ?? 0), interval: Number(said['interval'] ?? 5) },
    }
  }
  const ask = ({ device }: DeviceCode, by: OAuthClient): Promise<Given> =>
    server.post('token', Object.entries({ grant_type: grantType, device_code: device }), shownBy(by))
  /** Waits as long as it is told to: what is slowed down was not looked at. */
  const poll = async (code: DeviceCode, by = client): Promise<Given> => {
    let given = await ask(code, by)
    // What was polled meanwhile counts, and slows down by five seconds more (RFC 8628 §3.5).
    for (const more of [0, 5]) {
      if (errorIn(given.exchange) !== 'slow_down') break
      verify.held(
        code.interval <= mostPatient,
        `whoever polls has to wait ${code.interval} s by the server, longer than a run waits`,
        'see the interval of its answer to a device (RFC 8628 §3.2)',
      )
      await after((code.interval + more) * 1000)
      given = await ask(code, by)
    }
    const { exchange } = given
    verify.held(errorIn(exchange) !== 'slow_down', 'whoever polls is slowed down for ever', 'see its log')
    return given
  }
  /** A guard: the device gets its tokens, once. */
  const succeeded = onceEach(async (code: DeviceCode): Promise<void> => {
    const { exchange, tokens } = await poll(code)
    verify.held(
      tokens !== null,
      `the device got no tokens when somebody had agreed: ${api.said(exchange)}`,
      'see oauth.signIn in the profile: its pages for a device want a button pressed, by its name and value',
    )
  })
  const browser = server.newBrowser()
  /** Somebody types a code where it is asked for, once; and agrees, where they press on. */
  const type = ({ page }: DeviceCode, says: string, presses: boolean) => {
    let place: string | null = null
    return browser.visit(page, () => false, {
      ...{ fields: { user_code: says }, types: says },
      stopsAt(form) {
        if (asksForPassword(form)) return false
        if (place !== null) return !presses || looksOf(form) === place
        if (form.fields.some(isWritten)) place = looksOf(form)
        return false
      },
    })
  }
  /** Somebody opens the page of a code, and presses nothing there. */
  const look = async (code: DeviceCode) => {
    const { user, whole } = code
    if (whole === null) return type(code, user, false)
    return browser.visit(whole, () => false, {
      ...{ fields: { user_code: user }, types: user, stopsAt: isAgreement },
    })
  }
  /** A guard: somebody agreed. */
  const agreed = async (code: DeviceCode) => {
    const { page, user, whole } = code
    const { exchange } = await browser.visit(whole ?? page, () => false, {
      ...{ fields: { user_code: user }, types: user },
    })
    verify.answered(exchange)
  }
  /** Three, which others are tried with: nothing is asked of how they look but once. */
  const three = once(async () => [await begin(), await begin(), await begin()] as const)
  /** One that nobody agrees to, and what was answered to it at first. */
  const polled = async (code: DeviceCode) => ({ code, first: await ask(code, client) })
  const pending = once(async () => polled((await three())[0]))
  /** One that somebody has agreed to, and what another client got for it before its own. */
  const shared = once(async () => {
    const [, code] = await three()
    await agreed(code)
    const others = [...server.clientsFor(grantType), ...server.clientsFor('authorization_code')]
    const other = others.find(({ id }) => id !== client.id)
    return { code, given: other === undefined ? null : await poll(code, other) }
  })
  let isReached = false
  /** A code that no device shows. Where it cannot be typed any more, whether the guesser is kept from it shows by a right one. */
  const guess = async (code: DeviceCode) => {
    const says = likeOf(code.user)
    const { exchange, typed, to } = await type(code, says, false)
    const isAnswered = to !== null || exchange.answer !== 'broken'
    if (!typed && isReached && isAnswered)
      return { says, exchange, guessed: (await isShut()) ? ('held back' as const) : ('looked at' as const) }
    // Some lead elsewhere, or answer an error, to a wrong one.
    const guessed = typed && exchange.answer !== 'limited' ? 'looked at' : guessedByHttp(kit, exchange)
    verify.held(typed || guessed === 'held back', ...noPlace)
    isReached = true
    return { says, exchange, guessed: isLate(exchange) ? ('late' as const) : guessed }
  }
  /** Some answer guesses as before, and take what is right no more. */
  const isShut = async () => {
    const code = await begin()
    const { exchange, to } = await type(code, code.user, true)
    if (exchange.answer === 'limited') return true
    const isTaken = (await poll(code)).tokens !== null
    if (!isTaken && to === null) verify.answered(exchange)
    return !isTaken
  }
  return [
    {
      name: 'how hard a code is to guess',
      async judge() {
        const codes = await three()
        const weak = Math.min(...codes.map(({ user }) => bitsOf(user)))
        verify.that(weak >= bits, {
          ...{ of: codes[0].exchange, severity: 'medium' },
          expected: `a code that somebody types has ${bits} bits or more (RFC 8628 §5.1)`,
          actual: `codes such as ${shapeOf(codes[0].user)} have ${Math.floor(weak)}`,
        })
      },
    },
    {
      name: 'how long a code lives',
      async judge() {
        const [{ exchange, expiresIn }] = await three()
        verify.that(expiresIn > 0 && expiresIn <= longest, {
          ...{ of: exchange, severity: 'low', expected: `a code ends within ${longest} s` },
          actual:
            expiresIn > 0 ? `it lives for ${expiresIn} s` : 'expires_in says none (RFC 8628 §3.2 wants it)',
        })
      },
    },
    {
      name: 'before somebody agrees',
      async judge() {
        const { first } = await pending()
        await givesNothing(kit, server, first, {
          operation,
          expected: 'a device gets nothing before somebody has agreed',
        })
      },
    },
    {
      name: 'polling at once',
      async judge() {
        for (let turn = 0; turn < turns; turn++) {
          const { code, first: of } = turn === 0 ? await pending() : await polled(await begin())
          verify.applies(code.interval > 0, 'the server names an interval of no seconds')
          const [first, second] = [of.exchange, (await ask(code, client)).exchange]
          verify.held(
            errorIn(first) === 'authorization_pending',
            `a device that waits was answered ${api.said(first)}`,
          )
          const isAgain = errorIn(second) === 'authorization_pending'
          const apart = second.startedAt + second.milliseconds - first.startedAt
          if (isAgain && apart >= code.interval * tooFast * 1000) continue
          verify.that(!isAgain, {
            ...{ of: second, after: first, severity: 'low', operation },
            expected: `whoever polls before ${code.interval} s are over is slowed down (RFC 8628 §3.5)`,
            actual: 'it was answered authorization_pending again at once',
          })
          return
        }
        throw new Unproven(
          `two polls took more than half of the interval between them, ${turns} times`,
          'run again when the machine has less to do',
        )
      },
    },
    {
      name: 'by another client',
      async judge() {
        const { code, given } = await shared()
        verify.applies(given !== null, 'the profile declares no other client (oauth.clients)')
        if (given === null) return
        await givesNothing(kit, server, given, {
          operation,
          expected: 'a device code is of use to the client alone that asked for it',
        })
        if (given.tokens === null) await succeeded(code)
      },
    },
    {
      name: 'twice',
      async judge() {
        const { code: own, given } = await shared()
        const code = given === null || given.tokens === null ? own : await begin()
        if (code !== own) await agreed(code)
        await succeeded(code)
        await givesNothing(kit, server, await poll(code), {
          operation,
          expected: 'a device code is of use once',
        })
      },
    },
    {
      name: 'a page that is opened alone',
      async judge() {
        // Whoever is signed in already is who a link in a mail is for.
        await shared()
        const [, , code] = await three()
        const { exchange, typed } = await look(code)
        verify.answered(exchange)
        verify.held(code.whole !== null || typed, ...noPlace)
        const given = await poll(code)
        await givesNothing(kit, server, given, {
          operation,
          expected: 'whoever opens the page of a code has not agreed yet (RFC 8628 §3.3.1)',
        })
      },
    },
    {
      name: 'guesses of a code',
      async judge() {
        const [code] = await three()
        verify.applies(bitsOf(code.user) < beyondGuessing, 'codes are too long to be guessed')
        if (runReach !== 'disruptive')
          throw new HeldBack('guessing is disruptive: allow it with --reach disruptive')
        verify.held(
          !(await isShut()),
          'a code that a device shows gave no tokens where somebody typed it',
          'see verification_uri in a browser, and oauth.signIn in the profile: buttons says which is pressed',
        )
        const way = {
          guess: () => guess(code),
          isTarpit: async () => (await guess(code)).guessed !== 'looked at' && (await isQuick(kit)),
        }
        const { guesses, heldBack } = await guessUntilThrottled(reach, way, profile.policies)
        const { exchange: of } = heldBack ? code : await guess(code)
        verify.that(heldBack || (await isShut()), {
          ...{ of, severity: 'medium', operation },
          expected: `a throttle within ${guesses} codes that no device shows (RFC 8628 §5.1)`,
          actual: `${guesses} guesses in a row were looked at, none was held back`,
        })
      },
    },
  ]
}

const noPlace = [
  'no page on the way had one place to type the code of the device into',
  'see verification_uri in a browser: its page needs a form with a field user_code, or with one text field',
] as const

/** Nothing is to be typed there: what it shows, such as the code, is filled in already. */
function isAgreement(form: Form): boolean {
  return !asksForPassword(form) && form.fields.every((field) => !isWritten(field) || field.value !== '')
}

/** By which the same form is known again, whatever is filled in. */
function looksOf({ action, method, fields, buttons }: Form): string {
  return JSON.stringify([action, method, ...[...fields, ...buttons].map(({ name, type }) => [name, type])])
}

/** Of the same length and kinds of characters, by chance. */
function likeOf(code: string): string {
  const one = (all: string) => all[randomInt(all.length)] ?? ''
  return code
    .replace(/\d/g, () => one('0123456789'))
    .replace(/[A-Z]/g, () => one('BCDFGHJKLMNPQRSTVWXZ'))
    .replace(/[a-z]/g, () => one('bcdfghjklmnpqrstvwxz'))
}

function errorIn({ response }: Exchange): unknown {
  const body = readJson(response?.body ?? '')
  return isObject(body) ? body['error'] : undefined
}

/** By its length and kinds of characters: of letters some twenty are told apart easily, and ten of digits. */
function bitsOf(code: string): number {
  const letters = code.replace(/[^\p{L}\p{N}]/gu, '')
  const kinds = (/\d/.test(letters) ? 10 : 0) + (/\p{L}/u.test(letters) ? 20 : 0)
  return letters.length * Math.log2(Math.max(2, kinds))
}

function shapeOf(code: string): string {
  return code
    .replace(/\d/g, '9')
    .replace(/\p{Lu}/gu, 'A')
    .replace(/\p{Ll}/gu, 'a')
    .slice(0, 40)
}
