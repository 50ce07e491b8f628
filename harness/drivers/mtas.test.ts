import { availableParallelism } from 'node:os'
import { expect, vi } from 'vitest'
import { type Mta, mtas } from '../../fixtures/mtas/mta.ts'
import { checks, delivers, document, type Row, rows, type Setup, setups } from '../../fixtures/mtas/table.ts'
import { type Outcome, severities } from '../model.ts'
import { missingProgram } from '../probes/tls-servers.testing.ts'
import { testWith } from '../runner/parts.testing.ts'
import { inPlace } from '../runner/spawned.testing.ts'
import { root } from '../tree.ts'

vi.setConfig({ testTimeout: 0 })

// A network of its own is made by root alone.
const isRoot = process.getuid?.() === 0
const missing = isRoot ? await missingProgram('postfix', 'exim4', 'unshare', 'ip') : 'no root'
/** They wait for mail more than for the processor. */
const atOnce = availableParallelism() + 2
/** Where nothing is delivered, nothing is gained by waiting: seconds. */
const inVain = 10

interface Run extends Row {
  readonly mta: Mta
  readonly setup: Setup
}

testWith('mtas', missing)(
  'of Postfix and Exim is said what docs/mta.md tells, at every level of TLS',
  async () => {
    const runs = mtas.flatMap((mta) =>
      rows.flatMap((row) => setups.map((setup): Run => ({ mta, setup, ...row }))),
    )
    const said = new Map<string, string>()
    const keyOf = ({ mta, setup, level, promise }: Run) => [mta, setup, level, promise].join(' ')
    const waiting = [...runs]
    const work = async () => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift())
        for (const outcome of await outcomes(run))
          said.set(`${keyOf(run)} ${outcome.check}`, inWords(outcome))
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    const table = document((run, check) => said.get(`${keyOf(run)} ${check}`) ?? 'no outcome')
    // Written anew by vitest --update.
    await expect(table).toMatchFileSnapshot(`${root}docs/mta.md`)
  },
)

/** What a run against it says, in a network of its own. */
function outcomes({ mta, setup, level, promise }: Run): Promise<readonly Outcome[]> {
  return inPlace(async (place) => {
    const profile = [
      `extends: ${root}fixtures/mtas/${setup}.yaml`,
      `policies: { outboundTls: ${promise} }`,
      delivers(mta, level) ? '' : `mail: { delivery: { within: ${inVain} } }`,
    ].join('\n')
    const command = ['run', '--target', 'target.yaml', '--out', place.out, '--reach', 'intrusive']
    const { code, stdout, stderr } = await place.bash(`
      cat >target.yaml <<'END'
${profile}
END
      export MTA=${mta} MTA_LEVEL=${level}
      ${root}fixtures/mtas/in-own-network.sh '${process.execPath}' ${root}harness/postern.js ${command.join(' ')} \\
        ${checks.map((check) => `--check ${check}`).join(' ')}
    `).ended
    const { outcomes = [] } = await place.report()
    expect(outcomes, `exit code ${code}: ${stderr}${stdout}`).toHaveLength(checks.length)
    return outcomes
  })
}

function inWords({ verdict, findings, variants }: Outcome): string {
  const named = (state: string) => variants.filter((one) => one.state === state).map(({ name }) => name)
  const worst = severities.findLast((one) => findings.some(({ severity }) => severity === one))
  const open = named('unjudged')
  const unjudged = open.length === 0 ? '' : ` (not judged: ${open.length} of ${variants.length})`
  return worst === undefined
    ? `${verdict}${unjudged}`
    : `${verdict}, ${worst}: ${named('violated').join('; ')}${unjudged}`
}
