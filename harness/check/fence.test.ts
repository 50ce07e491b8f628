import { expect, test } from 'vitest'
import type { Answer } from '../model.ts'
import type { Wire } from '../sandbox/client.ts'
import { createFence, type MailPath } from './fence.ts'
import { sampleExchange } from './sample-kit.testing.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const letter = () => ({ subject: 'Hello', text: 'Hello' })

/** A target whose mail arrives when it is told to; how its messages got in. */
function slowTarget(declared: boolean) {
  const onTheirWay: (() => void)[] = []
  const got: string[] = []
  const path = {
    api: {
      profile: { mail: { from: 'a@own.test', delivery: { within: 1 } } },
      has: () => declared,
      async call(operation: string) {
        got.push(operation)
        return sampleExchange('accepted', { operation })
      },
      said: () => '',
    },
    submission: {
      place: 'target.submission',
      signIn: async () => ({
        exchange: sampleExchange('accepted', { operation: 'submission.authenticate' }),
        async send({ raw }: { raw: string }) {
          got.push(`submitted ${/^Subject: .+$/m.exec(raw)?.[0]}`)
          return sampleExchange('accepted', { operation: 'submission.send' })
        },
        close() {},
      }),
    },
  } as unknown as MailPath
  const wire = {
    domain: (personality: string, label: string) => `${label}.${personality}.test`,
    arrival: () => new Promise<void>((arrive) => onTheirWay.push(arrive)),
  } as unknown as Wire
  const fence = createFence(
    path,
    { wire, problems: async () => ({ wire: [], mailbox: [] }) } as never,
    letter,
  )
  return { path, fence, got, arrive: () => onTheirWay.shift()?.() }
}

test('who asks for a fence while some are on their way shares the next one, sent after all of them asked', async () => {
  const { fence, got, arrive } = slowTarget(true)
  const served: number[] = []
  for (let n = 0; n < 10; n++) {
    void fence().then(() => served.push(n))
    await turn()
    await turn()
  }
  expect(got.length).toBe(2)
  arrive()
  while (got.length < 3) await turn()
  expect(served).toEqual([0])
  arrive()
  arrive()
  while (served.length < 10) await turn()
  expect(got.length).toBe(3)
})

test('a target that declares no call that sends is fenced by what is submitted', async () => {
  const { fence, got, arrive } = slowTarget(false)
  const served = fence()
  while (got.length < 1) await turn()
  await turn()
  arrive()
  await served
  expect(got).toEqual(['submitted Subject: Hello'])
})

test('a target that refuses a message without an idempotency key is told how to have them made', async () => {
  const { path } = slowTarget(true)
  const refusedAs = (answer: Answer, input?: string) => {
    const api = { ...path.api, has: (_: string, each?: string) => each === undefined || each === input }
    const call = async () => sampleExchange(answer)
    const wire = { domain: () => 'own.test', sessions: async () => [] } as unknown as Wire
    const sandbox = { wire, problems: async () => ({ wire: [], mailbox: [] }) } as never
    return createFence({ ...path, api: { ...api, call } as never }, sandbox, letter)()
  }
  const hint = 'operations.message.send.example'
  await expect(refusedAs('invalid', 'idempotencyKey')).rejects.toThrow(hint)
  await expect(refusedAs('refused', 'idempotencyKey')).rejects.not.toThrow(hint)
  await expect(refusedAs('invalid')).rejects.not.toThrow(hint)
})
