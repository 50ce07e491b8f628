import { about, test } from '../../harness/check/check.ts'
import { surfaces } from '../../harness/steps/reflections.ts'

test(
  'nothing of a request’s fields, ids, parameters or path becomes a link, a header field or markup of its answer',
  about({
    practices: ['P18', 'P06'],
    severity: 'high',
    problem: 'A part of a request becomes a link, a header field or markup of its answer',
    why: 'A link to a host of the attacker’s choice carries the tokens of whoever follows it; a cache hands one poisoned answer to all.',
    remediation: {
      effort: 'low',
      how: 'Make links of a public origin that is configured; encode by context; take ids of [A-Za-z0-9-]{1,64} only.',
      before: "res.send('<a href=\"https://' + req.headers['x-forwarded-host'])",
      after: 'res.send(`<a href="${config.publicOrigin}/…">`)',
    },
    references:
      'CWE-79 · CWE-113 · CWE-644 · CWE-601 · API8:2023 · ASVS 5.0 1.2.1 · ASVS 5.0 4.1.3 · WSTG-INPV-01 · WSTG-INPV-17',
    needs: ['principal:admin'],
    reach: 'safe',
    weaknesses: [
      'links-to-the-host-of-the-request',
      'links-where-forwarding-fields-say',
      'links-to-the-page-that-was-left',
      'writes-request-ids-as-they-come',
      'shows-the-address-in-error-pages',
      'greets-readers-by-parameters',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    await verify.each(surfaces(kit), async ({ ways }) => {
      await verify.each(await ways(), async ({ ask }) => {
        const { of, what, severity, around } = await ask()
        verify.that(what === null, {
          ...{ of, severity, around },
          expected: 'nothing that the request says where it could lead, split or mark up the answer',
          actual: `${what}`,
        })
      })
    })
  },
)
