import { execFile } from 'node:child_process'

/** What stands behind a reference could not be had. Says which reference, never what came out. */
export class UnresolvedReference extends Error {
  override readonly name = 'UnresolvedReference'
  readonly expected: string
  readonly seen: string
  readonly remedy: string
  constructor(expected: string, seen: string, remedy: string) {
    super(`expected ${expected}; seen ${seen}; ${remedy}`)
    this.expected = expected
    this.seen = seen
    this.remedy = remedy
  }
}

/** Characters; a shorter value would be found everywhere. */
export const shortestSecret = 4

/** `${env:NAME}`, and what only the run itself can say. */
const reference = /\$\{(env:[A-Za-z_][A-Za-z0-9_]*|(?:target|random|sandbox|run):[a-z0-9][a-z0-9.-]*)\}/g

/** What stands for a reference where values are looked up: the bare name of a variable, `kind:name` of the rest. */
const keyOf = (referred: string) => referred.replace(/^env:/, '')

/** The keys of the values that a text refers to: `NAME`, `target:8443`, `random:admin`. */
export function variables(text: string): string[] {
  return references(text).map(({ key }) => key)
}

/** What a text refers to, and the text before and after each reference. */
export function references(text: string): { key: string; before: string; after: string }[] {
  return [...text.matchAll(reference)].map((m) => ({
    key: keyOf(m[1] ?? ''),
    before: text.slice(0, m.index),
    after: text.slice(m.index + m[0].length),
  }))
}

/** Whether what stands behind a key may be a secret: not what a run says of its own sandbox, and of a target's ports. */
export function isSecretKey(key: string): boolean {
  return key === 'sandbox:key' || !/^(sandbox|target|run):/.test(key)
}

/**
 * Fills in every reference, written as `write` says; throws UnresolvedReference for one without a value, or with an empty one
 * unless `empty` allows it.
 */
export function substitute(
  text: string,
  values: Readonly<Record<string, string | undefined>>,
  {
    write = (value) => value,
    empty = false,
  }: { readonly write?: (value: string) => string; readonly empty?: boolean } = {},
): string {
  return text.replace(reference, (_, referred: string) => {
    const key = keyOf(referred)
    const value = values[key]
    if (value !== undefined && (value !== '' || empty)) return write(value)
    const seen = value === '' ? 'it empty' : 'it unset'
    if (referred.startsWith('env:'))
      throw new UnresolvedReference(
        `the variable ${key} in the environment`,
        seen,
        `set ${key} and run again`,
      )
    throw new UnresolvedReference(`a value of ${key}`, seen, remedies[referred.split(':')[0] ?? ''] ?? '')
  })
}

const remedies: Readonly<Record<string, string>> = {
  target: 'list the port in target.container.ports',
  random: 'write its name in a-z, 0-9 and hyphens',
  sandbox:
    'docs/targets.md lists what there is of the sandbox; it stands in target.container and target.command alone',
  run: 'there are run:shard, and in target.container and target.command run:weaknesses',
}

/** A vault's client asks the network, rarely for longer: milliseconds. */
const commandTime = 20_000
const commandOutput = 64 * 1024

/**
 * Standard output of a command, without white space around it. A list is program and arguments, a string is for
 * the shell: the profile is the user's own. Throws UnresolvedReference where it fails; its output is never shown.
 */
export async function run(command: string | readonly string[]): Promise<string> {
  const [program = '', ...rest] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  const name = typeof command === 'string' ? (command.trim().split(/\s+/)[0] ?? '') : program
  const output = await new Promise<string>((resolve, reject) => {
    const limits = { timeout: commandTime, maxBuffer: commandOutput, killSignal: 'SIGKILL' } as const
    const child = execFile(program, rest, limits, (error, stdout) => {
      if (error === null) resolve(stdout.trim())
      else reject(commandFailed(name, error))
    })
    // Nobody is there to answer a prompt.
    child.stdin?.end()
  })
  if (output === '')
    throw new UnresolvedReference(
      `${name} to print the secret`,
      'no output',
      'run the command by hand and see',
    )
  return output
}

function commandFailed(
  name: string,
  error: Error & { code?: unknown; killed?: boolean },
): UnresolvedReference {
  const seen =
    error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'
      ? `more than ${commandOutput} bytes`
      : error.killed === true
        ? `no end after ${commandTime / 1000} s`
        : typeof error.code === 'number'
          ? `exit code ${error.code}`
          : `no start (${String(error.code)})`
  return new UnresolvedReference(
    `${name} to print the secret`,
    seen,
    'run the command by hand and see (its output is not shown here)',
  )
}
