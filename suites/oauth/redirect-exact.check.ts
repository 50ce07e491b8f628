import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { otherTargets, signsInByGet } from '../../harness/steps/redirect-targets.ts'

test(
  'answers of the authorization server go to the registered redirect URI alone',
  about({
    practices: ['P01', 'P18'],
    severity: 'critical',
    problem: 'Codes are sent to where whoever asks has them sent',
    why: 'A link to the real sign-in page, with another redirect URI in it, hands the code of whoever follows it to the attacker.',
    remediation: {
      effort: 'low',
      how: 'Compare redirect_uri with those of the client as strings, show an error on a page of your own where it is none of them, and answer forms with 303.',
      before: 'client.redirectUris.some((uri) => asked.startsWith(uri))',
      after: 'client.redirectUris.includes(asked)',
    },
    references:
      'CWE-601 · CWE-183 · API2:2023 · ASVS 5.0 10.4.1 · RFC 9700 §2.1 · RFC 9700 §4.1 · RFC 9700 §4.11 · RFC 9700 §4.12 · RFC 8252 §7.3 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'matches-redirects-by-prefix',
      'matches-redirects-by-origin',
      'matches-redirects-by-host',
      'matches-redirects-by-their-beginning',
      'matches-redirects-in-any-case',
      'takes-any-port-of-redirects',
      'takes-redirects-without-tls',
      'redirects-errors-anywhere',
      'keeps-post-on-sign-in-redirects',
    ],
  }),
  async (kit) => {
    const { server, client, tokens } = await rightFlow(kit)
    await kit.verify.each(
      [
        ...otherTargets(kit, server, client),
        { name: 'the form of a sign-in', judge: () => signsInByGet(kit, server, client, tokens.authorized) },
      ],
      ({ judge }) => judge(),
    )
  },
)
