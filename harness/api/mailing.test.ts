import { expect, test } from 'vitest'
import { createMailing } from './mailing.ts'
import { withApi } from './recording-target.testing.ts'

const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
mail: {from: shop@sender.example, recipients: {route: relay}}
operations:
  message.send: {method: POST, path: /send, as: admin, body: '{"to": to, "cc": cc, "sendAt": sendAt}', result: {id: body.id}}
  message.batch: {method: POST, path: /batch, as: admin, body: '{"messages": messages}', result: {ids: body.ids}}
  message.cancel: {method: POST, path: '/messages/{id}/cancel', as: admin}
`
const at = (name: string) => `${name}@inbox.sound.0a1b2c3d.postern.test`

test('mail that the target accepted is known by its recipients, until it is called off', async () => {
  const mailing = createMailing()
  const answer = ({ path, body }: { path: string; body: string }) =>
    path === '/send' && body.includes('refused')
      ? { status: 403 }
      : { status: 202, body: JSON.stringify({ id: body.includes('later') ? 'm-1' : 'm-2' }) }
  await withApi({ profile, env: { KEY: 'a-key-of-admin' }, mailing, answer }, async ({ api }) => {
    await api.call('message.send', { to: at('one'), cc: [{ email: at('copy'), name: 'A copy' }] })
    await api.call('message.send', { to: at('refused') })
    await api.call('message.send', { to: at('later'), sendAt: '2099-01-01T00:00:00Z' })
    await api.call('message.batch', { messages: [{ to: at('first') }, { to: at('second') }] })
    expect(mailing.recipients).toEqual(['one', 'copy', 'later', 'first', 'second'].map(at))
    await api.call('message.cancel', { id: 'm-1' })
    expect(mailing.recipients).toEqual(['one', 'copy', 'first', 'second'].map(at))
  })
})

test('so is mail of requests that a check wrote itself, and of a batch what was not refused in its place', async () => {
  const mailing = createMailing()
  const answer = ({ path, body }: { path: string; body: string }) =>
    path === '/batch'
      ? { status: 200, body: JSON.stringify({ ids: ['m-1', null] }) }
      : { status: body.includes('refused') ? 429 : 202 }
  await withApi({ profile, env: { KEY: 'a-key-of-admin' }, mailing, answer }, async ({ api }) => {
    const operation = 'message.send' as const
    for (const name of ['raw', 'refused']) {
      const input = { to: at(name) }
      await api.send(await api.prepare(operation, input), { operation, principal: 'admin', input })
    }
    await api.call('message.batch', { messages: [{ to: at('taken') }, { to: at('left out') }] })
    expect(mailing.recipients).toEqual(['raw', 'taken'].map(at))
    const request = await api.prepare(operation, { to: at('nobody') })
    await expect(api.send(request, { operation, principal: 'admin' })).rejects.toThrow('name it')
  })
})
