import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import {
  attachmentTexts,
  partsContained,
  sendAttachment,
  sendGuessedParts,
  showsInParts,
} from './attachments.ts'

const message = (...part: string[]) =>
  ({
    envelope: { from: 'shop@own.test', to: ['a@x.test'] },
    raw: Buffer.from(
      [
        'Content-Type: multipart/mixed; boundary=b1',
        '',
        '--b1',
        ...part,
        'Content-Transfer-Encoding: base64',
        '',
        'SGVsbG8=',
        '--b1--',
        '',
      ].join('\r\n'),
    ),
  }) as unknown as Delivery

function arriving(mail: Delivery, inputs: object[] = []) {
  return sampleKit({
    about: { severity: 'critical' },
    call(_, input) {
      inputs.push(input)
      return sampleExchange('accepted')
    },
    wire: {
      arrival: async () => [mail],
      deliveries: async ({ to }) => (to?.startsWith('hidden') ? [] : [mail]),
    },
  })
}

test('a text that does not stand in delivered mail is not applicable, and no pass', async () => {
  const benign = message(
    'Content-Type: text/csv',
    "Content-Disposition: attachment; filename*=utf-8''invoice-4711.txt",
  )
  const verdicts = await Promise.all(
    attachmentTexts.map(async (text) => {
      const { verdict } = await arriving(benign).judge(async (kit) => {
        await showsInParts(kit, text)
        kit.verify.that(true, { expected: '', actual: '' })
      })
      return `${text.name}: ${verdict}`
    }),
  )
  expect(verdicts).toEqual(['file name: pass', 'content type: pass', 'content id: not-applicable'])
})

test('what broke out of a part is a finding, of its own weight', async () => {
  const found = async (disposition: string) =>
    (
      await arriving(message(disposition)).judge(async (kit) =>
        partsContained(kit, await sendAttachment(kit), 'hidden@x.test'),
      )
    ).findings.map(({ severity, actual }) => `${severity}: ${actual}`)
  const broken = 'Content-Disposition: attachment; filename="a'
  expect(await found(`${broken}.txt"`)).toEqual([])
  expect(await found(`${broken}\r\nX-Injected: 1"`)).toEqual([
    'high: the delivered message has a header field X-Injected of a part',
  ])
  expect(await found(`${broken}"; x-injected="1"`)).toEqual([
    'medium: the delivered message has a parameter x-injected',
  ])
})

test.each(['text', 'html'] as const)(
  '%s holds a part at the boundary of the message before',
  async (within) => {
    const inputs: object[] = []
    await arriving(message('Content-Type: text/csv'), inputs).judge((kit) => sendGuessedParts(kit, within))
    expect(inputs.at(-1)).toMatchObject({
      [within]: expect.stringContaining('\r\n--b1\r\nContent-Type: text/html\r\n\r\n<b>INJECTED</b>\r\n'),
    })
  },
)
