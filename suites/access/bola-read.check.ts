import { about, test } from '../../harness/check/check.ts'
import { attemptable, prepareAttempt } from '../../harness/steps/attempts.ts'

test(
  'the id of another tenant’s object gives nothing away',
  about({
    id: 'access/bola-read',
    practices: ['P21', 'P03', 'P14'],
    severity: 'critical',
    why: 'One customer who knows or guesses an id reads the mail, the contacts and the templates of another.',
    remediation: 'Put the tenant into every query, and answer a foreign id exactly as an unknown one.',
    references: [
      'CWE-639',
      'CWE-566',
      'CWE-862',
      'API1:2023',
      'ASVS 5.0 8.2.2',
      'ASVS 5.0 8.4.1',
      'WSTG-ATHZ-04',
    ],
    needs: ['principal:admin', 'principal:neighbour', 'mailbox'],
    reach: 'intrusive',
    weakness: 'looks-up-by-id-alone',
  }),
  async ({ api, ground, mailbox, verify, evidence }) => {
    const reads = attemptable(api).filter((operation) => /\.(get|list|preview|export)$/.test(operation))
    const who = await api.call('principal.get', {}, 'neighbour')
    verify.held(who.answer === 'accepted', 'the neighbour cannot even ask who he is')
    await verify.each(
      reads.map((operation) => ({ name: operation })),
      async ({ name: operation }, verify) => {
        const attempt = await prepareAttempt(operation, ground)
        // Counts and empty lists of two tenants look alike.
        if (!attempt.own) return
        const exchange = await api.call(operation, attempt.input, 'neighbour')
        await verify.notCarriedOut(attempt, exchange, 'nothing of the tenant to whom the object belongs')
        if (!('id' in attempt.input) || exchange.answer === 'accepted') return
        const unknown = await api.call(operation, { id: strangerTo(attempt.input['id']) }, 'neighbour')
        verify.answered(unknown)
        verify.answered(unknown)
        verify.that(unknown.response?.status === exchange.response?.status, () => ({
          ...verify.sentBy(exchange),
          severity: 'low',
          expected: `the answer that an unknown id gets (${unknown.response?.status})`,
          actual: `${exchange.response?.status}, which tells that the id exists`,
          evidence: [evidence.exchange(exchange), evidence.exchange(unknown)],
        }))
      },
    )
    if (!api.has('template.create') || !api.has('message.send', 'template')) return
    const secret = mailbox.canary()
    const template = await api.call('template.create', {
      name: secret,
      subject: 'Hello',
      html: `<p>${secret}</p>`,
      text: secret,
    })
    const id = template.result?.['id']
    verify.held(typeof id === 'string', 'no template could be made')
    const [own, to] = [mailbox.address('own'), mailbox.address('foreign-template')]
    const benign = await api.call('message.send', { to: own, ...mailbox.letter() }, 'neighbour')
    await mailbox.delivery(own, benign)
    const exchange = await api.call('message.send', { to, template: id, variables: {} }, 'neighbour')
    const copy = await mailbox.arrived(to, exchange, ground.fence)
    verify.that(copy === null || !Buffer.from(copy.raw).includes(secret), () => ({
      ...verify.sentBy(exchange),
      expected: 'no mail made of another tenant’s template',
      actual: 'the neighbour’s message holds the text of the template',
      evidence: [evidence.exchange(exchange), ...(copy === null ? [] : [evidence.delivery(copy, secret)])],
    }))
    verify.answered(exchange)
  },
)

/** An id of the same form that nobody has: its last letters and digits, each another of its kind, and no leading zero. */
function strangerTo(id: unknown): string {
  const next = (c: string) => (c >= '0' && c <= '9' ? String((Number(c) % 9) + 1) : c === 'a' ? 'b' : 'a')
  return String(id).replace(/[0-9a-f](?=[0-9a-zA-Z]{0,11}$)/g, next)
}
