import { generateKeyPairSync } from 'node:crypto'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Delivery } from '../model.ts'
import type { DkimFacts } from '../probes/mail-authentication.ts'
import { shownRecords } from '../probes/shown-records.ts'
import type { InputOf } from '../profile/operations.ts'
import { domainIn, inZone, recordsOf, senderAt, verified } from './added-domains.ts'
import { authenticated } from './authenticated-mail.ts'

/** Who wants the key of somebody else. */
const other = 'neighbour'

/** A domain that mail was seen to be signed for. */
interface Signed {
  readonly name: string
  readonly selector: string
}

interface Attempt {
  readonly name: string
  /** What of `domain.create` it takes. */
  readonly takes: readonly InputOf<'domain.create'>[]
  input(own: string, theirs: Signed): Readonly<Record<string, string>>
}

/** Bits. */
const usual = 2048

/**
 * Verdicts on domains that are added with what belongs to the keys of another tenant. A guard comes first: mail of that one is signed,
 * and verifies.
 */
export async function keysOfOthers(kit: Kit): Promise<Part[]> {
  const { api } = kit
  const domain = await verified(kit, domainIn(kit, 'theirs'))
  const before = await signatureOf(kit, domain.name)
  kit.verify.held(
    before.facts !== null,
    `mail from a domain whose records are published has no signature for it that verifies (${before.said})`,
    'see mail-auth/dkim-valid',
  )
  const theirs = { name: domain.name, selector: before.facts?.selector ?? '' }
  const whole = { seen: true }
  return attempts()
    .filter(({ takes }) => takes.every((input) => api.has('domain.create', input)))
    .map((attempt) => ({ name: attempt.name, judge: () => keptApart(kit, attempt, theirs, whole) }))
}

function attempts(): Attempt[] {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: usual,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return [
    {
      name: 'its selector',
      takes: ['selector'],
      input: (name, { selector }) => ({ name, selector }),
    },
    {
      name: 'its selector, with a key that is brought',
      takes: ['selector', 'privateKey'],
      input: (name, { selector }) => ({ name, selector, privateKey }),
    },
    {
      name: 'a selector that is a path to its key',
      takes: ['selector'],
      input: (name, theirs) => ({ name, selector: `../${theirs.name}/${theirs.selector}` }),
    },
    {
      name: 'its name',
      takes: [],
      input: (_own, { name }) => ({ name }),
    },
    {
      name: 'its name and selector, with a key that is brought',
      takes: ['selector', 'privateKey'],
      input: (_own, { name, selector }) => ({ name, selector, privateKey }),
    },
    {
      name: 'its name as that to sign for',
      takes: ['signingDomain'],
      input: (name, theirs) => ({ name, signingDomain: theirs.name }),
    },
  ]
}

/** A verdict: what another tenant adds neither signs as the domain does, nor changes what it is signed with. */
async function keptApart(
  kit: Kit,
  { input }: Attempt,
  theirs: Signed,
  whole: { seen: boolean },
): Promise<void> {
  const { api, dns, post, verify } = kit
  verify.held(
    whole.seen || (await signatureOf(kit, theirs.name)).facts !== null,
    'what was added before has spoilt the key for good',
    'mend that first',
  )
  const own = domainIn(kit, 'own')
  const given = input(own, theirs)
  const { privateKey } = given as { readonly privateKey?: string }
  if (privateKey !== undefined) api.conceal('DKIM_KEY', privateKey)
  const made = await api.call('domain.create', given, other)
  verify.answered(made, 'the effect decides')
  const id = made.answer === 'accepted' ? made.result?.['id'] : undefined
  try {
    if (id !== undefined && given['name'] === own) {
      const added = { name: own, id, records: shownRecords(made.result?.['records']) }
      await dns.publish(inZone(kit, await recordsOf(kit, added, other)).filter(isOf(own)))
      await api.call('domain.verify', { id }, other)
      const sent = await post.send({ from: senderAt(own) }, other)
      const mail = await sent.arrived()
      const facts = mail === null ? null : await validFor(kit, mail, theirs.name)
      verify.that(facts === null, {
        ...{ of: sent.exchange, mail: mail ?? undefined, around: 'DKIM-Signature' },
        expected: `mail of ${other} bears no signature for ${theirs.name}, which another tenant has verified`,
        actual: `it bears one by the selector ${facts?.selector} that verifies`,
      })
    }
    const after = await signatureOf(kit, theirs.name)
    whole.seen = after.facts !== null
    verify.that(whole.seen, {
      ...{ of: made, mail: after.mail, around: 'DKIM-Signature' },
      expected: `mail from ${theirs.name} is signed as it was before ${other} added a domain`,
      actual: `its signature does not verify any more: ${after.said}`,
    })
  } finally {
    if (id !== undefined && api.has('domain.delete')) await api.call('domain.delete', { id }, other)
  }
}

/** What whoever has the domain can publish; not every selector that is taken makes a name. */
const isOf =
  (own: string) =>
  ({ name }: { readonly name: string }) =>
    `.${name}`.endsWith(`.${own}`) && /^(?:[\w-]+\.)+[\w-]+$/.test(name)

/** What a message from the domain is signed with, by whoever owns it; `null` where nothing of it verifies. */
async function signatureOf(
  kit: Kit,
  name: string,
): Promise<{ readonly facts: DkimFacts | null; readonly said: string; readonly mail: Delivery }> {
  const mail = await (await kit.post.send({ from: senderAt(name) })).delivered()
  const { dkim } = await authenticated(kit, mail)
  const said = dkim.map(
    ({ domain, selector, result, comment }) =>
      `d=${domain} s=${selector} ${result}${comment === null ? '' : ` (${comment})`}`,
  )
  const facts = dkim.find(({ result, aligned }) => result === 'pass' && aligned) ?? null
  return { facts, said: said.join('; ') || 'no signature', mail }
}

async function validFor(kit: Kit, mail: Delivery, name: string): Promise<DkimFacts | null> {
  const { dkim } = await authenticated(kit, mail)
  return dkim.find(({ result, domain }) => result === 'pass' && `.${domain}`.endsWith(`.${name}`)) ?? null
}
