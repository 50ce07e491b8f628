import { about, test } from '../../harness/check/check.ts'
import { documentedReads } from '../../harness/steps/documented-reads.ts'
import { partsOfDrift } from '../../harness/steps/drift.ts'

test(
  'each read answers as the document says: status, type, members, methods, and to whom',
  about({
    practices: ['P30', 'P26'],
    severity: 'high',
    problem: 'Reads answer otherwise than the document says',
    why: 'What a document does not know nobody reviews: a member with a hash in it, a route that asks nobody, a method that was forgotten.',
    remediation: {
      effort: 'medium',
      how: 'Serialise answers by the schema of the document, and hold each deployment against it in CI.',
      before: 'return user',
      after: 'return { id: user.id, email: user.email }',
    },
    references:
      'CWE-1059 · CWE-573 · CWE-213 · API9:2023 · API3:2023 · ASVS 5.0 4.1.1 · ASVS 5.0 13.4.5 · WSTG-APIT-01',
    needs: ['openapi', 'principal:admin'],
    reach: 'safe',
    weaknesses: [
      'answers-with-another-status',
      'answers-with-another-type',
      'writes-times-as-numbers',
      'tells-password-hashes',
      'asks-nobody-for-its-reads',
      'allows-methods-that-nobody-documents',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const reads = await documentedReads(kit)
    verify.applies(reads.length > 0, 'the document has no call by GET')
    await verify.each(reads, (read) => verify.each(partsOfDrift(read, kit), ({ judge }) => judge()))
  },
)
