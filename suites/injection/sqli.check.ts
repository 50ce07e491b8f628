import { about, test } from '../../harness/check/check.ts'
import { askTwins, booleanTwins, judgeTwins, queryParameters } from '../../harness/probes/boolean-twins.ts'
import { plantRows, rowIds, statusFoundBy } from '../../harness/steps/rows.ts'

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
    const sent = await plantRows(api, mailbox, mark)
    verify.held(
      sent.every(([, { answer }]) => answer === 'accepted'),
      'no messages could be made to search for',
    )
    const lists = ['message.list', ...(api.has('contact.create') ? ['contact.list'] : [])].filter(
      (operation) => api.has(operation, 'search'),
    )
    const targets = lists.flatMap((operation) =>
      queryParameters
        .filter(({ parameter }) => api.has(operation, parameter))
        .map((p) => ({ operation, ...p })),
    )
    verify.held(targets.length > 0, 'no list of the profile takes a search, a status or an order')
    const find = async (operation: string, input: Readonly<Record<string, unknown>>) =>
      rowIds((await api.call(operation, input)).result) ?? []
    // A list that never shows anything is the same for every condition.
    for (const operation of lists) {
      verify.held(
        (await find(operation, { search: mark })).length >= 2,
        `${operation} does not show what was made to be found`,
        `see result.items of ${operation} in the profile, and that it can be searched`,
      )
    }
    const [first] = sent
    if (first !== undefined) await mailbox.arrived(...first, ground.fence)
    const status = await statusFoundBy(api, mark, first?.[1].result?.['id'])
    const values = { search: mark, status, sort: 'subject' }
    for (const { operation, parameter } of targets) {
      const plain = await find(operation, { search: mark, [parameter]: values[parameter] })
      verify.held(
        parameter === 'sort' || plain.length > 0,
        `${operation} shows nothing for the ${parameter} ${values[parameter]}: conditions would be all alike`,
      )
    }

    const variants = targets.flatMap(({ operation, parameter, contexts }) =>
      booleanTwins(contexts, values[parameter], 'id').map((twins) => ({
        name: `${operation} ${parameter}, ${twins.name}`,
        operation,
        parameter,
        twins,
      })),
    )
    await verify.each(variants, async ({ operation, parameter, twins }, verify) => {
      const narrowed = parameter === 'search' ? {} : { search: mark }
      const asked = await askTwins(twins, Math.floor(random() * 2 ** 32), (input) =>
        api.call(operation, { ...narrowed, [parameter]: input }),
      )
      const judgement = judgeTwins(asked.map(({ arm, answer }) => ({ arm, rows: rowIds(answer.result) })))
      verify.held(judgement.kind !== 'unsteady', 'the same request gave different rows each time')
      const shown = (['true', 'false'] as const).flatMap(
        (arm) => asked.find((twin) => twin.arm === arm)?.answer ?? [],
      )
      verify.that(judgement.kind !== 'evaluated', () => ({
        operation,
        expected: 'the same rows for a true and a false condition',
        actual: `${twins.inputs.true} and ${twins.inputs.false} found different rows, every time`,
        evidence: [evidence.measurement(JSON.stringify(judgement)), ...shown.map(evidence.exchange)],
        reproduce: shown[0] === undefined ? '' : api.curl(shown[0]),
      }))
      for (const { answer } of asked) verify.answered(answer)
      verify.held(
        asked.every(({ answer }) => answer.answer !== 'refused'),
        'something in front of the API refused the probe',
        'let the harness past the web application firewall of this environment',
      )
    })
  },
)
