import { about, test } from '../../harness/check/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { readHeaders } from '../../harness/probes/headers.ts'

test(
  'names and values of custom headers stay within one well-formed field',
  about({
    id: 'injection/crlf-header',
    practices: ['P18'],
    severity: 'high',
    why: 'A header of the caller’s choice that carries a line break brings others along, recipients among them.',
    remediation:
      'Accept header names by the token grammar and an allow-list, and refuse control characters in values.',
    references: [
      'CWE-93',
      'CWE-113',
      'CWE-74',
      'API8:2023',
      'ASVS 5.0 1.3.11',
      'RFC 5322 §2.2',
      'GHSA-268h-hp4c-crq3',
    ],
    needs: ['message.send:headers', 'wire'],
    reach: 'intrusive',
    weakness: 'passes-header-values-through',
  }),
  async ({ api, mailbox, verify }) => {
    const plain = mailbox.address('plain')
    const benign = await api.call('message.send', {
      to: plain,
      subject: 'Hello',
      text: 'Hello',
      headers: { 'X-Probe': 'ok' },
    })
    const [probe] = readHeaders((await mailbox.delivery(plain, benign)).raw).field('X-Probe')
    verify.held(probe?.value === 'ok', 'a benign custom header did not arrive as it was given')

    const block = (eol: string, hidden: string) =>
      ['v', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol)
    const inValue = ['X-Probe', 'List-Unsubscribe', 'References'].flatMap((header) =>
      corpus('eol').map((eol) => ({
        name: `value of ${header}, ${eol.name}`,
        headers: (hidden: string) => ({ [header]: block(eol.value, hidden) }),
      })),
    )
    const inName = corpus('header-names').map((item, n) => ({
      name: `name ${item.name}`,
      headers: (hidden: string) => ({ [corpus('header-names', { hidden })[n]?.value ?? '']: 'v' }),
    }))
    await verify.each([...inValue, ...inName], async ({ headers }, verify) => {
      const [to, hidden] = [mailbox.address('visible'), mailbox.address('hidden')]
      const exchange = await api.call('message.send', {
        to,
        subject: 'Hello',
        text: 'Hello',
        headers: headers(hidden),
      })
      const visible = mailbox.deliveryUnlessRefused(to, exchange)
      // Its copies leave together: a later message alone may overtake them.
      await visible.catch(() => null)
      await verify.nothingReached(hidden, exchange)
      const delivery = await visible
      if (delivery !== null)
        verify.headersIntact(delivery, exchange, { names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
    })
  },
)
