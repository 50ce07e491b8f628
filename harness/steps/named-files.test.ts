import { expect, test } from 'vitest'
import { withApi } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { placesToName, waysToNameFiles } from './named-files.ts'

const profile = (body: string) => `
principals: {admin: {bearer: '\${env:KEY}'}}
mail: {from: shop@sender.example, recipients: {route: relay}}
operations: {message.send: {method: POST, path: /send, as: admin, ${body}}}
`
const json = `body: '{"to": [to.email], "subject": subject, "text": text}'`
const form = `form: '{"to": to.email, "subject": subject, "text": text}'`

/** What each way has the target asked, by its name; how those ended that asked nothing. */
async function asked(body: string) {
  const bodies: Record<string, string | undefined> = {}
  const { kit, judge } = sampleKit()
  let variants: readonly string[] = []
  await withApi(
    { profile: profile(body), env: { KEY: 'a-key-of-admin' } },
    async ({ api, reach, requests, ...rig }) => {
      const ground = { ...kit, api, reach, profile: rig.profile }
      const judged = await judge(async () => {
        const one = async ({ name, send }: ReturnType<typeof waysToNameFiles>[number]) => {
          await send('/etc/passwd')
          bodies[name] = requests.at(-1)?.body
          kit.verify.that(true, { expected: '', actual: '' })
        }
        await kit.verify.each(waysToNameFiles(ground), one, 'one by one')
      })
      variants = judged.variants.map(({ name, state, reason }) => `${name}: ${state} ${reason ?? ''}`)
    },
  )
  return { bodies, variants }
}

test('what the profile puts into JSON is changed there; what it has no place for is not applicable', async () => {
  const { bodies, variants } = await asked(json)
  expect(JSON.parse(bodies['a text with a path'] ?? '')).toMatchObject({ text: { path: '/etc/passwd' } })
  expect(JSON.parse(bodies['an attachment with a path'] ?? '')).toMatchObject({
    attachments: [{ path: '/etc/passwd' }],
  })
  expect(Object.keys(bodies)).not.toContain('HTML with a path')
  expect(variants.find((variant) => variant.startsWith('HTML with a path'))).toContain(
    'not-applicable message.send of the profile has no place for it in a body of JSON',
  )
})

test('a form has no objects, and nothing is asked', async () => {
  const { bodies, variants } = await asked(form)
  expect(bodies).toEqual({})
  expect(variants.every((variant) => variant.includes('not-applicable'))).toBe(true)
})

test.each([
  ['http://127.0.0.1:8025', 5],
  ['http://172.17.0.1:8025', 5],
  ['http://192.0.2.10:8025', 4],
])('with the callback at %s, %d places are named: a public one may be asked for', (origin, count) => {
  const { kit } = sampleKit()
  const url = (path: string) => `${origin}${path}`
  const callback = {
    url,
    hits: async () => [],
    serve: async () => {},
    failOnce: async () => {},
    hit: async () => [],
  }
  expect(placesToName({ ...kit, callback })).toHaveLength(count)
})
