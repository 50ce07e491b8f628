import { expect, test } from 'vitest'
import type { Exchange } from '../model.ts'
import { corpus, redirectParameters } from '../probes/corpora.ts'
import { waysToRedirect } from './ways-to-redirect.ts'

const url = new URL('https://links.shop.test/u/7?next=/home&list=news')
const aim = { L: 'away.test', id: 'k7', own: 'shop.test' }
const forms = corpus('redirects', aim).map(({ value }) => value)

/** What a page shows to whoever asks with a query, and everything that it is asked then. */
async function askAll(shown: (query: URLSearchParams) => string | undefined) {
  const asked: URL[] = []
  const get = async (at = url) => {
    asked.push(at)
    return { response: { body: shown(at.searchParams) ?? 'See you' } } as Partial<Exchange> as Exchange
  }
  const ways = waysToRedirect({ url, get }, await get(), aim)
  const answers = await Promise.all(
    ways.map(async ({ name, ask }) => [name, await Array.fromAsync(ask())] as const),
  )
  return { asked, answers: new Map(answers) }
}

/** Of these answers, the values that a parameter had alone. */
const alone = (answers: readonly { readonly at: URL }[] | undefined, parameter: string) =>
  (answers ?? []).flatMap(({ at: { searchParams } }) => {
    const value = searchParams.get(parameter)
    return value !== null && !searchParams.has('postern') && !searchParams.has('target') ? [value] : []
  })

test('each form stands in all parameters at once, asked for and as the page’s scripts find it', async () => {
  const { answers } = await askAll(() => undefined)
  const [together, byScripts] = ['all parameters, whole', 'read by its scripts, whole'].map((name) =>
    answers.get(name),
  )
  const at = together?.[0]?.at
  expect(['next', 'return', 'list'].map((name) => at?.searchParams.get(name))).toEqual([
    forms[0],
    forms[0],
    'news',
  ])
  expect(byScripts).toMatchObject([{ at, holds: true, answer: { response: { body: 'See you' } } }])
})

test('a parameter that nothing reads is asked for once, and the page no more than 60 times', async () => {
  const { asked, answers } = await askAll(() => undefined)
  for (const parameter of redirectParameters.filter((name) => name !== 'target' && name !== 'next'))
    expect(alone(answers.get(`${parameter} alone`), parameter)).toEqual([forms[0]])
  expect(asked.length).toBeLessThanOrEqual(60)
})

test.each<[string, number, (value: string) => boolean]>([
  ['paths', 60, (value) => value.startsWith('/')],
  ['addresses of its domain', 60, (value) => value.startsWith('https:') && value.includes('shop.test')],
  ['addresses that begin as its own do', 60, (value) => value.startsWith('https://links.shop.test')],
  ['anything', 80, () => true],
])('a parameter that is read has every form, where the page lets through %s', async (_, most, passes) => {
  const { asked, answers } = await askAll((query) => {
    const wish = query.get('goto')
    return wish !== null && passes(wish) ? wish : undefined
  })
  const mine = answers.get('goto alone')
  expect(alone(mine, 'goto')).toEqual(expect.arrayContaining(forms))
  expect(mine?.flatMap(({ at, holds }) => (holds ? [at.searchParams.get('goto')] : []))).toEqual(
    forms.filter(passes),
  )
  expect(asked.length).toBeLessThanOrEqual(most)
})

test('a parameter is read also where another one hides it that is not', async () => {
  const { answers } = await askAll((query) => {
    const first = query.get('back')
    return first === null ? (query.get('service') ?? undefined) : undefined
  })
  expect(alone(answers.get('service alone'), 'service')).toEqual(expect.arrayContaining(forms))
})

test('that a page writes its whole query down does not say that anything reads it', async () => {
  const { asked, answers } = await askAll((query) => `<form action="/u/7?${query}">`)
  expect(alone(answers.get('goto alone'), 'goto')).toEqual([forms[0]])
  expect(asked.length).toBeLessThanOrEqual(60)
  const reading = await askAll((query) => `<form action="?${query}"><a href="${query.get('goto') ?? '/'}">`)
  expect(alone(reading.answers.get('goto alone'), 'goto')).toEqual(expect.arrayContaining(forms))
})
