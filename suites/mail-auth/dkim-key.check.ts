import { about, test } from '../../harness/check/check.ts'
import { dkimKeyFacts } from '../../harness/probes/dkim-key.ts'
import { keysOfMail } from '../../harness/steps/authenticated-mail.ts'

test(
  'the DKIM key is strong, alone at its name and out of testing',
  about({
    practices: ['P33', 'P28', 'P10'],
    severity: 'high',
    problem: 'The DKIM key is weak, in testing, or not alone at its name',
    why: 'A short RSA key is factored for pocket money, and t=y tells receivers to treat signed mail as unsigned.',
    remediation: {
      effort: 'medium',
      how: 'Publish RSA keys of 2048 bits or Ed25519, one record a selector, without t=y, and sign with SHA-256.',
    },
    references: 'CWE-326 · CWE-327 · CWE-489 · ASVS 5.0 11.2.3 · RFC 8301 §3.2 · RFC 8463 · RFC 6376 §3.6.1',
    needs: ['sending', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    weaknesses: [
      'keeps-the-onboarding-dkim-key',
      'makes-short-dkim-keys',
      'keeps-dkim-keys-in-testing',
      'publishes-two-keys-at-one-selector',
      'publishes-keys-with-escaped-semicolons',
      'allows-sha-1-for-its-keys',
      'signs-with-sha-1',
      'publishes-keys-for-another-service',
      'names-a-key-that-signs-nothing',
    ],
  }),
  async (kit) => {
    const { post, resolver, verify } = kit
    const factsOf = (selector: string, domain: string) => dkimKeyFacts(selector, domain, resolver)
    const signed = await (await post.send()).delivered()
    const keys = await keysOfMail(kit, signed, factsOf)
    await verify.each(keys, async (key) => {
      const { selector, domain, algorithm } = key
      const facts = await factsOf(selector, domain)
      // RFC 6376 §3.6.1: an empty p= says that the key is out of use, and so it is unless something bears it.
      verify.applies(!facts.revoked || algorithm !== '', `${facts.name} is out of use`)
      verify.held(
        !facts.wildcard,
        `a wildcard answers for every selector of ${domain}`,
        'remove it: it hides what is published',
      )
      await verify.each(key.faults(facts), async ({ is, severity, text }) => {
        verify.that(!is, {
          ...{ operation: 'domain.get', severity },
          expected:
            'one record with an RSA key of 2048 bits or more, or Ed25519, not in testing, for SHA-256',
          actual: `${facts.name}: ${text}`,
        })
      })
    })
  },
)
