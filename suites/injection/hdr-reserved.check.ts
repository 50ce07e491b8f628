import { about, test } from '../../harness/check/check.ts'
import { readHeaders } from '../../harness/probes/headers.ts'
import { customHeadersThatArrive } from '../../harness/steps/custom-headers.ts'
import { reservedFields } from '../../harness/steps/reserved-fields.ts'

test(
  'a custom header sets nothing that is the provider’s or another input’s to set',
  about({
    practices: ['P18', 'P19', 'P08'],
    severity: 'high',
    problem: 'A custom header sets what is the provider’s to set',
    why: 'Who may name a header like those that route, sign or authenticate mail sends to whom he likes, and forges what receivers trust.',
    remediation: {
      effort: 'low',
      how: 'Accept custom headers by a list of names, and have structural, trace and control fields written in one place alone.',
      before: 'Object.assign(headers, body.headers)',
      after: 'for (const name of allowed) if (name in body.headers) headers[name] = body.headers[name]',
    },
    references:
      'CWE-15 · CWE-472 · CWE-693 · API3:2023 · API8:2023 · ASVS 5.0 15.3.3 · RFC 5322 §3.6 · RFC 8601 §5 · RFC 8689 §3',
    needs: ['message.send:headers', 'wire'],
    reach: 'intrusive',
    habits: [
      'drops-most-custom-headers',
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
    ],
    weaknesses: ['takes-any-header-name', 'obeys-control-headers'],
  }),
  async (kit) => {
    const { mailbox, post, verify } = kit
    await customHeadersThatArrive(kit)
    await verify.each(reservedFields(kit), async ({ name, value, faultIn, severity, beside }) => {
      const [hidden, mark] = [mailbox.address('hidden'), mailbox.canary()]
      const mail = await post.send({ ...beside, headers: { [name]: value({ hidden, mark }) } })
      const delivery = await mail.contained({ hidden, names: [], body: mark })
      if (delivery === null) return
      const fault = faultIn(readHeaders(delivery.raw).field(name.trim()), mark)
      verify.that(fault === null, {
        ...{ of: mail.exchange, mail: delivery, around: `\n${name.trim()}:`, severity },
        expected: `the field ${name} as the provider writes it, or a refusal`,
        actual: fault ?? '',
      })
    })
  },
)
