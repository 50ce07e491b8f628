import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { tokensForPasswords, tokensInRedirects, truthfulMetadata } from '../../harness/steps/legacy-grants.ts'

test(
  'tokens come by the token endpoint alone, for codes and not for passwords, and the metadata says so',
  about({
    practices: ['P01'],
    severity: 'high',
    problem: 'Access tokens are given in redirections or for passwords',
    why: 'What stands in a redirection is read by histories, logs and scripts of other pages; a password that an app takes goes around every second factor.',
    remediation: {
      effort: 'medium',
      how: 'Delete the implicit and the password grant, have answers carry iss, and publish metadata that says what is so.',
    },
    references:
      'CWE-346 · CWE-598 · CWE-522 · API2:2023 · ASVS 5.0 10.4.4 · ASVS 5.0 10.2.2 · RFC 9700 §2.1.2 · RFC 9700 §2.4 · RFC 9700 §4.4 · RFC 9207 §2 · RFC 8414 §3.3 · RFC 9728 §3.3 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'gives-tokens-in-redirects',
      'takes-passwords-for-tokens',
      'leaves-issuers-out-of-answers',
      'tells-another-issuer',
      'names-another-resource',
      'advertises-legacy-grants',
      'advertises-plain-challenges',
    ],
  }),
  async (kit) => {
    const { server, client } = await rightFlow(kit)
    await kit.verify.each(
      [
        ...tokensInRedirects(kit, server, client),
        ...tokensForPasswords(kit, server),
        ...truthfulMetadata(kit, server, client),
      ],
      ({ judge }) => judge(),
    )
  },
)
