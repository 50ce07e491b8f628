import { expect, test } from 'vitest'
import type { Answer, Delivery, Exchange } from '../model.ts'
import { NotSeen, type Wire } from '../sandbox/client.ts'
import { createLetters } from './letters.ts'
import { createMailbox } from './mailbox.ts'

const letters = createLetters(1, 'mailbox')
const answered = (answer: Answer) => ({ answer }) as Exchange

/** A wire on which the message for `to` arrives late: after any fence, when somebody waits for it. */
function lateWire(arrives: boolean): Wire {
  const came: Delivery[] = []
  const wire: Pick<Wire, 'arrival' | 'deliveries'> = {
    async arrival() {
      if (!arrives) throw new NotSeen('nothing')
      came.push({ id: '1' } as Delivery)
      return came
    },
    deliveries: async () => came,
  }
  return wire as Wire
}

test('an accepted message that a later one overtook is waited for; one that never comes is none', async () => {
  const fence = async () => {}
  const late = createMailbox(lateWire(true), 1, letters)
  expect(await late.arrived('a@x.test', answered('accepted'), fence)).toMatchObject({ id: '1' })
  const never = createMailbox(lateWire(false), 1, letters)
  expect(await never.arrived('a@x.test', answered('accepted'), fence)).toBeNull()
})

test('a refusal is believed after the fence, without the promised time', async () => {
  let fences = 0
  const mailbox = createMailbox(lateWire(true), 1, letters)
  const came = await mailbox.arrived('a@x.test', answered('refused'), async () => void fences++)
  expect([came, fences]).toEqual([null, 1])
})
