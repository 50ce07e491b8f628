import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { personalities } from '../model.ts'
import { services } from '../sandbox/sandbox.ts'
import { type Profile, ProfileError, readProfile, resolveProfile } from './profile.ts'

const sound = `name: a target
target: {url: 'http://127.0.0.1:1'}
principals: {sender: {bearer: '\${env:KEY}'}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email]}'}
mail: {from: a@b.test}
`

/** The message without the folder of the file. */
async function complaint(
  yaml: string,
  env: Record<string, string> = { KEY: 'sk_live_12345' },
): Promise<string> {
  return withProfileFile(yaml, async (file) => {
    try {
      await resolveProfile(await readProfile(file), env)
    } catch (error) {
      if (error instanceof ProfileError) return error.message.replaceAll(file, 'target.yaml')
      throw error
    }
    return 'nothing to complain about'
  })
}

const resolved = (yaml: string, env: Record<string, string>): Promise<Profile> =>
  withProfileFile(yaml, async (file) => resolveProfile(await readProfile(file), env))

test('a sound profile is taken as it is', async () => {
  expect(await complaint(sound)).toBe('nothing to complain about')
})

test.each(['$number(template)', '$toMillis(subject)', '$formatBase($number($split(tags, "-")), 16)'])(
  'what an expression wants of its values is the user’s to know: %s',
  async (wanted) => {
    const yaml = sound.replace('[to.email]', `[to.email], "more": ${wanted}`)
    expect(await complaint(yaml)).toBe('nothing to complain about')
  },
)

test.each<[string, string, string | RegExp]>([
  ['not YAML', 'name: [a', 'target.yaml:1:9 the document: expected YAML'],
  ['nothing at all', '', 'target.yaml:1:1 the document: expected an object; seen null'],
  [
    'a misspelt field, with the line of its name',
    `${sound}polices: {}\n`,
    'target.yaml:7:1 polices: expected one of $schema, extends, name, target, ca, openapi, artifacts, authorization, budget, report, principals, operations, mail, pages, policies, roles, scopes, shared, accounts, jwt, passkeys, saml, ingest, mcp, oauth, dashboard, sandbox, zap; seen "polices"; did you mean policies?',
  ],
  [
    'a missing field, with the line of what lacks it',
    sound.replace('{from: a@b.test}', '\n  domains: [b.test]'),
    'target.yaml:7:3 mail: expected a field from; seen an object with domains; add mail.from',
  ],
  [
    'a secret by value, which is not repeated',
    sound.replace(`'\${env:KEY}'`, 'sk_live_0'),
    `target.yaml:3:31 principals.sender.bearer: expected a secret by reference; seen a value written out (not shown); put it into the environment and write \${env:NAME}, or {exec: command}`,
  ],
  [
    'two schemes for one principal',
    sound.replace('{bearer:', '{none: true, bearer:'),
    'target.yaml:3:22 principals.sender: expected exactly one of none, bearer, basic, headers, query, body, sigv4, hmac, session; seen an object with none, bearer; say how this principal proves who it is, by one scheme',
  ],
  [
    'a signing key by value, and no region',
    sound.replace(
      `bearer: '\${env:KEY}'`,
      `sigv4: {accessKeyId: '\${env:ID}', secretAccessKey: wJalrXUtnFEMI, service: ses}`,
    ),
    /^target\.yaml:3:\d+ principals\.sender\.sigv4: expected a field region; .*\ntarget\.yaml:3:\d+ principals\.sender\.sigv4\.secretAccessKey: expected a secret by reference; seen a value written out \(not shown\); .*$/,
  ],
  [
    'a signature that is written in a way of nobody',
    sound.replace(
      `bearer: '\${env:KEY}'`,
      `hmac: {secret: '\${env:KEY}', message: 'timestmp & body', encoding: base32, headers: {X-Sign: '{signatur}'}}`,
    ),
    /^target\.yaml:3:\d+ principals\.sender\.hmac\.encoding: expected one of hex, base64, base64url; .*$/,
  ],
  [
    'a signature over what there is not, and that goes nowhere',
    sound.replace(
      `bearer: '\${env:KEY}'`,
      `hmac: {secret: '\${env:KEY}', message: 'timestmp & body', headers: {X-Sign: '{signatur}'}}`,
    ),
    /hmac: expected a header field or a query parameter with \{signature\} in it; seen none.*\n.*hmac\.message: expected something of the request to sign: .*; seen "timestmp"; did you mean timestamp\?\n.*hmac\.headers\.X-Sign: expected what is made for a signature: .*; did you mean signature\?$/,
  ],
  [
    'events that are signed over what there is not, and nowhere',
    `${sound}policies: {webhooks: {scheme: {message: '{timestmp}.{body}', headers: {X-Sign: 't={time}'}}}}\n`,
    /scheme: expected a header field with \{signature\} in it, or body\.signature; seen none.*\n.*scheme\.message: expected a part of what is signed: .*; did you mean timestamp\?\n.*scheme\.headers\.X-Sign: expected a part of a signature: /,
  ],
  [
    'events of a relay that are signed nowhere',
    `${sound}ingest: {scheme: {message: '{body}'}}\n`,
    /ingest\.scheme: expected a header field with \{signature\} in it, or body\.signature; seen none/,
  ],
  [
    'another path for an input that the operation does not have',
    sound.replace('/send,', '/send, pathWith: {tmplate: /other},'),
    /5:\d+ operations\.message\.send\.pathWith\.tmplate: expected an input of message\.send: .*; seen "tmplate"; did you mean template\?$/,
  ],
  [
    'a path of a step that names what only a later one gives',
    sound.replace(
      '/send,',
      `'/drafts/{draft}/send', steps: [{method: POST, path: '/to/{draft}'}, {method: POST, path: /drafts, result: {draft: body.id}}],`,
    ),
    /5:\d+ operations\.message\.send\.steps\.0\.path: expected an input of message\.send: .*; seen "draft"; use one of them$/,
  ],
  [
    'what a step gives in the place of an input',
    sound.replace('/send,', '/send, steps: [{method: POST, path: /drafts, result: {subject: body.id}}],'),
    'target.yaml:5:92 operations.message.send.steps.0.result.subject: expected a name that is no input of message.send; seen "subject"; rename it',
  ],
  [
    'a step that is taken back by what there is not',
    sound.replace(
      '/send,',
      `/send, steps: [{method: POST, path: /drafts, undo: {operation: draft.delete, input: $}}],`,
    ),
    /5:\d+ operations\.message\.send\.steps\.0\.undo\.operation: expected an operation of this profile: one of message\.send; seen "draft\.delete"; use one of them$/,
  ],
  [
    'two bodies of a step, and a result afterwards that the operation does not have',
    sound.replace(
      '/send,',
      `/send, steps: [{method: POST, path: /drafts, body: $, form: $}], afterwards: [{method: GET, path: /last, result: {number: body.id}}],`,
    ),
    /5:\d+ operations\.message\.send\.steps\.0: expected one of body, form, multipart, raw; seen body and form; keep the one that the target wants\n.*5:\d+ operations\.message\.send\.afterwards\.0\.result\.number: expected a result of message\.send: .*; seen "number"/,
  ],
  [
    'a role for the own objects of what makes them, of nothing, and of others',
    `${sound}roles: {member: [{operation: template.create, of: own}, {operation: template.updte, of: own}]}\n`,
    /7:\d+ roles\.member\.0\.of: expected an operation on what there is already; seen template\.create; write template\.create alone: what somebody makes is his own\n.*7:\d+ roles\.member\.1\.operation: expected an operation: .*; seen "template\.updte"; did you mean template\.update\?$/,
  ],
  [
    'a role for the objects of others',
    `${sound}roles: {member: [{operation: template.update, of: others}]}\n`,
    /7:\d+ roles\.member\.0\.of: expected "own"; seen "others"; Whose objects: its own\.$/,
  ],
  [
    'a user name of keys by what making them does not give',
    sound
      .replace(
        'a@b.test',
        "a@b.test, submission: {host: 127.0.0.1, starttls: 587, usernameOfKey: '{id}-{prefix}'}",
      )
      .replace(
        'operations:',
        'operations:\n  key.create: {method: POST, path: /keys, result: {id: body.id}}',
      ),
    /mail\.submission\.usernameOfKey: expected a result that the profile reads from key\.create: one of id; seen "prefix"; read it there: key\.create: \{result: \{prefix: body\.prefix\}\}$/,
  ],
  [
    'mail that nobody signs',
    sound.replace('a@b.test', 'a@b.test, signedBy: nobody'),
    /mail\.signedBy: expected one of target, relay; seen "nobody"; Who signs mail \(DKIM\)/,
  ],
  [
    'a kind of which there are no operations, for what tenants share',
    `${sound}shared: [campaign, templates]\n`,
    /^target\.yaml:7:10 shared\.0: expected a kind of operations: .*; seen "campaign".*\ntarget\.yaml:7:20 shared\.1: .*; did you mean template\?$/,
  ],
  [
    'what may be a slip in the name of an operation',
    sound.replace('message.send:', 'mesage.send:'),
    'target.yaml:5:3 operations.mesage.send: expected an operation of ours, or another one with its effect; seen "mesage.send"; did you mean message.send? Where it is another one, write effect: read, create, change or delete into it',
  ],
  [
    'an input that the operation does not have',
    sound.replace('/send,', `'/send/{recipient}',`),
    /5:38 operations\.message\.send\.path: expected an input of message\.send: .*; seen "recipient"; use one of them$/,
  ],
  [
    'an expression that does not parse, with its position',
    sound.replace('[to.email]', '[to.email'),
    /5:51 operations\.message\.send\.body: expected a JSONata expression; seen JSONata error S\d+ at character \d+.* in \{"to": \[to\.email\}; correct it/,
  ],
  [
    'an expression whose output flips between one recipient and two',
    sound.replace('[to.email]', 'to.email'),
    'target.yaml:5:51 operations.message.send.body: expected the same shape for one recipient as for two; seen to is a list for two and a single value for one; put brackets around what makes the list, as in [to.email]: JSONata turns a list of one into its element',
  ],
  [
    'a function that there is not',
    sound.replace('[to.email]', '[$adress(to)]'),
    /5:51 operations\.message\.send\.body: expected a JSONata expression; seen JSONata error T1006/,
  ],
  [
    'the flip of an expression that wants a text to be a number',
    sound.replace('[to.email]', 'to.email, "template_id": $number(template)'),
    /5:51 operations\.message\.send\.body: expected the same shape for one recipient as for two; seen to is a list/,
  ],
  [
    'a sign-in by who has signed in by it',
    sound
      .replace('principals: {', `principals: {admin: {session: {input: {password: '\${env:KEY}'}}}, `)
      .replace('operations:', 'operations:\n  session.create: {method: POST, path: /session, as: admin}'),
    'target.yaml:5:54 operations.session.create.as: expected somebody who can call session.create without having signed in by it; seen "admin"; leave it out',
  ],
  [
    'a code that is mailed by a call that there is not, to nobody, and found by nothing',
    sound
      .replace(
        'principals: {',
        `principals: {admin: {session: {input: {user: ann}, code: {request: session.ask, find: '('}}}, `,
      )
      .replace('operations:', 'operations:\n  session.create: {method: POST, path: /session}'),
    /session\.code: expected to, or the input email: .*\n.*session\.code: expected mail\.recipients beside .*\n.*session\.code\.request: expected an operation of this profile: .*\n.*session\.code\.find: expected a regular expression; seen "\("; correct it/,
  ],
  [
    'a code that is asked for by who signs in by it',
    sound
      .replace(
        'principals: {',
        'principals: {admin: {session: {input: {email: a@b.test}, code: {request: session.request, find: x}}}, ',
      )
      .replace(
        'operations:',
        'operations:\n  session.create: {method: POST, path: /session}\n  session.request: {method: POST, path: /code, effect: create, as: admin}',
      )
      .replace('mail: {', 'mail: {recipients: {route: relay}, '),
    /operations\.session\.request\.as: expected somebody who can call session\.request without having signed in by it; seen "admin"/,
  ],
  [
    'a network where mail comes from one address',
    sound.replace('a@b.test', 'a@b.test, egressAddresses: [192.0.2.1, 192.0.2.0/24]'),
    /mail\.egressAddresses\.1: expected an IP address; seen "192\.0\.2\.0\/24"; name each address/,
  ],
  [
    'half of a promised limit',
    `${sound}policies: {limits: {send: {limit: 5, demand: {limit: 9, window: 1}}}}\n`,
    /policies\.limits\.send: expected limit and window together; seen one of them; .* under demand$/,
  ],
  [
    'a whole object that nobody reads',
    sound.replace(
      'mail:',
      `  contact.update: {method: PUT, path: '/c/{id}', current: contact.delete, body: $}
  contact.delete: {method: DELETE, path: '/c/{id}'}
  key.update: {method: PUT, path: '/k/{id}', current: key.get, body: $}
mail:`,
    ),
    /contact\.update\.current: expected an operation that reads the object by one call; seen contact\.delete; .*\n.*key\.update\.current: expected an operation of this profile/,
  ],
  [
    'names that lead nowhere, all of them at once',
    `${sound}roles: {admin: [user.lst]}\n`
      .replace('{bearer:', '{role: boss, bearer:')
      .replace('body:', 'as: nobody, body:'),
    /^target\.yaml:3:29 principals\.sender\.role: .*one of admin; seen "boss".*\ntarget\.yaml:5:\d+ operations\.message\.send\.as: .*one of sender; seen "nobody".*\ntarget\.yaml:7:17 roles\.admin\.0: .*did you mean user\.list\?$/,
  ],
  [
    'a key by value, even of digits alone, is not repeated',
    `${sound}zap: {image: x, key: 1234567890}\n`,
    /zap\.key: expected a string; seen a number \(not shown\);/,
  ],
  [
    'mail that goes to a Mailpit which is not named',
    sound.replace('mail: {', 'mail: {recipients: {route: mailpit}, '),
    /mail\.recipients\.route: expected sandbox\.mailpit\.url with the route mailpit; seen none; say there where/,
  ],
  [
    'a Mailpit to which nobody hands mail, with half a credential',
    `${sound}sandbox: {mailpit: {url: 'http://127.0.0.1:2', username: qa}}\n`,
    /sandbox\.mailpit: expected username and password; seen one of them; .*\n.*sandbox\.mailpit\.url: expected smtp beside it, or the route mailpit; seen neither;/,
  ],
  [
    'a Mailpit of a host that nobody allows',
    `${sound}sandbox: {mailpit: {url: 'https://mailpit.shop.test', smtp: 'mailpit.shop.test:25'}}\n`,
    /^target\.yaml:7:\d+ sandbox\.mailpit\.url: expected authorization .* seen mailpit\.shop\.test/,
  ],
  [
    'a host that nobody allows to test',
    sound.replace('http://127.0.0.1:1', 'https://api.shop.test'),
    'target.yaml:2:15 target.url: expected authorization {owner, until, scope} for a host that is not loopback; seen api.shop.test; have the owner allow the test, and write down who and until when',
  ],
  [
    'a permission that has run out',
    `${sound}authorization: {owner: QA, until: 2020-01-31, scope: [api.shop.test]}\n`.replace(
      'http://127.0.0.1:1',
      'https://api.shop.test',
    ),
    /^target\.yaml:7:35 authorization\.until: expected a day that is not past \(today is .*\); seen 2020-01-31; have the owner renew it$/,
  ],
  [
    'a permission for other hosts',
    `${sound}authorization: {owner: QA, until: 2999-01-31, scope: ['*.shop.test:444']}\n`.replace(
      'http://127.0.0.1:1',
      'https://api.shop.test',
    ),
    'target.yaml:2:15 target.url: expected a host in authorization.scope (*.shop.test:444); seen api.shop.test:443; have the owner add it',
  ],
  [
    'a ZAP that is nowhere, as nobody, and what it is to leave alone unsaid',
    `${sound}zap: {principal: sendr, exclude: ['(']}\n`,
    /^target\.yaml:7:\d+ zap: expected one way to a ZAP: image, home or url; seen none; .*\n.*principal: .*did you mean sender\?\n.*exclude\.0: expected a regular expression .*; seen "\("/,
  ],
  [
    'pages that are in two places, in half of one, and of nobody',
    `${sound}pages: {a: {url: /a, field: List-Unsubscribe}, b: {at: 'http://127.0.0.1:1'}, c: {url: /c, as: sendr}}\n`,
    /^target\.yaml:7:9 pages\.a: expected one way to the page: url or field; seen url and field; keep one\n.* pages\.a: expected field and at together; seen no at; .*\n.* pages\.b: .*seen neither.*\n.* pages\.b: .*seen no field.*\n.* pages\.c\.as: .*did you mean sender\?$/,
  ],
  [
    'a page that is no path',
    `${sound}pages: {consent: {url: //elsewhere.test/}}\n`,
    'target.yaml:7:24 pages.consent.url: expected a path or an http or https URL; seen "//elsewhere.test/"; begin it with / or with https://',
  ],
  ...['//elsewhere.test/keys', '/\\\\elsewhere.test/keys', 'ftp://127.0.0.1:1/keys'].map(
    (jwks): [string, string, RegExp] => [
      `keys at ${jwks}`,
      `${sound}jwt: {jwks: '${jwks}'}\n`,
      /^target\.yaml:7:\d+ jwt\.jwks: expected a path or an http or https URL; seen ".*"; begin it with \/ or/,
    ],
  ),
  [
    'a page on a host that nobody allows to test',
    `${sound}pages: {unsubscribe: {field: List-Unsubscribe, at: 'https://links.shop.test'}}\n`,
    'target.yaml:7:52 pages.unsubscribe.at: expected authorization {owner, until, scope} for a host that is not loopback; seen links.shop.test; have the owner allow the test, and write down who and until when',
  ],
  ...[
    ['openapi', "openapi: 'https://docs.shop.test/api.json'"],
    ['jwt.jwks', "jwt: {jwks: 'https://docs.shop.test/keys'}"],
    ['zap.url', "zap: {url: 'http://docs.shop.test:8090'}"],
  ].map(([place = '', yaml = '']): [string, string, RegExp] => [
    `${place} on a host that nobody allows to test`,
    `${sound}${yaml}\n`,
    new RegExp(`^target\\.yaml:7:\\d+ ${place}: expected authorization .* seen docs\\.shop\\.test; `),
  ]),
  ...[
    ['openapi', "openapi: 'http://[::1]:99999/'"],
    ['jwt.jwks', "jwt: {jwks: 'http://[::1]:99999/'}"],
  ].map(([place = '', yaml = '']): [string, string, RegExp] => [
    `${place} that is nowhere`,
    `${sound}${yaml}\n`,
    new RegExp(
      `^target\\.yaml:7:\\d+ ${place}: expected .*an http or https URL; seen "http://\\[::1\\]:99999/"; `,
    ),
  ]),
  [
    'submission on a host that nobody allows to test',
    sound.replace('mail: {', 'mail: {submission: {host: mx.shop.test, implicit: 465}, '),
    /mail\.submission\.host: expected authorization .* seen mx\.shop\.test; /,
  ],
  [
    'a command that fails, without its output',
    sound.replace(`'\${env:KEY}'`, `{exec: 'echo sk_live_1; exit 3'}`),
    'target.yaml:3:31 principals.sender.bearer: expected echo to print the secret; seen exit code 3; run the command by hand and see (its output is not shown here)',
  ],
  [
    'a command that is not there',
    sound.replace(`'\${env:KEY}'`, `{exec: [no-such-program, x]}`),
    'target.yaml:3:31 principals.sender.bearer: expected no-such-program to print the secret; seen no start (ENOENT); run the command by hand and see (its output is not shown here)',
  ],
])('%s', async (_, yaml, expected) => {
  const message = await complaint(yaml)
  if (typeof expected === 'string') expect(message.slice(0, expected.length)).toBe(expected)
  else expect(message).toMatch(expected)
})

test.each(['reference.yaml', 'example.yaml'])('%s, which comes with the project, is sound', async (name) => {
  const file = fileURLToPath(new URL(`../../fixtures/targets/${name}`, import.meta.url))
  expect(Object.keys((await readProfile(file)).data.operations)).toContain('message.send')
})

test('an unset variable', async () => {
  expect(await complaint(sound, {})).toBe(
    'target.yaml:3:31 principals.sender.bearer: expected the variable KEY in the environment; seen it unset; set KEY and run again',
  )
})

test('references are filled in wherever they stand, and secrets are told from the rest', async () => {
  const yaml =
    `${sound}  submission: {host: 'smtp.\${env:ZONE}', starttls: '\${env:PORT}', username: u, secret: {exec: [node, -p, '"from-a-vault"']}}\n`
      .replace('mail: {from: a@b.test}', `mail:\n  from: a@\${env:ZONE}`)
      .replace('/send', `'/\${env:ZONE}/send'`) +
    'authorization: {owner: QA, until: 2999-01-31, scope: ["*.shop.test"]}\n'
  const profile = await resolved(yaml, { KEY: 'k-1234', ZONE: 'shop.test', PORT: '2525' })
  expect(profile.mail).toMatchObject({
    from: 'a@shop.test',
    submission: { host: 'smtp.shop.test', starttls: 2525, secret: 'from-a-vault' },
  })
  expect(profile.operations['message.send']?.path).toBe('/shop.test/send')
  expect(profile.secrets).toEqual([
    { name: 'KEY', value: 'k-1234' },
    { name: 'MAIL_SUBMISSION_SECRET', value: 'from-a-vault' },
  ])
})

test.each(['"', "'"])('a secret in a string of an expression is sent as it is, within %s', async (quote) => {
  const secret = `p\\u0042'a"s\\s\n€`
  const expression = `{${quote}key${quote}: ${quote}<\${env:ODD}>${quote}, "n": \${env:COUNT}}`
  const yaml = sound.replace(`'{"to": [to.email]}'`, JSON.stringify(expression))
  const { operations } = await resolved(yaml, { KEY: 'k-1234', ODD: secret, COUNT: '1234' })
  const { body } = operations['message.send'] ?? {}
  const value = body?.kind === 'json' ? await body.expression.evaluate({}) : null
  expect(value).toEqual({ key: `<${secret}>`, n: 1234 })
})

test.each([`127.0.0.1:1/\${env:ODD}/v1`, `\${env:ODD}`])(
  'an error does not show what a reference stands for: %s',
  async (url) => {
    const said = await complaint(sound.replace('http://127.0.0.1:1', url), { KEY: 'k-1234', ODD: 'a"url-9x' })
    expect(said).toContain('$ODD')
    expect(said).not.toMatch(/url-9x/)
  },
)

test('what only the run can say stands where the settings of a target do not: those are its driver’s', async () => {
  const yaml = sound
    .replace(
      "'http://127.0.0.1:1'",
      `'http://127.0.0.1:\${target:8080}', container: {image: a, ports: [8080], environment: {PASSWORD: '\${random:admin}', DNS: '\${sandbox:dns}'}}`,
    )
    .replace('env:KEY', 'random:admin')
  const profile = await resolved(yaml, { 'target:8080': '49152', 'random:admin': 'r-1234' })
  expect(profile.target).toMatchObject({
    url: 'http://127.0.0.1:49152',
    container: { environment: { PASSWORD: `\${random:admin}`, DNS: `\${sandbox:dns}` } },
  })
  expect(profile.secrets).toEqual([{ name: 'RANDOM_ADMIN', value: 'r-1234' }])
  expect(await complaint(yaml, { 'random:admin': 'r-1234' })).toBe(
    'target.yaml:2:15 target.url: expected a value of target:8080; seen it unset; list the port in target.container.ports',
  )
})

test('a fixed port is of what the sandbox has', async () => {
  expect(await complaint(`${sound}sandbox: {ports: {dsn: 5353, slow: 2525}}\n`)).toMatch(
    /^target\.yaml:7:\d+ sandbox\.ports\.dsn: expected one of dns, .*; seen "dsn"; did you mean dns\?$/,
  )
})

test('each fixed port that the sandbox can have may stand in a profile', async () => {
  for (const port of [...services, ...personalities])
    expect(await complaint(`${sound}sandbox: {ports: {${port}: 2525}}\n`)).toBe('nothing to complain about')
})

test('a target comes up in one way', async () => {
  const both = sound.replace("1'}", "1', embedded: a.ts, command: {run: [node]}, container: {ports: [1]}}")
  expect(await complaint(both)).toBe(
    `target.yaml:2:77 target.container: expected one way to come up: embedded, container or command; seen embedded and container and command; keep one; without any of them the target runs already
target.yaml:2:77 target.container: expected an image or what to build it from; seen neither; write image or build`,
  )
})

test('of a thousand mistakes the first are told, each in so many words', async () => {
  const names = Array.from({ length: 1000 }, (_, n) => `nobody.knows-${n}`)
  const told = await complaint(`${sound}roles: {admin: [${'x'.repeat(100_000)}, ${names.join(', ')}]}\n`)
  expect(told).toMatch(/\n… and 981 more of the kind$/)
  expect(told.split('\n')).toHaveLength(21)
  expect(told.length).toBeLessThan(60_000)
})
