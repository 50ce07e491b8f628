import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { block } from '../reports/visible.ts'
import type { BaselineOptions } from './baseline/baseline.ts'
import type { CompareOptions } from './baseline/compare.ts'
import type { Format } from './export.ts'
import type { InitOptions } from './init/init.ts'
import type { DomainOptions } from './mail/domain.ts'
import type { MailOptions } from './mail/mail.ts'
import { type Reach, reaches, type Severity, severities } from './model.ts'
import { Unavailable, UsageError } from './obstacles.ts'
import { ProfileError } from './profile/errors.ts'
import type { MergeOptions } from './runner/merge.ts'
import type { RunOptions } from './runner/run.ts'
import { version } from './runner/version.ts'
import { isPackage, suitesVariable } from './tree.ts'

/** npm runs scripts in the project's own folder; files are named from where its user stands. */
const { INIT_CWD: stands, npm_lifecycle_event: script } = process.env
if (!isPackage && stands !== undefined && (script === 'postern' || script === 'test')) process.chdir(stands)

const gather = (value: string, before: string[] = []) => [...before, value]

const integer = (value: string) => {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('expected a whole number from 0 on')
  return number
}

/** A pipeline sets variables that it has nothing for to the empty text. */
const named = <Options extends { readonly target?: string | undefined }>(options: Options): Options => ({
  ...options,
  target: options.target || undefined,
})

const program = new Command('postern')
  .description('Security tests for email APIs, judged by the mail that arrives')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(postern --help shows the commands and flags)')

program.hook('preAction', (_, command) => {
  const { suites: folder, target } = command.opts<{ suites?: string; target?: string }>()
  // A variable that is set to nothing is not set; a flag that is was meant to name something.
  if (target === '' && command.getOptionValueSource('target') === 'cli')
    throw new UsageError(
      '--target: expected the file of a profile; seen nothing; name it, or leave the flag out for the embedded reference API',
    )
  if (folder) process.env[suitesVariable] = resolve(folder)
})

const target = () =>
  new Option('--target <file>', 'profile of the target; without it the embedded reference API').env('TARGET')

const suites = () =>
  new Option('--suites <dir>', 'further checks, of your own: <dir>/<suite>/<failing-state>.check.ts').env(
    suitesVariable,
  )

const reach = () =>
  new Option('--reach <reach>', 'how far checks may go; safe for every target but the embedded one').choices(
    reaches,
  )

const failOn = (what: string) =>
  new Option('--fail-on <severity>', what).choices(severities).default('medium')

/** Throws UsageError for two. */
function reportOf(named: string | undefined, { report }: { readonly report?: string }): string {
  if (named !== undefined && report !== undefined)
    throw new UsageError(`--report: expected one report; seen ${report}, and ${named}; leave one of them out`)
  return named ?? report ?? 'reports/out/report.json'
}

const formats: Record<Format, true> = {
  defectdojo: true,
  html: true,
  'in-toto': true,
  junit: true,
  markdown: true,
  ocsf: true,
  sarif: true,
}

const nameServer = () =>
  new Option('--dns <address>', 'name server to ask, with :port where it is not 53; else that of the system')

function withSelection(command: Command): Command {
  return command
    .addOption(target())
    .addOption(suites())
    .option('--suite <name>', 'only the checks of this suite (repeatable)', gather)
    .option('--check <id>', 'only this check (repeatable)', gather)
    .addOption(reach())
    .option('--weakness <name>', 'switch a weakness of the embedded reference API on (repeatable)', gather)
}

withSelection(program.command('run'))
  .description('attack the target and report')
  .addOption(
    new Option(
      '--fail-on <severity>',
      'findings below it do not fail the run; new: all do that --baseline does not name',
    )
      .choices([...severities, 'new'])
      .default('medium'),
  )
  .option('--baseline <file>', 'accepted findings, which do not fail the run: see postern baseline')
  .option('--previous <file>', 'report.json of an earlier run: the reports say what is new since, and mended')
  .option('--shard <i/n>', 'the share of one of n machines, balanced by --previous: see postern merge')
  .option('--out <dir>', 'folder of the reports', 'reports/out')
  .option('--quiet', 'only what was found, and the last lines')
  .addOption(new Option('--verbose', 'a line for each check, whatever became of it').conflicts('quiet'))
  .option('--seed <number>', 'repeats the order and the benign mail of an earlier run', integer)
  .addOption(
    new Option('--delivery-delay <ms>', 'slows the embedded target').argParser(integer).default(0).hideHelp(),
  )
  .addOption(
    new Option('--answer-delay <ms>', 'slows the embedded target').argParser(integer).default(0).hideHelp(),
  )
  .addOption(new Option('--at-once <n>', 'checks that run at once').argParser(integer).hideHelp())
  .action(
    async ({
      failOn: from,
      ...options
    }: Omit<RunOptions, 'failOn'> & { readonly failOn: Severity | 'new' }) => {
      if (from === 'new' && options.baseline === undefined)
        throw new UsageError(
          '--fail-on new: expected --baseline with what is not new; seen none; write one by postern baseline',
        )
      const { run } = await import('./runner/run.ts')
      const failOn = from === 'new' ? 'low' : from
      process.exitCode = await run({ ...named(options), failOn, out: resolve(options.out) })
    },
  )

withSelection(program.command('plan'))
  .description('say what would be sent, to whom and as whom; nothing is sent')
  .action(async (options: RunOptions) => {
    const { plan } = await import('./runner/plan.ts')
    process.exitCode = await plan(named(options))
  })

program
  .command('init')
  .description('write a first profile for the API that an OpenAPI document describes')
  .requiredOption('--openapi <file or URL>', 'the document; JSON or YAML, OpenAPI 3 or Swagger 2')
  .option(
    '--arazzo <file or URL>',
    'an Arazzo document, for how one signs in; else arazzo.yaml beside the other',
  )
  .option('--url <url>', 'the target, where the document does not name it or names another')
  .option('--from <address>', 'an address from which the target may send')
  .option('--key <variable>', 'all that you have is a key, in this variable of the environment')
  .option('--neighbour-key <variable>', 'and one of another tenant, in this one')
  .option('--port <number>', 'to which the target is to relay its mail; 2525, or another that is free')
  .option('--ca <file>', 'PEM of the private authority of its certificate')
  .option('--out <file>', 'the profile to write', 'target.yaml')
  .option('--force', 'replace a profile that is there')
  .action(async (options: InitOptions) => {
    const { init } = await import('./init/init.ts')
    await init(options)
  })

program
  .command('doctor')
  .description('prove the profile line by line against its target, by legitimate calls')
  .addOption(target())
  .addOption(suites())
  .addOption(reach())
  .option('--json', 'everything that was found')
  .action(async (options: { target?: string; reach?: Reach; json?: true }) => {
    const { doctor } = await import('./doctor/doctor.ts')
    process.exitCode = await doctor(named(options))
  })

program
  .command('validate')
  .description('check the profile, as a run does before it sends anything; no secret need be set')
  .addOption(target())
  .action(async (options: { target?: string }) => {
    const { validate } = await import('./runner/validate.ts')
    process.exitCode = await validate(named(options))
  })

program
  .command('mail')
  .description('judge one message: DKIM, SPF, DMARC, TLS on its way, links, HTML, form')
  .argument('<file>', 'an .eml file, - for standard input, or with --mailpit the id of a message, or latest')
  .option('--ip <address>', 'where it came from; else as its Received fields say')
  .option('--helo <name>', 'how that called itself')
  .option('--mail-from <address>', 'its return path; else as Return-Path says')
  .option('--host <name>', 'where its links may lead (repeatable); else to any host for readers', gather)
  .addOption(nameServer())
  .option('--mailpit <url>', 'a Mailpit that has the message')
  .addOption(failOn('what is less wrong does not fail'))
  .option('--json', 'everything that was judged')
  .action(async (file: string, options: MailOptions) => {
    const { mail } = await import('./mail/mail.ts')
    process.exitCode = await mail(file, options)
  })

program
  .command('domain')
  .description(
    'judge what DNS says of a domain that sends mail: SPF, DKIM keys, DMARC, TLS of its exchangers',
  )
  .argument('<name>', 'the domain, such as shop.example')
  .option('--selector <name>', 'DKIM selector (repeatable)', gather)
  .addOption(nameServer())
  .addOption(failOn('what is less wrong does not fail'))
  .option('--json', 'everything that was judged')
  .action(async (name: string, options: DomainOptions) => {
    const { domain } = await import('./mail/domain.ts')
    process.exitCode = await domain(name, options)
  })

program
  .command('baseline')
  .description('accept the findings of a report for a time: write them to a file for run --baseline')
  .argument('[report]', 'report.json of the run; else reports/out/report.json')
  .requiredOption('--reason <text>', 'why they are accepted')
  .requiredOption('--owner <name>', 'who answers for them')
  .requiredOption('--until <day>', 'the last day on which they are, such as 2026-12-31')
  .option('--report <file>', 'the same, as an option')
  .addOption(suites())
  .option('--check <id>', 'only findings of this check (repeatable)', gather)
  .option('--out <file>', 'what stands there stays', 'postern-baseline.yaml')
  .action(
    async (
      named: string | undefined,
      options: Omit<BaselineOptions, 'report'> & { readonly report?: string },
    ) => {
      const { baseline } = await import('./baseline/baseline.ts')
      process.exitCode = await baseline({ ...options, report: reportOf(named, options) })
    },
  )

program
  .command('compare')
  .description('say what is new, mended, heavier or lighter from one report to the next')
  .argument('<first>', 'report.json of a run')
  .argument('<second>', 'of a later one')
  .addOption(failOn('what is new below it does not fail'))
  .option('--json', 'every finding of both, and what became of it')
  .action(async (first: string, second: string, options: CompareOptions) => {
    const { compare } = await import('./baseline/compare.ts')
    process.exitCode = await compare(first, second, options)
  })

program
  .command('merge')
  .description('join the reports of the machines that shared a run (run --shard) into that of the run')
  .argument('<part...>', 'report.json of each machine')
  .addOption(
    new Option('--fail-on <severity>', 'what is less wrong does not fail; else as the parts have it').choices(
      severities,
    ),
  )
  .option('--baseline <file>', 'accepted findings, which do not fail the run')
  .option('--previous <file>', 'report.json of an earlier run: the reports say what is new since, and mended')
  .option('--out <dir>', 'folder of the reports', 'reports/out')
  .action(async (parts: string[], options: MergeOptions) => {
    const { merge } = await import('./runner/merge.ts')
    process.exitCode = await merge(parts, { ...options, out: resolve(options.out) })
  })

program
  .command('fleet')
  .description('one page of many services, by their reports; the worst first')
  .argument('<file>', 'YAML that lists them')
  .option('--out <dir>', 'folder of fleet.html and fleet.json', 'reports/out')
  .action(async (file: string, options: { readonly out: string }) => {
    const { fleet } = await import('./fleet/fleet.ts')
    process.exitCode = await fleet(file, { out: resolve(options.out) })
  })

program
  .command('export')
  .description('print a report in the format of another program')
  .argument('<report>', 'report.json of a run')
  .addOption(new Option('--as <format>', 'the format').choices(Object.keys(formats)).makeOptionMandatory())
  .action(async (report: string, options: { readonly as: Format }) => {
    const { exportReport } = await import('./export.ts')
    await exportReport(report, options.as)
  })

program
  .command('sandbox')
  .description('keep sandbox and target up and print what arrives, until it is interrupted; attacks nothing')
  .addOption(target())
  .option('--weakness <name>', 'switch a weakness of the embedded reference API on (repeatable)', gather)
  .action(async (options: Pick<RunOptions, 'target' | 'weakness'>) => {
    const { keepSandbox } = await import('./runner/keep-sandbox.ts')
    process.exitCode = await keepSandbox(named(options))
  })

program
  .command('clean')
  .description('take back what runs have left at the target, such as one that was killed; runs nothing')
  .addOption(target())
  .action(async (options: { target?: string }) => {
    const { clean } = await import('./runner/clean.ts')
    process.exitCode = await clean(named(options))
  })

program
  .command('checks')
  .description('list the checks')
  .addOption(suites())
  .option('--json', 'everything that each says of itself')
  .action(async (options: { json?: true }) => {
    const { listChecks } = await import('./runner/checks.ts')
    await listChecks(options.json === true)
  })

if (!isPackage)
  program
    .command('prove', { hidden: true })
    .description("the project's own tests, and the proof of every check")
    .option('--update', 'prove what changed, and write what is generated instead of comparing it')
    .option('--check <id>', 'only this check (repeatable)', gather)
    .action(async (options: { update?: true; check?: string[] }) => {
      process.env[suitesVariable] = ''
      const { prove } = await import('./runner/prove.ts')
      process.exitCode = await prove(options)
    })

// Who reads it may be gone before us (`| head -1`): the run goes on for its reports.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** Node's own exit code for it says "findings" here. */
process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return
  failed(error)
  process.exit()
})

function failed(error: unknown): void {
  process.stderr.write(`postern could not run: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 2
}

/** What Commander does not know: profiles are given by a flag, and flags go with a command. */
function meantBy({ code, message }: CommanderError, words: readonly string[]): string | null {
  const [command = ''] = words
  if (code === 'commander.unknownOption' && command.startsWith('-') && words.length > 1)
    return `postern run ${words.join(' ')}`
  const [, word = ''] = /but got \d+: ([^,]+)/.exec(message) ?? []
  const isFile = /\.ya?ml\.?$/i.test(word)
  return code === 'commander.excessArguments' && isFile
    ? `postern ${command} --target ${word.replace(/\.$/, '')}`
    : null
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 3
    const meant = meantBy(error, process.argv.slice(2))
    if (meant !== null) process.stderr.write(`(Did you mean ${meant}?)\n`)
  } else if (error instanceof UsageError || error instanceof ProfileError) {
    process.stderr.write(`${block(error.message)}\n`)
    process.exitCode = 3
  } else if (error instanceof Unavailable) {
    process.stderr.write(`${block(error.message)}\n`)
    process.exitCode = 2
  } else failed(error)
}
