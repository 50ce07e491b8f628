import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Delivery } from '../model.ts'
import { customHeadersThatArrive } from './custom-headers.ts'

/** Of our benign fields those that arrive, where a message with one of them is answered so; what is accepted arrives. */
async function arriving(answers: Readonly<Record<string, Answer>>) {
  const mails = new Map<string, string>()
  const { kit, judge } = sampleKit({
    call(_, { to, headers = {} }) {
      const [[name, value] = ['', '']] = Object.entries(headers as object)
      mails.set(String(to), `Subject: a\r\n${name}: ${value}\r\n\r\nHello\r\n`)
      return sampleExchange(answers[name] ?? 'accepted')
    },
    wire: {
      arrival: async ({ to = '' }) => [
        { id: to, raw: Buffer.from(mails.get(to) ?? '') } as unknown as Delivery,
      ],
    },
  })
  const seen: string[] = []
  const judged = await judge(async () => {
    seen.push(...(await customHeadersThatArrive(kit)))
    kit.verify.that(true, { expected: '', actual: '' })
  })
  return { seen, verdict: judged.verdict }
}

test('a field that the target breaks on, or refuses, is no matter of the others', async () => {
  expect(await arriving({})).toEqual({ seen: ['X-Probe', 'List-Unsubscribe', 'References'], verdict: 'pass' })
  for (const answer of ['broken', 'invalid'] as const)
    expect(await arriving({ References: answer })).toEqual({
      seen: ['X-Probe', 'List-Unsubscribe'],
      verdict: 'pass',
    })
})

test('where none arrives, nothing is said of others', async () => {
  for (const answer of ['broken', 'invalid', 'limited'] as const) {
    const all = { 'X-Probe': answer, 'List-Unsubscribe': answer, References: answer }
    expect(await arriving(all)).toEqual({ seen: [], verdict: 'unproven' })
  }
})
