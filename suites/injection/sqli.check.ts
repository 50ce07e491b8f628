import { about, test } from '../../harness/check.ts'
import { booleanTwins, judgeTwins, type SqlContext, twinOrder } from '../../harness/probes/boolean-twins.ts'

/** The parameters of lists that end in a query, and the contexts in which a query may hold them. */
const parameters: readonly { parameter: 'search' | 'sort' | 'status'; contexts: readonly SqlContext[] }[] = [
  { parameter: 'search', contexts: ['string', 'like'] },
  { parameter: 'status', contexts: ['string'] },
  { parameter: 'sort', contexts: ['order-by', 'numeric'] },
]

test(
  'a filter, a search and an order are values, never a part of the query',
  about({
    id: 'injection/sqli',
    practices: ['P20', 'P18'],
    severity: 'critical',
    why: 'A condition that the database evaluates reads, row by row, whatever the database holds, of all tenants.',
    remediation: 'Bind every value as a parameter, and choose columns to sort by from a list.',
    references: ['CWE-89', 'CWE-943', 'API8:2023', 'ASVS 5.0 1.2.4', 'WSTG-INPV-05'],
    needs: ['message.list'],
    reach: 'intrusive',
    weakness: 'concatenates-sql',
  }),
  async ({ api, evidence, ground, mailbox, random, verify }) => {
    const mark = mailbox.canary().slice(0, 12)
    /** One that the message has at present, and is found by. */
    const statusOf = async (id: unknown) => {
      for (let look = 0; look < 10 && api.has('message.get') && api.has('message.list', 'status'); look++) {
        const status = (await api.call('message.get', { id })).result?.['status']
        const { result } = await api.call('message.list', { search: mark, status })
        if (typeof status === 'string' && (rowIds(result)?.length ?? 0) > 0) return status
      }
      return 'delivered'
    }
    const found = ['a', 'b'].map((letter) => mailbox.address(letter))
    const sent = await Promise.all(
      found.map((to, n) =>
        api.call('message.send', {
          to,
          subject: `${mark} ${n}`,
          text: 'Hello',
        }),
      ),
    )
    verify.held(
      sent.every(({ answer }) => answer === 'accepted'),
      'no messages could be made to search for',
    )
    if (api.has('contact.create'))
      await Promise.all(
        ['a', 'b'].map((letter) =>
          api.call('contact.create', { email: `${mark}${letter}@example.com`, name: `${mark} ${letter}` }),
        ),
      )
    const lists = ['message.list', ...(api.has('contact.create') ? ['contact.list'] : [])].filter(
      (operation) => api.has(operation, 'search'),
    )
    const targets = lists.flatMap((operation) =>
      parameters.filter(({ parameter }) => api.has(operation, parameter)).map((p) => ({ operation, ...p })),
    )
    verify.held(targets.length > 0, 'no list of the profile takes a search, a status or an order')

    for (const operation of lists) {
      // A list that never shows anything is the same for every condition.
      const benign = await api.call(operation, { search: mark })
      verify.held(
        (rowIds(benign.result)?.length ?? 0) >= 2,
        `${operation} does not show what was made to be found`,
        `see result.items of ${operation} in the profile, and that it can be searched`,
      )
    }

    const [first] = sent
    if (first !== undefined) await mailbox.arrived(found[0] ?? '', first, ground.fence)
    const values = { search: mark, status: await statusOf(first?.result?.['id']), sort: 'subject' }
    for (const { operation, parameter } of targets) {
      const plain = await api.call(operation, { search: mark, [parameter]: values[parameter] })
      verify.held(
        parameter === 'sort' || (rowIds(plain.result)?.length ?? 0) > 0,
        `${operation} shows nothing for the ${parameter} ${values[parameter]}: conditions would be all alike`,
      )
    }

    const variants = targets.flatMap(({ operation, parameter, contexts }) => {
      return booleanTwins(contexts, values[parameter], 'id').map((twins) => ({
        name: `${operation} ${parameter}, ${twins.name}`,
        operation,
        parameter,
        twins,
      }))
    })
    await verify.each(variants, async ({ operation, parameter, twins }, verify) => {
      const asked = await Promise.all(
        twinOrder(2, Math.floor(random() * 2 ** 32)).map(async (arm) => ({
          arm,
          exchange: await api.call(operation, {
            ...(parameter === 'search' ? {} : { search: mark }),
            [parameter]: twins.inputs[arm],
          }),
        })),
      )
      const answers = asked.map(({ arm, exchange }) => ({ arm, rows: rowIds(exchange.result) }))
      const judgement = judgeTwins(answers)
      verify.held(judgement.kind !== 'unsteady', 'the same request gave different rows each time')
      const first = (arm: string) => asked.find((a) => a.arm === arm)?.exchange
      const [yes, no] = [first('true'), first('false')]
      verify.that(judgement.kind !== 'evaluated', () => ({
        operation,
        expected: 'the same rows for a true and a false condition',
        actual: `${twins.inputs.true} and ${twins.inputs.false} found different rows, every time`,
        evidence: [
          evidence.measurement(JSON.stringify(judgement)),
          ...[yes, no].flatMap((e) => (e === undefined ? [] : [evidence.exchange(e)])),
        ],
        reproduce: yes === undefined ? '' : api.curl(yes),
      }))
      for (const { exchange } of asked) verify.answered(exchange)
      verify.held(
        asked.every(({ exchange }) => exchange.answer !== 'refused'),
        'something in front of the API refused the probe',
        'let the harness past the web application firewall of this environment',
      )
    })
  },
)

function rowIds(result: Readonly<Record<string, unknown>> | null): string[] | null {
  const items = result?.['items']
  if (!Array.isArray(items)) return null
  return items.map((item) => String((item as { id?: unknown } | null)?.id))
}
