import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { field, withApi } from '../api/recording-target.testing.ts'
import type { Post } from '../check/post.ts'
import type { Delivery } from '../model.ts'
import { readerPages } from './reader-pages.ts'

const profile = `
principals: {sender: {bearer: '\${env:KEY}'}, support: {query: {key: '\${env:KEY}'}}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email]}'}
mail: {from: news@shop.test}
`
const env = { KEY: 'abcdefgh' }

/** Messages that arrive with these header fields. */
function postWith(fields: string, api?: Api): Post {
  const delivery = { raw: Buffer.from(`${fields}\r\n\r\nHello\r\n`) } as Partial<Delivery> as Delivery
  const send = async () => {
    await api?.call('message.send', { to: 'reader@inbox.invalid' })
    return { delivered: async () => delivery }
  }
  return { send } as Partial<Post> as Post
}

const unsubscribe = `pages: {unsubscribe: {field: List-Unsubscribe, at: '\${env:TARGET_URL}'}}\n`

test('a page that mail leads to is found in its field, and asked for where the profile says', async () => {
  await withApi({ profile: profile + unsubscribe, env }, async ({ api, requests }) => {
    const post = postWith(
      'List-Unsubscribe: <mailto:u@shop.test>,\r\n <https://links.shop.test/u/7?\r\n list=news>',
      api,
    )
    const [page] = readerPages({ api, post })
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
    const [page] = readerPages({ api, post: postWith(fields) })
    await expect(page?.find()).rejects.toThrow('the delivered message has no https link in List-Unsubscribe')
  })
})

test('a page with a url is below the target, or where it says, and asked for as whom it says', async () => {
  const pages = `pages:
  consent: {url: '/authorize?client_id=qa', as: support}
  elsewhere: {url: '\${env:TARGET_URL}/login'}
`
  await withApi({ profile: profile + pages, env }, async ({ api, requests, profile }) => {
    for (const { find } of readerPages({ api, post: postWith('') })) await (await find()).get()
    expect(requests.map(({ path }) => path)).toEqual(['/authorize?client_id=qa&key=abcdefgh', '/login'])
    const [consent] = readerPages({ api, post: postWith('') })
    expect((await consent?.find())?.url.href).toBe(`${profile.target.url}/authorize?client_id=qa`)
  })
})

test('whatever address is asked for, the place is that of the page', async () => {
  const pages = `pages: {consent: {url: /authorize}}\n`
  await withApi({ profile: profile + pages, env }, async ({ api, requests }) => {
    const [page] = readerPages({ api, post: postWith('') })
    const other = new URL('http://127.0.0.1:1/authorize')
    await (await page?.find())?.get(other)
    expect(requests.map(({ path }) => path)).toEqual(['/authorize'])
  })
})

test('a redirect is the page, and a request for one that a limit refuses is made again', async () => {
  const pages = `pages: {clicks: {url: '/c?url=https%3A%2F%2Fshop.test%2F'}}\n`
  const left = [1, 1, 0]
  const answer = () =>
    left.shift() === 1
      ? { status: 429, headers: { 'retry-after': '0' } }
      : { status: 302, headers: { location: 'https://shop.test/' } }
  await withApi({ profile: profile + pages, env, answer }, async ({ api, requests }) => {
    const [page] = readerPages({ api, post: postWith('') })
    const exchange = await (await page?.find())?.get()
    expect(exchange).toMatchObject({ answer: 'accepted', response: { status: 302 } })
    expect(requests).toHaveLength(3)
  })
})

test('a page is asked for a few times at once, however many want it', async () => {
  const pages = `pages: {consent: {url: /authorize}}\n`
  await withApi({ profile: profile + pages, env }, async ({ api }) => {
    let [underway, most] = [0, 0]
    const send: Api['send'] = async (...args) => {
      most = Math.max(most, ++underway)
      return api.send(...args).finally(() => underway--)
    }
    const [page] = readerPages({ api: { ...api, send }, post: postWith('') })
    const found = await page?.find()
    await Promise.all(Array.from({ length: 20 }, () => found?.get()))
    expect(most).toBe(4)
  })
})
