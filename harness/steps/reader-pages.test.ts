import { expect, test } from 'vitest'
import type { Api } from '../api/api.ts'
import { field, withApi } from '../api/recording-target.testing.ts'
import type { Post } from '../check/post.ts'
import type { Delivery, Exchange } from '../model.ts'
import { readerPages, waysToRedirect } from './reader-pages.ts'

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

test('each form stands in all parameters at once, and each parameter alone has every form', async () => {
  const url = new URL('https://links.shop.test/u/7?next=/home&list=news')
  const asked: URL[] = []
  const get = async (at = url) => {
    asked.push(at)
    const body = at.searchParams.get('next')?.startsWith('//') ? at.href : 'See you'
    return { response: { body } } as Partial<Exchange> as Exchange
  }
  const plain = await get()
  const ways = waysToRedirect({ url, get }, plain, { L: 'away.test', id: 'k7', own: 'shop.test' })
  const alone = ways.find(({ name }) => name === 'next alone')
  const forms = await alone?.ask()
  const values = forms?.map(({ at }) => at.searchParams.get('next'))
  expect(new Set(values).size).toBe(asked.length - 1)
  expect(new Set(values).size).toBeGreaterThan(10)
  expect(
    forms?.every(({ at }) => !at.searchParams.has('return') && at.searchParams.get('list') === 'news'),
  ).toBe(true)
  expect(forms?.filter(({ holds }) => holds).map(({ at }) => at.searchParams.get('next'))).toEqual(
    values?.filter((value) => value?.startsWith('//')),
  )

  const [together, byScripts] = await Promise.all(ways.slice(0, 2).map(({ ask }) => ask()))
  expect(together?.map(({ at }) => ['next', 'return'].map((name) => at.searchParams.get(name)))).toEqual([
    [values?.[0], values?.[0]],
  ])
  expect(byScripts).toEqual([{ at: together?.[0]?.at, answer: plain, holds: true }])
})
