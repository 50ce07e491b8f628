import type { Input } from '../api/api.ts'
import { isObject, readJson } from '../json.ts'
import type { HttpRequest } from '../model.ts'
import { domainOf } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import type { Profile } from '../profile/shape.ts'
import { strangersTo } from './addressed-mail.ts'
import type { TriedOfTool, WorkingTool } from './mcp-tools.ts'

/** What a call is given beside the arguments that its tool names; `hidden` is who is to get a copy of what goes `to` somebody. */
type Adding = (tool: WorkingTool, hidden: string, to: string) => Promise<Input> | Input

/** A benign message by a tool; and further arguments, which are to come to nothing. */
export function mailingsByTool({ principals }: Pick<Profile, 'principals'>): TriedOfTool[] {
  const other = principals['neighbour']?.values?.['from']
  const further = (name: string, adding: Adding): TriedOfTool => ({
    name: `with ${name}`,
    judge: (tool) => addsNothing(tool, adding),
  })
  return [
    { name: 'a benign message', judge: goesToNobodyElse },
    further('copies as texts', (_, hidden) => ({ cc: hidden, bcc: hidden })),
    further('copies as lists', (_, hidden) => ({ cc: [hidden], bcc: [hidden] })),
    further('copies as the API takes them', copiesOfTheApi),
    further('header fields', () => ({ headers: { [fieldName]: 'further' } })),
    further('a whole message', wholeMessage),
    ...(typeof other === 'string'
      ? [{ name: 'in the name of another tenant', judge: (tool: WorkingTool) => inNoOtherName(other, tool) }]
      : []),
  ]
}

const fieldName = 'X-Postern-Further'

function wholeMessage({ kit }: WorkingTool, hidden: string, to: string): Input {
  const { from } = kit.profile.mail
  const fields = [`From: <${from}>`, `To: <${to}>`, `Cc: <${hidden}>`, 'Subject: Hello']
  const raw = [...fields, `${fieldName}: further`, '', 'Hello', ''].join('\r\n')
  return { raw: Buffer.from(raw).toString('base64') }
}

/** The members of its JSON by which a call of the API that has copies differs from one that has none. */
async function copiesOfTheApi({ direct, kit, operation }: WorkingTool, hidden: string): Promise<Input> {
  const { api, mailbox } = direct
  const copies = api.carried('message.send', { cc: hidden, bcc: hidden })
  kit.verify.applies(Object.keys(copies).length > 0, 'the API itself takes no copies')
  const input = { to: mailbox.address(), ...api.carried('message.send', mailbox.letter()) }
  const [without, having] = await Promise.all([
    api.prepare(operation, input),
    api.prepare(operation, { ...input, ...copies }),
  ])
  const [before, after] = [membersOf(without), membersOf(having)]
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value)),
  )
}

function membersOf({ body }: HttpRequest): Record<string, unknown> {
  const value = typeof body === 'string' ? readJson(body) : null
  return isObject(value) ? value : {}
}

/** Sends a message that bears a mark, by the tool, as who may. */
async function sentBy({ operation, kit }: WorkingTool, more: Input) {
  const { api, mailbox, post } = kit
  const mark = mailbox.canary()
  const { to = mailbox.address('to') } = more
  const { subject, text } = mailbox.letter()
  const letter = { subject: `${subject} ${mark}`, text: `${text}\nhttps://shop.example/orders/${mark}\n` }
  const exchange = await api.call(operation, { ...api.carried(operation, letter), ...more, to })
  return { mark, sent: post.of(String(to), exchange) }
}

/** A verdict: nobody is written to but whom the call of the tool names. */
async function goesToNobodyElse(tool: WorkingTool): Promise<void> {
  const { mark, sent } = await sentBy(tool, {})
  await sent.delivered()
  await wroteTo(tool, mark, { sent, readers: [sent.to], others: [] })
}

/** A verdict: of arguments that the tool does not name nothing is on the wire. */
async function addsNothing(tool: WorkingTool, adding: Adding): Promise<void> {
  const { name, listed, kit } = tool
  const [to, hidden] = [kit.mailbox.address('to'), kit.mailbox.address('hidden')]
  const given = Object.entries(await adding(tool, hidden, to)).filter(([each]) => !listed.named.has(each))
  kit.verify.applies(given.length > 0, `${name} names such arguments itself, so that they are asked for`)
  const { mark, sent } = await sentBy(tool, { to, mcpFurther: Object.fromEntries(given) })
  const copy = await sent.arrivedUnlessStopped()
  await wroteTo(tool, mark, { sent, readers: [sent.to], others: [hidden] })
  if (copy === null) return
  kit.verify.that(readHeaders(copy.raw).field(fieldName).length === 0, {
    ...{ of: sent.exchange, mail: copy, severity: 'medium' },
    expected: 'no header field that no argument of the tool asks for',
    actual: `the delivered message has a header field ${fieldName}`,
  })
}

async function wroteTo(
  { kit, direct }: WorkingTool,
  mark: string,
  addressed: Parameters<typeof strangersTo>[2],
): Promise<void> {
  const strangers = await strangersTo(direct, mark, addressed)
  const [first] = strangers
  kit.verify.that(first === undefined, {
    ...{ of: addressed.sent.exchange, mail: first?.copy ?? undefined },
    severity: strangers.some(({ severity }) => severity === 'critical') ? 'critical' : 'high',
    expected: `mail for ${addressed.readers.join(', ')} alone, whom the call of the tool names`,
    actual: `it went to ${strangers.map(({ email }) => email).join(', ')} as well`,
  })
}

/** A verdict: a tool sends in no name in which the API does not. */
async function inNoOtherName(from: string, tool: WorkingTool): Promise<void> {
  const { kit, direct } = tool
  kit.verify.applies(direct.api.has('message.send', 'from'), 'message.send of the profile carries no from')
  const asked = await direct.post.send({ from })
  kit.verify.applies(
    (await asked.arrivedUnlessStopped()) === null,
    'the API itself sends in the name of another tenant: see access/sender-unverified',
  )
  const isNamed = kit.api.has('message.send', 'from')
  const { sent } = await sentBy(tool, isNamed ? { from } : { mcpFurther: { from } })
  const copy = await sent.arrivedUnlessStopped()
  const authors =
    copy === null
      ? []
      : readHeaders(copy.raw)
          .field('From')
          .map(({ value }) => value)
  kit.verify.that(!authors.some((author) => author.toLowerCase().includes(domainOf(from).toLowerCase())), {
    ...{ of: sent.exchange, mail: copy ?? undefined },
    expected: 'no message in the name of another tenant, as the API sends none',
    actual: `a message arrived with From: ${authors.join(', ')}`,
  })
}
