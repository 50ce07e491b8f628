import { sentence } from '../../reports/visible.ts'
import { variablesOf } from '../check/places.ts'
import { createRunFolder, type RunFolder } from '../drivers/run-folder.ts'
import type { Delivery } from '../model.ts'
import { decodeWords, readHeaders } from '../probes/headers.ts'
import { singleQuoted } from '../shell.ts'
import { onInterrupt } from './interrupt.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

/**
 * Keeps sandbox and target up until it is interrupted, and prints what arrives: for whoever wants to see with his own eyes what a
 * finding says. Attacks nothing. Throws ProfileError, UsageError and Unavailable.
 */
export async function keepSandbox(options: WorldOptions): Promise<0> {
  const interrupt = onInterrupt('taking everything down', 0)
  const folder = await createRunFolder('sandbox')
  try {
    const world = await startWorld({ ...options, signal: interrupt.signal })
    try {
      let arrived = 0
      let told: Promise<unknown> = Promise.resolve()
      world.arrivals((delivery) => {
        const file = ++arrived > mostKept ? null : `${arrived}.eml`
        // What is named is there; a full disk is no reason to tell of nothing.
        told = told
          .then(() => (file === null ? null : folder.add(file, delivery.raw)))
          .catch(() => {})
          .then(() => console.log(arrivalText(delivery, file)))
      })
      console.log(await introduction(world, folder))
      const { signal } = interrupt
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return 0
    } finally {
      await world.close()
    }
  } finally {
    await folder.remove()
    interrupt.release()
  }
}

async function introduction({ profile, provided }: World, { add, path }: RunFolder): Promise<string> {
  const { sandbox, instance } = provided
  const ca = await add('ca.pem', [profile.ca, sandbox.ca].filter((pem) => pem !== null).join('\n'))
  const told = { ...variablesOf(profile, sandbox, instance.exports), CA: ca }
  const env = await add(
    'env',
    Object.entries(told)
      .map(([name, value]) => `export ${name}=${singleQuoted(value)}\n`)
      .join(''),
  )
  const { sound } = sandbox.exchangers
  return [
    `${sentence(profile.name)} is at ${sentence(profile.target.url)}; mail for *.sound.${sandbox.zone} arrives here`,
    `  MX, for a target that relays to one place: ${sound.host}:${sound.port}`,
    `  DNS ${sandbox.dns.host}:${sandbox.dns.port}, egress ${sandbox.egress}`,
    `  in another shell, for the lines of a report:  . ${singleQuoted(env)}`,
    `what arrives stands below, and whole in ${path}; Ctrl-C takes everything down`,
  ].join('\n')
}

/** A message in a line, and each of its recipients in one of its own: what nobody asked for is there to be seen. */
export function arrivalText(
  { envelope, personality, raw, receivedAt, tls }: Delivery,
  file: string | null = null,
): string {
  const { field } = readHeaders(raw)
  const [subject] = field('subject')
  const at = new Date(receivedAt).toISOString().slice(11, 23)
  const how = tls === null ? 'in clear text' : tls.version
  return [
    `${at}  ${personality ?? 'mailbox'}  ${how}  ${raw.length} bytes  from <${sentence(envelope.from, longest)}>  ${subject === undefined ? 'no subject' : `“${sentence(decodeWords(subject.value), longest)}”`}`,
    ...envelope.to.map((to) => `              to <${sentence(to, longest)}>`),
    ...(file === null ? [] : [`              in ${file}`]),
  ].join('\n')
}

/** Messages of which the whole is kept for as long as the sandbox is up. */
const mostKept = 10_000
/** Characters of an address or a subject that are shown. */
const longest = 200
