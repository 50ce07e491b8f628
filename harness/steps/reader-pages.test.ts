import { expect, test } from 'vitest'
import { field, withApi } from '../api/recording-target.testing.ts'
import type { Mailbox } from '../check/mailbox.ts'
import type { Delivery } from '../model.ts'
import { readerPages } from './reader-pages.ts'

const profile = `
principals: {sender: {bearer: '\${env:KEY}'}, support: {query: {key: '\${env:KEY}'}}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email]}'}
mail: {from: news@shop.test}
`
const env = { KEY: 'abcdefgh' }

/** A mailbox in which each message arrives with these header fields. */
function mailboxWith(fields: string) {
  const delivery = { raw: Buffer.from(`${fields}\r\n\r\nHello\r\n`) } as Partial<Delivery> as Delivery
  return {
    address: () => 'reader@inbox.invalid',
    letter: () => ({ subject: 'Hello', text: 'Hello' }),
    delivery: async () => delivery,
  } satisfies Partial<Mailbox> as Partial<Mailbox> as Mailbox
}

const unsubscribe = `pages: {unsubscribe: {field: List-Unsubscribe, at: '\${env:TARGET_URL}'}}\n`

test('a page that mail leads to is found in its field, and asked for where the profile says', async () => {
  await withApi({ profile: profile + unsubscribe, env }, async ({ api, requests }) => {
    const mailbox = mailboxWith(
      'List-Unsubscribe: <mailto:u@shop.test>,\r\n <https://links.shop.test/u/7?\r\n list=news>',
    )
    const [page] = readerPages({ api, mailbox })
    const found = await page?.find()
    expect(found?.url.href).toBe('https://links.shop.test/u/7?list=news')
    const exchange = await found?.get(new URL('?next=%2F%2Fa', found.url))
    expect(exchange).toMatchObject({ operation: 'page.unsubscribe', principal: 'anonymous' })
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /send',
      'GET /u/7?next=%2F%2Fa',
    ])
    expect(field(requests[1], 'authorization')).toBeUndefined()
  })
})

test.each([
  'Subject: none',
  'List-Unsubscribe: <mailto:u@shop.test>',
  'List-Unsubscribe: <http://shop.test/u>',
])('nothing can be said of a page where mail does not lead there by https: %s', async (fields) => {
  await withApi({ profile: profile + unsubscribe, env }, async ({ api }) => {
    const [page] = readerPages({ api, mailbox: mailboxWith(fields) })
    await expect(page?.find()).rejects.toThrow('the delivered message has no https link in List-Unsubscribe')
  })
})

test('a page with a url is below the target, or where it says, and asked for as whom it says', async () => {
  const pages = `pages:
  consent: {url: '/authorize?client_id=qa', as: support}
  elsewhere: {url: '\${env:TARGET_URL}/login'}
`
  await withApi({ profile: profile + pages, env }, async ({ api, requests, profile }) => {
    for (const { find } of readerPages({ api, mailbox: mailboxWith('') })) await (await find()).get()
    expect(requests.map(({ path }) => path)).toEqual(['/authorize?client_id=qa&key=abcdefgh', '/login'])
    const [consent] = readerPages({ api, mailbox: mailboxWith('') })
    expect((await consent?.find())?.url.href).toBe(`${profile.target.url}/authorize?client_id=qa`)
  })
})

test('whatever address is asked for, the place is that of the page', async () => {
  const pages = `pages: {consent: {url: /authorize}}\n`
  await withApi({ profile: profile + pages, env }, async ({ api, requests }) => {
    const [page] = readerPages({ api, mailbox: mailboxWith('') })
    const other = new URL('http://127.0.0.1:1/authorize')
    await (await page?.find())?.get(other)
    expect(requests.map(({ path }) => path)).toEqual(['/authorize'])
  })
})
