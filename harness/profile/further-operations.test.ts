import { expect, test } from 'vitest'
import { withProfileFile } from '../api/recording-target.testing.ts'
import { compile } from './expressions.ts'
import { type Profile, ProfileError, readProfile, resolveProfile } from './profile.ts'

const yaml = (operations: string, more = '') => `name: a target
target: {url: 'http://127.0.0.1:1'}
principals: {admin: {bearer: '\${env:KEY}', role: boss}}
roles: {boss: [message.send]}
operations:
${operations}
${more}
mail: {from: a@b.test}
`

const resolved = (operations: string, more = ''): Promise<Profile> =>
  withProfileFile(yaml(operations, more), async (file) =>
    resolveProfile(await readProfile(file), { KEY: 'abcdefgh' }),
  )

/** Only what is wrong, without the places. */
async function complaints(operations: string, more = ''): Promise<string[]> {
  try {
    await resolved(operations, more)
    return []
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error
    return error.problems.map(
      ({ path, expected, seen, remedy }) => `${path}: ${expected}; ${seen}; ${remedy}`,
    )
  }
}

const named = (name: string, more = '') => `  ${name}: {method: GET, path: /a${more}}`

test.each([
  'segment.create',
  'list.get',
  'campaign.archive',
  'message.archive',
  'message.resend',
  'message.read',
  'contact.import',
  'key.reset',
  'email-list.bulk-delete',
  'contactList.listMembers',
])('%s is an operation, though none of ours', async (name) => {
  // Ours of that meaning is there too, so that it is no other word for it.
  expect(await complaints([named(name), named('message.get')].join('\n'))).toEqual([])
})

const own = 'write effect: read, create, change or delete into it'

test.each([
  ['message.sned', 'message.send'],
  ['mesage.send', 'message.send'],
  ['messages.list', 'message.list'],
  ['user.lst', 'user.list'],
  ['key.delete', 'key.revoke'],
  ['template.add', 'template.create'],
])('%s may be a slip of the pen, or another word, for %s', async (name, meant) => {
  const [complaint] = await complaints(named(name))
  expect(complaint).toContain(`did you mean ${meant}? Where it is another one, ${own}`)
  expect(await complaints(named(name, ', effect: change'))).toEqual([])
})

test.each([
  ['segment.ping', /a verb that says what the operation does; "segment.ping"; write effect: read/],
  ['segment', /the name of an operation, kind\.verb; "segment"; write it as segment\.create/],
  ['a.b.c', /the name of an operation, kind\.verb/],
])('%s does not say what it does', async (name, complaint) => {
  expect((await complaints(named(name))).join()).toMatch(complaint)
})

test('a word of ours that is declared besides leaves its other words to others', async () => {
  expect(await complaints([named('key.delete'), named('key.revoke')].join('\n'))).toEqual([])
})

test('what is wrong with a further operation is said', async () => {
  const operations = `
  hook.create:
    method: POST
    path: '/hooks/{my-id}'
    body: '{"url": url'
    example: {url: '\${marc}', id: 7, color: blue}
    result: {first-id: body.id}
    inputs: [url, my.url]
    undo: {operation: hook.delete, input: result}
  message.list: {method: GET, path: /messages, effect: read, example: {serch: x}}`
  expect((await complaints(operations)).map((complaint) => complaint.replace(/; .*/, ''))).toEqual([
    'operations.hook.create.path: a name of letters and digits',
    'operations.hook.create.body: a JSONata expression',
    'operations.hook.create.example.url: what is fresh for each call: one of mark, address, uuid',
    'operations.hook.create.example.id: no id: the run takes that of what it made, or of what the list shows',
    'operations.hook.create.example.color: an input that hook.create carries: one of url, my.url',
    'operations.hook.create.result.first-id: a name of letters and digits',
    'operations.hook.create.inputs.1: a name of letters and digits',
    'operations.hook.create.undo.operation: an operation of this profile: one of hook.create, message.list',
    'operations.message.list.effect: effect where the operation is none of ours',
    'operations.message.list.example.serch: an input that message.list carries: one of search, sort, limit, cursor, status',
  ])
})

test('roles and scopes may name one that is declared, and no other', async () => {
  const tables = 'scopes: {hooks: [hook.list, hook.create]}'
  expect(await complaints(named('hook.list'), tables)).toEqual([
    expect.stringMatching(/^scopes\.hooks\.1: .*"hook\.create"; /),
  ])
})

test('its inputs are what its templates and its body name, each once, and no fields of them', async () => {
  const { operations } = await resolved(`
  hook.create:
    method: POST
    path: /tenants/{principal.tenant}/hooks/{kind}
    query: {dry: '{dry}'}
    body: '{"url": url, "on": [events.name], "who": $principal.id, "kind": kind}'
  hook.import: {method: POST, path: /import, body: $, example: {file: x}}`)
  const inputs = (name: string) => [...(operations[name]?.inputs ?? [])].sort()
  expect(inputs('hook.create')).toEqual(['dry', 'events', 'kind', 'url'])
  expect(inputs('hook.import')).toEqual(['file'])
})

test.each<[string, readonly string[] | null]>([
  ['{"a": url, "b": [events], "c": settings.color[shade = dark]}', ['events', 'settings', 'url']],
  ['$map(list, function($x) {$x.name & suffix})', ['list', 'suffix']],
  ['items.{"n": name, "w": $$.whole}', ['items', 'whole']],
  ['$.url', ['url']],
  ['list^(>age).name', ['list']],
  ['list{kind: $count($)}', ['list']],
  ['$merge([$, {"a": 1}])', null],
  ['*', null],
])('%s begins with %j of its input', (source, inputs) => {
  const found = compile(source).inputs
  expect(found === null ? null : [...found].sort()).toEqual(inputs)
})

const making = `  hook.create: {method: POST, path: /hooks, result: {id: body.id}, UNDO}`

test.each([
  ['hook.delete', `  hook.delete: {method: DELETE, path: '/hooks/{id}'}`, '', 'hook.delete'],
  ['any word for it', `  hook.remove: {method: DELETE, path: '/hooks/{id}'}`, '', 'hook.remove'],
  [
    'none that needs more than the id',
    `  hook.remove: {method: POST, path: '/hooks/{id}/remove', body: '{"member": member}'}`,
    '',
    undefined,
  ],
  ['none of another kind', `  list.delete: {method: DELETE, path: '/lists/{id}'}`, '', undefined],
  [
    'none where the profile says so',
    `  hook.delete: {method: DELETE, path: '/hooks/{id}'}`,
    'undo: false',
    undefined,
  ],
  [
    'what the profile says',
    `  hook.archive: {method: POST, path: '/hooks/{id}/archive'}`,
    `undo: {operation: hook.archive, input: '{"id": result.id}'}`,
    'hook.archive',
  ],
])('what was made is taken back by %s', async (_, other, undo, operation) => {
  const { operations } = await resolved(
    `${making.replace(', UNDO', undo === '' ? '' : `, ${undo}`)}\n${other}`,
  )
  const found = operations['hook.create']?.undo
  expect(found?.operation).toBe(operation)
  if (found !== null) expect(await found?.input.evaluate({ result: { id: '7' } })).toEqual({ id: '7' })
})

test('what sends mail sends it where its example says', async () => {
  const { operations } = await resolved(`
  campaign.send: {method: POST, path: '/campaigns/{id}/send'}
  campaign.sendTest: {method: POST, path: /test, body: $, example: {to: ['\${address}'], text: hi}}
  campaign.get: {method: GET, path: '/campaigns/{id}'}`)
  const sends = Object.values(operations).map((each) => [each.sends, each.mailTo, each.object])
  expect(sends).toEqual([
    [true, [], 'id'],
    [true, ['to'], null],
    [false, [], 'id'],
  ])
})
