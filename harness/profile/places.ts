/** Of a value in a profile: the names and positions that lead to it. */
export type Path = readonly (string | number)[]

/**
 * What a report, a log or an error may say of a place:
 * `shown`: plainly no secret, and nothing could be understood without it.
 * `url`: its scheme, host and port are shown, and what stands behind them is hidden.
 * `credential`: hidden; the schema wants a reference there, which may be a command (`exec`).
 * `hidden`: all the rest. What comes from a reference there is taken for a secret.
 */
export type Place = 'shown' | 'url' | 'credential' | 'hidden'

/** What says who somebody is, beside what proves it. */
const identifiers = ['email', 'username', 'user', 'login', 'tenant', 'domain', 'from']

/** `*` is any one step, `**` at the end any further. */
export const places: Readonly<Record<Exclude<Place, 'hidden'>, readonly string[]>> = {
  credential: [
    'principals.*.bearer',
    'principals.*.basic.password',
    'principals.*.headers.*',
    'principals.*.query.*',
    'principals.*.body.*',
    ...['accessKeyId', 'secretAccessKey', 'sessionToken'].map((name) => `principals.*.sigv4.${name}`),
    'principals.*.hmac.secret',
    ...['password', 'passphrase', 'secret', 'client_secret', 'pin', 'code'].map(
      (name) => `principals.*.session.input.${name}`,
    ),
    'mail.submission.secret',
    'target.submission.secret',
    'jwt.signingKey',
    'saml.key',
    'ingest.secret',
    ...['secret', 'signingKey'].map((name) => `oauth.clients.*.${name}`),
    ...['password', 'passphrase', 'secret', 'pin', 'code'].flatMap((name) =>
      ['oauth', 'dashboard'].map((part) => `${part}.signIn.fields.${name}`),
    ),
    'sandbox.mailpit.password',
    'zap.key',
  ],
  url: [
    'target.url',
    'target.command.ready.url',
    'openapi',
    'pages.*.at',
    'jwt.jwks',
    'mcp.url',
    'oauth.metadata',
    'oauth.origins.*',
    'sandbox.mailpit.url',
    'zap.url',
  ],
  shown: [
    ...[
      '$schema',
      'extends',
      'name',
      'ca',
      'artifacts.*',
      'authorization.**',
      'budget.**',
      'report.disclosed',
    ],
    ...['policies.**', 'roles.**', 'scopes.**', 'accounts.**'],
    ...['target.embedded', 'target.timeout', 'target.command.cwd', 'target.command.ready.within'],
    ...['image', 'build.context', 'build.dockerfile', 'ports.*', 'ready.*', 'volumes.*'].map(
      (name) => `target.container.${name}`,
    ),
    ...['tenant', 'role', 'scopes.*', 'none', 'basic.username', 'sigv4.region', 'sigv4.service'].map(
      (name) => `principals.*.${name}`,
    ),
    ...['request', 'to', 'find', 'input'].map((name) => `principals.*.session.code.${name}`),
    ...['session.operation', 'session.cookies', 'values.*.operation', 'values.*.result'].map(
      (name) => `principals.*.${name}`,
    ),
    ...identifiers.flatMap((name) => [`principals.*.values.${name}`, `principals.*.session.input.${name}`]),
    ...['method', 'as', 'current', 'inputs.*', 'raw.base64', 'undo.operation'].map(
      (name) => `operations.*.${name}`,
    ),
    ...['steps.*.method', 'steps.*.raw.base64', 'steps.*.undo.operation'].map(
      (name) => `operations.*.${name}`,
    ),
    ...['afterwards.*.method', 'afterwards.*.raw.base64'].map((name) => `operations.*.${name}`),
    ...[
      'from',
      'domains.*',
      'selectors.*',
      'signedBy',
      'recipients.**',
      'egressAddresses.*',
      'delivery.**',
      'journal.*',
      'inFlight',
      'inbound.*',
      'received.*',
    ].map((name) => `mail.${name}`),
    ...['mail', 'target'].flatMap((part) =>
      ['host', 'starttls', 'implicit', 'username', 'usernameOfKey'].map(
        (name) => `${part}.submission.${name}`,
      ),
    ),
    ...['pages.*.field', 'pages.*.as', 'jwt.issuer', 'jwt.audience', 'jwt.algorithm', 'passkeys.origin'],
    ...['issuer', 'audience', 'recipient', 'tenant', 'certificate'].map((name) => `saml.${name}`),
    ...['ingest.scheme.**', 'ingest.within', 'mcp.tools.*.operation'],
    ...['issuer', 'scopes.*', 'parameters.*', 'signIn.buttons.*'].map((name) => `oauth.${name}`),
    ...identifiers.flatMap((name) => ['oauth', 'dashboard'].map((part) => `${part}.signIn.fields.${name}`)),
    ...['signIn.buttons.*', 'change.page', 'change.field', 'change.makes'].map((name) => `dashboard.${name}`),
    ...[
      'id',
      'method',
      'algorithm',
      'keyId',
      'audience',
      'redirectUri',
      'grants.*',
      'scopes.*',
      'native',
    ].map((name) => `oauth.clients.*.${name}`),
    ...['zone', 'ports.*', 'authority', 'records.**'].map((name) => `sandbox.${name}`),
    ...['username', 'smtp', 'image'].map((name) => `sandbox.mailpit.${name}`),
    'sandbox.forwarder.image',
    ...['image', 'home', 'principal', 'minutes', 'exclude.*'].map((name) => `zap.${name}`),
  ],
}

const table = Object.entries(places).flatMap(([place, patterns]) =>
  patterns.map((pattern) => ({ place: place as Place, steps: pattern.split('.') })),
)

/** The one answer to whether something may be shown. */
export function placeOf(path: Path): Place {
  return table.find(({ steps }) => leadsTo(steps, path))?.place ?? 'hidden'
}

function leadsTo(steps: readonly string[], path: Path): boolean {
  const open = steps.at(-1) === '**'
  const named = open ? steps.slice(0, -1) : steps
  return (
    (open ? path.length > named.length : path.length === named.length) &&
    named.every((step, i) => step === '*' || step === path[i])
  )
}
