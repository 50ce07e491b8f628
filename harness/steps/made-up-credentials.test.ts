import { expect, test } from 'vitest'
import { field, type Recorded } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { anonymousForms } from '../probes/anonymous.ts'
import { prepareAttempt } from './attempts.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { refusedWithoutCredential } from './made-up-credentials.ts'

const profile = `
principals:
  admin: {bearer: '\${env:KEY}'}
  anonymous: {none: true}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email]}', inputs: [to], result: {id: body.id}}
mail: {from: a@shop.test, recipients: {route: relay}}
`

/** Mail that is late: none is seen before so many are asked for. */
function mailOf(readers: ReadonlySet<string>, most: number): Kit['post'] {
  const all = Promise.withResolvers<void>()
  let asked = 0
  const of = (to: string, { answer }: Exchange) => ({
    async arrived() {
      if (++asked === most) all.resolve()
      if (answer === 'accepted') await all.promise
      return readers.has(to) ? {} : null
    },
  })
  return { of } as unknown as Kit['post']
}

/** The ways that are found of a target which answers everybody so, and delivers what it lets through. */
async function foundWhere(
  delivers: (request: Recorded) => boolean,
  answered: object = { body: { id: 'anonymous' } },
): Promise<readonly unknown[]> {
  const readers = new Set<string>()
  const answer = (request: Recorded) => {
    const byOwner = field(request, 'authorization') === 'Bearer abcdefgh'
    if (byOwner || delivers(request)) readers.add(JSON.parse(request.body).to[0])
    return byOwner ? { body: { id: 'msg_1' } } : answered
  }
  const post = mailOf(readers, anonymousForms.length + 1)
  const scene = { profile, env: { KEY: 'abcdefgh' }, answer, kit: { post } }
  const { findings } = await judgedOver(scene, async (kit) => {
    const attempt = await prepareAttempt('message.send', kit)

    await refusedWithoutCredential('message.send', attempt, kit)
  })
  return findings.map(({ variant }) => variant)
}

test('mail of requests without a credential is waited for at once, and each is judged by its own', async () => {
  expect(await foundWhere(() => false)).toEqual([])
  expect(await foundWhere(({ path }) => path === '//send')).toEqual(['path with // in front'])
})

test('mail of a request that was refused is found', async () => {
  const refused = { status: 401, body: {} }
  expect(await foundWhere(({ path }) => path === '//send', refused)).toEqual(['path with // in front'])
})
