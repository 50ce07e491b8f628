import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange, HttpRequest, HttpResponse } from '../model.ts'
import { challengeOf } from '../probes/oauth.ts'
import type { OAuthKit } from './authorization-server.ts'

const origin = 'https://auth.test'

/** What a server of a test does otherwise than a sound one. */
export interface Faults {
  readonly metadata?: object
  /** Instead of its own answer to a request. */
  readonly instead?: (request: HttpRequest, form: URLSearchParams) => Partial<HttpResponse> | undefined
  /** Whether a code is given to such a request. */
  readonly allows?: (asked: URLSearchParams) => boolean
  /** Whether a code is exchanged. */
  readonly exchanges?: (form: URLSearchParams, asked: URLSearchParams, uses: number) => boolean
}

const answered = (
  status: number,
  body: object | string,
  headers: HttpResponse['headers'] = [],
): HttpResponse => ({
  ...{ status, headers, truncated: false, body: typeof body === 'string' ? body : JSON.stringify(body) },
})

const wordOf = (status: number) =>
  status < 300 ? 'accepted' : status === 429 ? 'limited' : status >= 500 ? 'broken' : 'invalid'

const redirect = (to: URL) => answered(303, '', [['location', to.href]])

/** For tests: a kit in front of a small authorization server, sound but for these faults, whose one page signs in. */
export function oauthScene({ metadata = {}, instead = () => undefined, allows, exchanges }: Faults = {}) {
  const codes = new Map<string, { asked: URLSearchParams; uses: number }>()
  const requests: HttpRequest[] = []
  let made = 0
  const isAllowed = (asked: URLSearchParams) =>
    asked.get('response_type') === 'code' &&
    asked.get('redirect_uri') === 'https://app.test/callback' &&
    asked.get('code_challenge_method') === 'S256' &&
    /^[\w-]{43}$/.test(asked.get('code_challenge') ?? '')
  const isRight = (form: URLSearchParams, asked: URLSearchParams, uses: number) => {
    const [verifier = '', ...more] = form.getAll('code_verifier')
    return (
      uses === 1 &&
      more.length === 0 &&
      /^[\w.~-]{43,128}$/.test(verifier) &&
      challengeOf(verifier) === asked.get('code_challenge') &&
      form.get('redirect_uri') === asked.get('redirect_uri')
    )
  }
  const answer = (request: HttpRequest): HttpResponse => {
    const url = new URL(request.path, origin)
    const form = new URLSearchParams(String(request.body ?? ''))
    const other = instead(request, form)
    if (other !== undefined) return { ...answered(200, ''), ...other }
    if (url.pathname === '/.well-known/oauth-authorization-server')
      return answered(200, {
        ...{
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
        },
        ...{ code_challenge_methods_supported: ['S256'], ...metadata },
      })
    if (url.pathname === '/authorize') {
      const isIn = request.headers.some(
        ([name, value]) => name === 'cookie' && value.includes('session=s3ss10n'),
      )
      if (!isIn)
        return answered(
          200,
          `<title>Sign in</title><form method=post action="/sign-in"><input name=back type=hidden value="${url.search.replaceAll('&', '&amp;')}"><input name=email><input name=password type=password><button>In</button></form>`,
        )
      if (!(allows ?? isAllowed)(url.searchParams)) return answered(400, '<h1>No</h1>')
      const code = `code-of-a-test-${++made}`
      codes.set(code, { asked: url.searchParams, uses: 0 })
      const to = new URL(url.searchParams.get('redirect_uri') ?? 'https://app.test/callback')
      to.searchParams.set('code', code)
      to.searchParams.set('iss', origin)
      return redirect(to)
    }
    if (url.pathname === '/sign-in')
      return form.get('password') === 'right'
        ? {
            ...redirect(new URL(`/authorize${form.get('back')}`, origin)),
            headers: [
              ['location', `/authorize${form.get('back')}`],
              ['set-cookie', 'session=s3ss10n; Path=/; HttpOnly'],
            ],
          }
        : answered(303, '', [['location', `/authorize${form.get('back')}`]])
    if (url.pathname === '/token') {
      const code = codes.get(form.get('code') ?? '')
      if (code === undefined) return answered(400, { error: 'invalid_grant' })
      code.uses++
      if (!(exchanges ?? isRight)(form, code.asked, code.uses))
        return answered(400, { error: 'invalid_grant' })
      return answered(200, {
        access_token: `token-of-a-test-${++made}`,
        token_type: 'Bearer',
        expires_in: 900,
      })
    }
    return answered(404, '')
  }
  const scene = sampleKit({
    about: { severity: 'critical' },
    profile: {
      target: { url: origin },
      oauth: {
        ...{
          issuer: origin,
          scopes: ['send'],
          signIn: { fields: { email: 'a@own.test', password: 'right' } },
        },
        clients: {
          public: { id: 'public', redirectUri: 'https://app.test/callback' },
          confidential: { id: 'confidential', secret: 'secret', redirectUri: 'https://app.test/callback' },
        },
      },
    },
  })
  Object.assign(scene.kit.api, {
    conceal: () => {},
    send: async (request: HttpRequest, { operation }: { operation: string }): Promise<Exchange> => {
      requests.push(request)
      const response = answer(request)
      const word = wordOf(response.status)
      const said = readJson(response.body)
      const result = isObject(said) ? said : {}
      const exchange = { ...sampleExchange(word, { operation, result }), request, response }
      scene.trail.note({ exchange })
      return exchange
    },
  })
  const reach = { together: (_: number, work: () => Promise<unknown>) => work() }
  const kit = Object.assign(scene.kit, { reach }) as unknown as OAuthKit
  return { kit, requests, judge: (body: (kit: OAuthKit) => Promise<unknown>) => scene.judge(() => body(kit)) }
}
