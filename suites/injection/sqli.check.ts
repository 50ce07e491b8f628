import { about, test } from '../../harness/check/check.ts'
import { askTwins, booleanTwins, judgeTwins, oneOfEach } from '../../harness/probes/boolean-twins.ts'
import { plantRows, queriedParameters } from '../../harness/steps/rows.ts'

test(
  'a filter, a search and an order are values, never a part of the query',
  about({
    practices: ['P20', 'P18'],
    severity: 'critical',
    problem: 'A filter, a search or an order becomes a part of the query',
    why: 'A condition that the database evaluates reads, row by row, whatever the database holds, of all tenants.',
    remediation: {
      effort: 'low',
      how: 'Bind every value as a parameter, and choose columns to sort by from a list.',
      before: "db.all(`SELECT * FROM messages WHERE subject LIKE '%${search}%'`)",
      after: "db.all('SELECT * FROM messages WHERE subject LIKE ?', [`%${search}%`])",
    },
    references: 'CWE-89 · CWE-943 · API8:2023 · ASVS 5.0 1.2.4 · WSTG-INPV-05',
    needs: ['http'],
    reach: 'intrusive',
    habits: ['searches-by-words'],
    weaknesses: [
      'concatenates-sql',
      'concatenates-sql-in-parentheses',
      'concatenates-patterns',
      'concatenates-patterns-in-parentheses',
      'concatenates-sql-in-double-quotes',
    ],
  }),
  async (kit) => {
    const { mailbox, random, verify } = kit
    const mark = `m${mailbox.canary().slice(0, 12)}`
    const parameters = await queriedParameters(kit, mark, await plantRows(kit, mark))
    const variants = parameters.flatMap((queried) =>
      booleanTwins(queried.contexts, queried.value, 'id').map((twins) => ({
        ...{ ...queried, twins, name: `${queried.operation} ${queried.parameter}, ${twins.name}` },
      })),
    )
    await verify.each(variants, async ({ twins, ready, ask, rows }) => {
      await ready
      const asked = await askTwins(twins, Math.floor(random() * 2 ** 32), ask)
      const answers = asked.map(({ answer }) => answer)
      const judgement = judgeTwins(asked.map(({ arm, answer }) => ({ arm, rows: rows(answer) })))
      verify.held(judgement.kind !== 'unsteady', 'the same request gave different rows each time')
      const held = verify.that(judgement.kind !== 'evaluated', {
        ...{ of: oneOfEach(asked)[0], volleys: oneOfEach(asked).map((of) => ({ of, count: 1 })) },
        expected: 'the same rows for a true and a false condition',
        actual: `${twins.inputs.true} and ${twins.inputs.false} found different rows, every time: ${JSON.stringify(judgement)}`,
      })
      if (!held) return
      for (const answer of answers) verify.answered(answer)
      verify.held(
        answers.every(({ answer }) => answer !== 'refused'),
        'something in front of the API refused the probe',
        'let the harness past the web application firewall of this environment',
      )
    })
  },
)
