import { expect, test } from 'vitest'
import { withApi, withProfileFile, zone } from '../api/recording-target.testing.ts'
import { readProfile, resolveProfile } from './profile.ts'

const profile = (mcp: string, url = 'http://127.0.0.1:1') => `name: a
target: {url: '${url}'}
principals: {admin: {bearer: '\${env:KEY}'}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email]}', result: {id: body.id}}
  key.list: {method: GET, path: /keys}
mail: {from: a@b.test}
mcp: ${mcp}
`

const complaint = (mcp: string) =>
  withProfileFile(profile(mcp), async (file) =>
    readProfile(file)
      .then((document) => resolveProfile(document, { KEY: 'k-1234567' }))
      .then(
        () => null,
        (error: Error) => error.message.replaceAll(/^.*target\.yaml:[\d:]+ /gm, ''),
      ),
  )

test.each<[string, string, string | RegExp]>([
  [
    'an operation that there is not',
    '{url: /mcp, tools: {send: {operation: message.sent}}}',
    'mcp.tools.send.operation: expected an operation of this profile: one of message.send, key.list; seen "message.sent"; did you mean message.send?',
  ],
  [
    'arguments that are no JSONata',
    `{url: /mcp, tools: {send: {operation: message.send, arguments: '{"to": '}}}`,
    /^mcp\.tools\.send\.arguments: /,
  ],
  [
    'a list of one that is its element',
    `{url: /mcp, tools: {send: {operation: message.send, arguments: '{"to": to.email}'}}}`,
    /^mcp\.tools\.send\.arguments: expected the same shape for one recipient as for two/,
  ],
  [
    'a result that is none of the operation',
    '{url: /mcp, tools: {send: {operation: message.send, result: {identity: body.id}}}}',
    /^mcp\.tools\.send\.result\.identity: expected a result of message\.send/,
  ],
  ['a place that is none', '{url: mcp, tools: {}}', /^mcp\.url: expected a path or an http or https URL/],
  [
    'a host that nobody allows to test',
    '{url: "https://mcp.shop.example/mcp", tools: {}}',
    /mcp\.shop\.example/,
  ],
])('%s is a mistake, told where it stands', async (_, mcp, says) => {
  const seen = await complaint(mcp)
  if (typeof says === 'string') expect(seen).toContain(says)
  else expect(seen).toMatch(says)
})

test('a tool is called where the server is, and is the operation in all else', async () => {
  const mcp = `{url: '/mcp?v=1', tools: {send: {operation: message.send, arguments: '{"to": to[0].email}', result: {id: body.id}}}}`
  const [, , ...rest] = profile(mcp).split('\n')
  const answer = () => ({
    body: { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: '{"id": "m-1"}' }] } },
  })
  await withApi({ profile: rest.join('\n'), env: { KEY: 'k-1234567' }, answer }, async (rig) => {
    const by = rig.profile.mcpCalls?.tools['send']
    const to = `ann@inbox.sound.${zone}`
    const exchange = await rig.api.call('message.send', { to, mcpVersion: '2025-06-18' }, undefined, { by })
    expect(exchange).toMatchObject({
      ...{ answer: 'accepted', operation: 'message.send', principal: 'admin', result: { id: 'm-1' } },
    })
    const [request] = rig.requests
    expect([request?.method, request?.path]).toEqual(['POST', '/mcp?v=1'])
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      ...{ authorization: 'Bearer k-1234567', 'mcp-protocol-version': '2025-06-18' },
      accept: 'application/json, text/event-stream',
    })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'send', arguments: { to } } },
    })
    await expect(
      rig.api.call('message.send', { to: 'ann@elsewhere.example.com' }, undefined, { by }),
    ).rejects.toThrow(/only .* end in the sandbox/)
  })
})
