import { stringify } from 'yaml'
import type { OpenApi } from '../api/openapi.ts'
import { lacking } from '../check/needs.ts'
import { guessProfile } from '../init/first-profile.ts'
import { type About, type Severity, severities } from '../model.ts'
import { domainOf } from '../probes/addresses.ts'
import { operations, resources } from '../profile/operations.ts'
import type { Operation, OperationData, Profile } from '../profile/shape.ts'

/** A line that the profile lacks, what it would bring, and how it is written. */
export interface Suggestion {
  /** As a check names it: `message.send`, `principal:neighbour`, `profile:roles`. */
  readonly missing: string
  /** Checks that want nothing else. */
  readonly brings: readonly string[]
  /** Checks that want more beside. */
  readonly helps: readonly string[]
  /** To paste and to fill in; `null` where no line of the profile would do. */
  readonly yaml: string | null
}

type Check = Pick<About, 'id' | 'needs' | 'severity'>

/** What is missing, that first which would bring the most and the worst; `document` is the target's own, for calls that it has. */
export function suggestionsFor(
  checks: readonly Check[],
  profile: Profile,
  document: OpenApi | null,
): Suggestion[] {
  const left = checks.flatMap((check) => {
    const needs = lacking(check.needs, profile).map(({ need }) => need)
    return needs.length === 0
      ? []
      : [{ ...check, needs: [...new Set(needs.map((need) => bare(need, profile)))] }]
  })
  const guessed = document === null ? {} : guessProfile(document).operations
  const missing = [...new Set(left.flatMap(({ needs }) => needs))]
  return missing
    .map((need) => {
      const wanting = left.filter(({ needs }) => needs.includes(need))
      const alone = wanting.filter(({ needs }) => needs.length === 1)
      return { need, wanting, alone, weight: weightOf(alone) + weightOf(wanting) / 100 }
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ need, wanting, alone }) => ({
      missing: need,
      brings: alone.map(({ id }) => id),
      helps: wanting.filter((each) => !alone.includes(each)).map(({ id }) => id),
      yaml: yamlFor(need, profile, guessed),
    }))
}

/** All that looks at mail wants the same line, and an input comes with its operation. */
function bare(need: string, { operations: declared }: Profile): string {
  const [name = ''] = need.split(':')
  if (name in operations && !(name in declared)) return name
  return need === 'mailbox' ? 'wire' : need
}

function weightOf(checks: readonly { readonly severity: Severity }[]): number {
  return checks.reduce((sum, { severity }) => sum + 2 ** severities.indexOf(severity), 0)
}

const submission = {
  mail: {
    submission: {
      host: 'smtp.example.com',
      starttls: 587,
      username: 'apikey',
      secret: env('SMTP_PASSWORD'),
    },
  },
}

/** What other than an operation or a caller is wanted, as it may stand in a profile. */
const lines: Readonly<Record<string, object>> = {
  sending: submission,
  wire: { mail: { recipients: { route: 'relay' } }, sandbox: { ports: { sound: 2525 } } },
  dns: { mail: { recipients: { route: 'mx' } }, sandbox: { ports: { dns: 5353 } } },
  submission,
  'submission:starttls': { mail: { submission: { starttls: 587 } } },
  'submission:implicit': { mail: { submission: { implicit: 465 } } },
  openapi: { openapi: './openapi.json' },
  'profile:pages': { pages: { unsubscribe: { field: 'List-Unsubscribe' } } },
  'profile:jwt.jwks': { jwt: { jwks: '/.well-known/jwks.json' } },
  'profile:jwt.signingKey': { jwt: { signingKey: env('JWT_SIGNING_KEY') } },
  'profile:saml': {
    saml: {
      issuer: 'https://idp.example.com/metadata',
      audience: 'https://api.example.com/saml',
      key: env('SAML_KEY'),
    },
  },
  'profile:oauth.signIn': {
    oauth: {
      issuer: 'https://auth.example.com',
      scopes: ['messages.read'],
      signIn: { fields: { email: 'qa@example.com', password: env('OAUTH_PASSWORD') } },
      clients: {
        web: { id: 'postern', secret: env('OAUTH_SECRET'), redirectUri: 'https://app.example.com/callback' },
      },
    },
  },
  'profile:policies.outboundTls': { policies: { outboundTls: 'verify' } },
  'profile:policies.retry.within': { policies: { retry: { within: 900 } } },
}

function env(name: string): string {
  return `\${env:${name}}`
}

function yamlFor(
  need: string,
  profile: Profile,
  guessed: Readonly<Record<string, { readonly value: OperationData }>>,
): string | null {
  const [name = '', detail = ''] = need.split(/:(.*)/s)
  if (name in operations && detail !== '') return `# in the body of ${name}, say where ${detail} goes\n`
  if (name in operations) {
    const value = guessed[name]?.value
    const said =
      value === undefined ? '# as the target has it; the document says nothing that looks like it\n' : ''
    return `${said}${written({ operations: { [name]: value ?? usualCall(name) } })}`
  }
  if (name === 'principal') return written({ principals: { [detail]: callerLike(profile, detail) } })
  const line = lines[need] ?? ofProfile(need, profile)
  if (line === null) return null
  return `${hints[need] ?? ''}${written(line)}`
}

const signing = '# with signedBy: relay beside it, where not the target signs but what it relays to\n'

/** What a line does not say by itself. */
const hints: Readonly<Record<string, string>> = {
  'profile:roles':
    '# only if the target has roles, and as it has them; role: beside each principal says which is whose\n',
  'profile:scopes':
    '# only if its keys have scopes, and as it has them; scopes: beside each principal says which are whose\n',
  'profile:oauth.signIn':
    '# only if its access tokens are given out by OAuth; clients that were registered for tests, a public one beside a confidential one\n',
  'profile:policies.limits.send.principal':
    '# the limit that the target promises, or that you demand, and a caller of its own to exhaust\n',
  'profile:mail.domains': signing,
  'profile:mail.domains.0': signing,
}

/** What is said of the names that the profile has already, to begin with. */
function ofProfile(need: string, profile: Profile): object | null {
  const { operations: declared, principals, mail } = profile
  const all = Object.values(declared).filter(({ documented }) => documented === null)
  const reads = all.filter(({ effect }) => effect === 'read').map(({ name }) => name)
  switch (need) {
    case 'profile:mail.domains':
    case 'profile:mail.domains.0':
      return { mail: { domains: [domainOf(mail.from)] } }
    case 'profile:policies.limits.send.principal': {
      const [name] = Object.keys(principals).filter((each) => each.startsWith('expendable'))
      const own = 'expendable-sender'
      return {
        ...(name === undefined ? { principals: { [own]: callerLike(profile, own) } } : {}),
        policies: { limits: { send: { limit: 100, window: 60, per: 'key', principal: name ?? own } } },
      }
    }
    case 'profile:roles':
      return { roles: { Admin: '*', Support: reads } }
    case 'profile:scopes': {
      // Who signs in has no key yet, and who asks who they are needs no right to it.
      const granted = all.filter(
        ({ name, kind }) => operations[name]?.byNobody !== true && kind !== 'principal',
      )
      return {
        scopes: Object.fromEntries(
          [...Map.groupBy(granted, scopeOf)].map(([scope, those]) => [scope, those.map(({ name }) => name)]),
        ),
      }
    }
    default:
      return null
  }
}

/** As many call them. */
function scopeOf({ kind, effect }: Pick<Operation, 'kind' | 'effect'>): string {
  return `${kind}s:${effect === 'read' ? 'read' : 'write'}`
}

function written(value: object): string {
  return stringify(value, { lineWidth: 110, collectionStyle: 'any' })
}

/** `POST R` of messages: the call that most targets have. */
function usualCall(name: string): OperationData {
  const [kind = '', verb = ''] = name.split('.')
  const [call = 'POST R'] = resources[kind]?.verbs[verb]?.calls ?? []
  const [method = '', shape = ''] = call.split(' ')
  const inputs = Object.keys(operations[name]?.inputs ?? {}).filter(
    (input) => input !== operations[name]?.object,
  )
  const path = `/${shape.replaceAll('R', `${resources[kind]?.words[0] ?? kind}s`).replaceAll('{}', '{id}')}`
  return ['GET', 'DELETE'].includes(method)
    ? { method, path }
    : {
        method,
        path,
        body: `{${inputs
          .slice(0, 4)
          .map((input) => `"${input}": ${input}`)
          .join(', ')}}`,
      }
}

/** As the first caller of the profile proves who it is, with variables of its own. */
function callerLike({ principals, secrets }: Profile, name: string): object {
  const own = name.toUpperCase().replaceAll('-', '_')
  const [first] = Object.values(principals).filter(({ none }) => none !== true)
  const tenant = { tenant: /neighbour|expendable/.test(name) ? 'other' : 'own' }
  if (first?.session !== undefined) {
    const input = Object.keys(first.session.input).map((key) => [key, env(`${own}_${key.toUpperCase()}`)])
    const { code } = first.session
    const mailed = code === undefined ? {} : { code: { request: code.request, find: code.find } }
    return { ...tenant, session: { input: Object.fromEntries(input), ...mailed } }
  }
  const isSecret = (text: string) => secrets.some(({ value }) => text.includes(value))
  if (first?.hmac !== undefined && !isSecret(first.hmac.message)) {
    const ownTemplates = (templates: Readonly<Record<string, string>> = {}) =>
      Object.entries(templates).map(([key, text]) => [
        key,
        isSecret(text) ? env(`${own}_${key.toUpperCase().replace(/\W/g, '_')}`) : text,
      ])
    const parts = (['headers', 'query'] as const).map(
      (part) => [part, ownTemplates(first.hmac?.[part])] as const,
    )
    const fields = parts.flatMap(([part, pairs]) =>
      pairs.length === 0 ? [] : [[part, Object.fromEntries(pairs)] as const],
    )
    return { ...tenant, hmac: { ...first.hmac, ...Object.fromEntries(fields), secret: env(`${own}_SECRET`) } }
  }
  if (first?.basic !== undefined)
    return { ...tenant, basic: { username: env(`${own}_USER`), password: env(`${own}_PASSWORD`) } }
  for (const place of ['headers', 'query', 'body'] as const) {
    const [field] = Object.keys(first?.[place] ?? {})
    if (field !== undefined) return { ...tenant, [place]: { [field]: env(`${own}_KEY`) } }
  }
  return { ...tenant, bearer: env(`${own}_KEY`) }
}
