import { about, ofHeaderText, test } from '../../harness/check/check.ts'
import { corpus, templates } from '../../harness/probes/corpora.ts'
import { customHeaders, customHeadersThatArrive } from '../../harness/steps/custom-headers.ts'

test(
  'names and values of custom headers stay within one well-formed field',
  about({
    practices: ['P18'],
    severity: 'high',
    problem: 'A custom header leaves its field and brings others along',
    why: 'A header of the caller’s choice that carries a line break brings others along, recipients among them.',
    remediation: {
      effort: 'low',
      how: 'Accept header names by the token grammar and an allow-list, and refuse control characters in values.',
    },
    references:
      'CWE-93 · CWE-113 · CWE-74 · API8:2023 · ASVS 5.0 1.3.11 · RFC 5322 §2.2 · GHSA-268h-hp4c-crq3',
    needs: ['message.send:headers', 'wire'],
    reach: 'intrusive',
    weaknesses: ['passes-header-values-through', 'takes-any-header-name', ...ofHeaderText],
    habits: [
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
      'drops-most-custom-headers',
    ],
  }),
  async ({ mailbox, post, verify }) => {
    const arrive = await customHeadersThatArrive({ post, verify })
    const inValue = customHeaders.flatMap((header) =>
      corpus('eol').map(({ name, value: eol }) => ({
        name: `value of ${header}, ${name}`,
        applies: arrive.has(header),
        headers: (hidden: string) => ({
          [header]: ['v', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol),
        }),
      })),
    )
    const inName = templates('header-names').map(({ name, fill }) => ({
      name: `name ${name}`,
      applies: true,
      // Who may name a field so may do it without an injection.
      mayWrite: ['X-Injected'],
      headers: (hidden: string) => ({ [fill({ hidden })]: 'v' }),
    }))
    await verify.each([...inValue, ...inName], async ({ applies, headers, ...variant }) => {
      verify.applies(applies, 'a benign field of that name does not arrive')
      const hidden = mailbox.address('hidden')
      const mail = await post.send({ headers: headers(hidden) })
      await mail.contained({ hidden, names: ['Bcc', 'X-Injected'], body: 'INJECTED', ...variant })
    })
  },
)
