import { expect, test } from 'vitest'
import { addressOf } from './addresses.ts'

test.each([
  ['CWE-93', 'https://cwe.mitre.org/data/definitions/93.html'],
  ['RFC 5322 §2.2', 'https://www.rfc-editor.org/rfc/rfc5322#section-2.2'],
  ['RFC 8996', 'https://www.rfc-editor.org/rfc/rfc8996'],
  ['API10:2023', 'https://owasp.org/API-Security/editions/2023/en/0xaa-unsafe-consumption-of-apis/'],
  ['ASVS 5.0 8.2.2', 'https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/0x17-V8-Authorization.md'],
  ['CVE-2018-0114', 'https://www.cve.org/CVERecord?id=CVE-2018-0114'],
])('%s is read at %s', (reference, address) => {
  expect(addressOf(reference)).toBe(address)
})

test.each([
  'WSTG-INPV-10',
  'API11:2023',
  'API0:2023',
  'ASVS 5.0 18.1.1',
  'RFC x',
  'javascript:CWE-1',
  'CWE-1"',
])('nobody is led anywhere by %s', (reference) => {
  expect(addressOf(reference)).toBeNull()
})
