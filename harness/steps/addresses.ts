import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { corpus, type Input, usualLineEnds } from '../probes/corpora.ts'

/** An input of message.send that takes an address. */
export interface AddressInput {
  readonly name: 'to' | 'cc' | 'bcc' | 'replyTo' | 'from'
  /** One that may stand there: fresh, but for the sender's. */
  address(): string
  /**
   * A message with this address there, as it is or as `spell` writes it. It is looked for at the address that is asked for where
   * that is a recipient, and at another one otherwise.
   */
  sendWith(address: string, spell?: (address: string) => string): Promise<Sent>
}

/** Those that the profile declares. */
export function addressInputs({ api, mailbox, post }: Pick<Kit, 'api' | 'mailbox' | 'post'>): AddressInput[] {
  const names = ['to', 'cc', 'bcc', 'replyTo', 'from'] as const
  return names
    .filter((name) => api.has('message.send', name))
    .map((name) => ({
      name,
      address: () => (name === 'from' ? api.profile.mail.from : mailbox.address(name)),
      async sendWith(address, spell = (plain) => plain) {
        const to = mailbox.address()
        const { exchange } = await post.send({ to, [name]: { email: spell(address), name: '' } })
        return post.of(name === 'replyTo' || name === 'from' ? to : address, exchange)
      },
    }))
}

/**
 * A verdict for each form: also without a line end it names one recipient and no more. Whether it names several, by form and line
 * end: what is taken for a list of addresses needs no line end for another one.
 */
export async function formsOfLists(
  { mailbox, verify }: Pick<Kit, 'mailbox' | 'verify'>,
  { name: input, address, sendWith }: AddressInput,
): Promise<(form: string, eol: string) => boolean> {
  const lists = new Set<string>()
  // Whom one answers to, and who writes, gets nothing.
  const forms = input === 'replyTo' || input === 'from' ? [] : brokenAddressesFor(input)
  const ends = new Set(lineEndsFor(input).map(({ value }) => blankFor(value)))
  const twins = forms.flatMap((form) =>
    [...ends].map((blank) => ({
      name: `${form.name}, without a line end${blank === ' ' ? '' : ', in entities'}`,
      ...{ blank, form },
    })),
  )
  await verify.each(twins, async ({ form, blank }) => {
    const hidden = mailbox.address('hidden')
    const mail = await sendWith(address(), (plain) => form.spell({ address: plain, hidden, eol: blank }))
    if (!(await mail.passedBy(hidden))) lists.add(form.name + blank)
  })
  return (form, eol) => lists.has(form + blankFor(eol))
}

/** What stands in the place of a line end and is none: of what is written in entities their semicolons, which end an address of a list, stay. */
function blankFor(eol: string): string {
  return eol.includes(';') ? eol.replace(/\d+/g, '32') : ' '
}

interface Broken {
  readonly address: string
  /** Who must get nothing. */
  readonly hidden: string
  readonly eol: string
}

/** What reads as a letter would make the domain another one, which is nobody's here. */
const apart = (eol: string) => (/^\p{L}/u.test(eol) ? ' ' : '')

/** The forms that mean something in that input: to whom one answers, and who writes, is no recipient’s command. */
export function brokenAddressesFor(input: AddressInput['name']): readonly BrokenAddress[] {
  const isRecipient = input !== 'replyTo' && input !== 'from'
  return brokenAddresses.filter(({ name }) => isRecipient || name !== 'behind its command')
}

/** One look at an address serves for all inputs: the first meets every line end, the others the usual ones. */
export function lineEndsFor(input: AddressInput['name']): Input[] {
  return input === 'to' ? corpus('eol') : usualLineEnds()
}

/** Some take recipients from one of them alone. */
const fieldsFor = (hidden: string) => [`Bcc: <${hidden}>`, `Cc: <${hidden}>`]

interface BrokenAddress {
  readonly name: string
  spell(broken: Broken): string
}

/** Line ends in an address: behind it, as if it were the end of a command, and in a local part that is quoted (RFC 5321 §4.1.2). */
const brokenAddresses: readonly BrokenAddress[] = [
  {
    name: 'behind the address',
    spell: ({ address, hidden, eol }) =>
      [`${address}${apart(eol)}`, ...fieldsFor(hidden), 'X-Injected: 1', '', 'INJECTED'].join(eol),
  },
  {
    // Where whoever sends takes no recipients from Bcc and Cc, or the message has them.
    name: 'with a second To',
    spell: ({ address, hidden, eol }) => [`${address}${apart(eol)}`, `To: <${hidden}>`, ''].join(eol),
  },
  {
    name: 'behind its command',
    spell: ({ address, hidden, eol }) => [`${address}>`, `RCPT TO:<${hidden}`].join(eol),
  },
  {
    name: 'in a quoted local part',
    spell: ({ address, hidden, eol }) =>
      `"${['x', ...fieldsFor(hidden), 'X-Injected: 1', 'y'].join(eol)}"@${address.split('@')[1]}`,
  },
]
