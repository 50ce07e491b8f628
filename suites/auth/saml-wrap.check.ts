import { about, test } from '../../harness/check/check.ts'
import { forgedAnswers, neededOfSingleSignOn } from '../../harness/steps/single-sign-on.ts'

test(
  'an answer of an identity provider signs in whom it was signed for, here, now and once',
  about({
    practices: ['P01'],
    severity: 'critical',
    problem: 'Answers of an identity provider count that it has not signed so',
    why: 'Whoever has an account, or an old answer out of a log, signs in as anybody, second factor and all.',
    remediation: {
      effort: 'medium',
      how: 'Verify with the certificate that was agreed on, refuse documents with a second assertion or signature, and read nothing but what the verifier gives back as signed; then look at audience, recipient, times, request and id.',
      before: 'if (isValid(xml)) return xpath("//Assertion", document)[0]',
      after: 'const [signed] = verifier.getSignedReferences()\nreturn parse(signed).documentElement',
    },
    references:
      'CWE-347 · CWE-91 · CWE-290 · CWE-294 · API2:2023 · ASVS 5.0 6.8.2 · ASVS 5.0 6.8.3 · CVE-2017-11427 · CVE-2025-29774 · CVE-2025-47949',
    needs: [...neededOfSingleSignOn],
    reach: 'intrusive',
    showsBadCredentials: true,
    habits: ['makes-accounts-of-whom-identity-providers-name', 'reads-the-signed-part-of-saml-answers-alone'],
    weaknesses: [
      'looks-at-saml-signatures-only-when-there-are-any',
      'checks-the-digests-of-saml-answers-alone',
      'checks-no-digests-of-saml-answers',
      'takes-the-certificate-that-saml-answers-bring',
      'knows-certificates-of-saml-answers-by-their-subject',
      'takes-the-key-that-saml-answers-bring',
      'takes-certificates-for-secrets-of-saml-answers',
      'reads-the-first-assertion-of-saml-answers',
      'reads-the-last-assertion-of-saml-answers',
      'reads-the-assertion-that-holds-a-signature',
      'reads-the-assertion-of-the-outermost-response',
      'reads-the-first-of-an-id-in-saml-answers',
      'reads-the-last-of-an-id-in-saml-answers',
      'reads-the-first-name-of-saml-answers',
      'reads-the-last-name-of-saml-answers',
      'reads-names-of-saml-answers-up-to-a-comment',
      'reads-the-first-signed-info-of-saml-answers',
      'reads-the-last-signed-info-of-saml-answers',
      'reads-comments-in-digests-of-saml-answers',
      'takes-saml-answers-for-other-audiences',
      'takes-saml-answers-for-whatever-begins-alike',
      'takes-saml-answers-for-other-recipients',
      'takes-saml-answers-of-any-issuer',
      'never-looks-at-the-end-of-saml-conditions',
      'never-looks-at-the-end-of-saml-confirmations',
      'takes-saml-answers-before-their-time',
      'takes-saml-answers-twice',
      'takes-saml-answers-that-nobody-asked-for',
      'signs-in-whomever-an-identity-provider-names',
    ],
  }),
  async (kit) => {
    const parts = await forgedAnswers(kit)
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
