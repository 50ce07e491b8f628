import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { burstOf } from './bursts.ts'
import { judgeBatches } from './limit-channels.ts'

const limit = { limit: 10, window: 60, principal: 'sender' }
const mail = {
  from: 'shop@own.test',
  domains: ['own.test'],
  delivery: { within: 1 },
  recipients: { route: 'mx' },
}

/** What comes of batches of which all messages were accepted, and so many sent at once. */
async function judged(sent: number) {
  const posted = Array.from({ length: 22 }, (_, n) => ({
    to: `reader-${n}@r.test`,
    exchange: sampleExchange('accepted'),
  }))
  const came = new Set(posted.slice(0, sent).map(({ to }) => to))
  const deliveries = async ({ to = '' }) => (came.has(to) ? [{ receivedAt: 2 } as unknown as Delivery] : [])
  const { kit, judge } = sampleKit({ wire: { deliveries }, profile: { mail } })
  const bursts = [burstOf(posted, 0.1, limit)]
  return judge((own) => judgeBatches({ ...kit, verify: own.verify }, { bursts, judgement: 'broken' }))
}

test('a batch of which all is accepted and no more sent than the limit allows leads around nothing', async () => {
  expect(await judged(10)).toMatchObject({ verdict: 'pass', findings: [] })
})

test('one of which more is sent does', async () => {
  expect((await judged(22)).findings).toHaveLength(1)
})
