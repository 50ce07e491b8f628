/** https://owasp.org/API-Security/editions/2023/en/0x11-t10/ */
const apiRisks: readonly string[] = [
  '0xa1-broken-object-level-authorization',
  '0xa2-broken-authentication',
  '0xa3-broken-object-property-level-authorization',
  '0xa4-unrestricted-resource-consumption',
  '0xa5-broken-function-level-authorization',
  '0xa6-unrestricted-access-to-sensitive-business-flows',
  '0xa7-server-side-request-forgery',
  '0xa8-security-misconfiguration',
  '0xa9-improper-inventory-management',
  '0xaa-unsafe-consumption-of-apis',
]

/** https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en */
const asvsChapters: readonly string[] = [
  '0x10-V1-Encoding-and-Sanitization',
  '0x11-V2-Validation-and-Business-Logic',
  '0x12-V3-Web-Frontend-Security',
  '0x13-V4-API-and-Web-Service',
  '0x14-V5-File-Handling',
  '0x15-V6-Authentication',
  '0x16-V7-Session-Management',
  '0x17-V8-Authorization',
  '0x18-V9-Self-contained-Tokens',
  '0x19-V10-OAuth-and-OIDC',
  '0x20-V11-Cryptography',
  '0x21-V12-Secure-Communication',
  '0x22-V13-Configuration',
  '0x23-V14-Data-Protection',
  '0x24-V15-Secure-Coding-and-Architecture',
  '0x25-V16-Security-Logging-and-Error-Handling',
  '0x26-V17-WebRTC',
]

/** Where a reference can be read, where its name alone says so; `null` for all others. */
export function addressOf(reference: string): string | null {
  const cwe = /^CWE-(\d{1,5})$/.exec(reference)?.[1]
  if (cwe !== undefined) return `https://cwe.mitre.org/data/definitions/${cwe}.html`
  const cve = /^CVE-\d{4}-\d{4,7}$/.exec(reference)?.[0]
  if (cve !== undefined) return `https://www.cve.org/CVERecord?id=${cve}`
  const risk = apiRisks[Number(/^API(\d{1,2}):2023$/.exec(reference)?.[1]) - 1]
  if (risk !== undefined) return `https://owasp.org/API-Security/editions/2023/en/${risk}/`
  const chapter = asvsChapters[Number(/^ASVS 5\.0 (\d{1,2})\.\d/.exec(reference)?.[1]) - 1]
  if (chapter !== undefined) return `https://github.com/OWASP/ASVS/blob/v5.0.0/5.0/en/${chapter}.md`
  const rfc = /^RFC (\d{1,5})(?: |$)/.exec(reference)?.[1]
  if (rfc === undefined) return null
  const section = /§ ?(\d+(?:\.\d+)*)$/.exec(reference)?.[1]
  return `https://www.rfc-editor.org/rfc/rfc${rfc}${section === undefined ? '' : `#section-${section}`}`
}
