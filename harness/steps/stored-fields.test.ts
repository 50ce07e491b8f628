import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Exchange } from '../model.ts'
import { storedFields, whereShown } from './stored-fields.ts'

const id = '7f3a91c2d4e5'

type Call = (operation: string, input: Record<string, unknown>) => Partial<Exchange>

/** The fields of an API that answers so, has these operations, and no mail to be seen. */
function fieldsOf(call: Call, has: (operation: string, input?: string) => boolean = () => true) {
  const { kit, judge } = sampleKit({
    has,
    call: (operation, input) => ({
      ...sampleExchange('accepted', { operation, result: { id: '7' } }),
      ...call(operation, input as Record<string, unknown>),
    }),
    profile: { mail: { from: 'shop@own.test', domains: [], delivery: { within: 1 } } },
  })
  return { kit, judge, fields: storedFields(kit) }
}

const named = <Field extends { readonly name: string }>(fields: readonly Field[], name: string): Field => {
  const found = fields.find((field) => field.name === name)
  if (found === undefined)
    throw new Error(`expected ${name} among ${fields.map((each) => each.name).join(', ')}`)
  return found
}

/** Shows the last message in JSON, but for what `hides` names. */
function previewing(hides: readonly string[] = []): Call {
  let last = {}
  return (operation, input) => {
    if (operation === 'message.send') last = input
    if (operation !== 'message.preview') return {}
    const shown = Object.entries(last).filter(([name]) => !hides.includes(name))
    return { result: { html: JSON.stringify(Object.fromEntries(shown)) } }
  }
}

test('every input of a message that the profile carries is a field, and what messages are made of', () => {
  const { fields } = fieldsOf(() => ({}))
  expect(fields.map(({ name }) => name)).toEqual([
    'HTML',
    'text',
    'subject',
    'name of the sender',
    'name of the recipient',
    'name of another reader',
    'name to reply to',
    'tag',
    'file name',
    'header field',
    'name of a template',
    'variable',
    'name of a contact',
    'variable of a template',
  ])
  const few = (operation: string, input?: string) =>
    ['message.preview', 'message.send'].includes(operation) && [undefined, 'subject', 'tags'].includes(input)
  expect(fieldsOf(() => ({}), few).fields.map(({ name }) => name)).toEqual(['subject', 'tag'])
})

test('there is nothing to look at where the profile has neither a preview nor a page', () => {
  expect(
    fieldsOf(
      () => ({}),
      (operation) => !operation.endsWith('.preview'),
    ).fields,
  ).toEqual([])
})

test('a field is looked for where a harmless text of the same length shows, by what the profile maps', async () => {
  const { kit, judge, fields } = fieldsOf(previewing(['tags']))
  const judged = await judge(async () => {
    for (const name of ['subject', 'name of the sender', 'name of the recipient', 'file name', 'tag']) {
      const shown = await whereShown(kit, named(fields, name), id)
      expect([name, ...shown]).toEqual(name === 'tag' ? [name] : [name, 'message.preview'])
    }
    kit.verify.that(true, { expected: '', actual: '' })
  })
  expect(judged.reason).toBeNull()
})

test('the harmless text is as long as the script, so that nobody refuses a script for its length', async () => {
  const sent: string[] = []
  const { kit, judge, fields } = fieldsOf((operation, { subject }) => {
    if (operation === 'message.send') sent.push(String(subject))
    return operation === 'message.preview' ? { result: { html: sent.at(-1) } } : {}
  })
  const subject = named(fields, 'subject')
  await judge(async () => void (await whereShown(kit, subject, id)))
  const [{ value = '' } = {}] = subject.hostile(id)
  expect(sent[0]).toMatch(/^7f3a91c2d4e5a+$/)
  expect(sent[0]?.length).toBe(value.length)
})

test('a preview in JSON of which no member is mapped as HTML says nothing of what people see', async () => {
  let last = {}
  const { kit, judge, fields } = fieldsOf((operation, input) => {
    if (operation === 'message.send') last = input
    return operation === 'message.preview'
      ? sampleExchange('accepted', { operation, body: JSON.stringify(last) })
      : {}
  })
  const judged = await judge(async () => void (await whereShown(kit, named(fields, 'subject'), id)))
  expect(judged).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining(
      'map the member that people see as HTML to result.html of message.preview',
    ),
  })
})

test('what is refused is shown nowhere', async () => {
  const { fields } = fieldsOf(() => sampleExchange('invalid'))
  expect(await named(fields, 'subject').store('<script>')).toMatchObject({
    exchange: { answer: 'invalid' },
    surfaces: [],
  })
})

test('a preview that is refused even for a harmless message says nothing', async () => {
  const { kit, judge, fields } = fieldsOf((operation) =>
    operation === 'message.preview' ? sampleExchange('refused') : {},
  )
  const judged = await judge(async () => void (await whereShown(kit, named(fields, 'subject'), id)))
  expect(judged).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('with a harmless subject, message.preview was answered'),
  })
})
