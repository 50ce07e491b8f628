/** Cipher suites by what is wrong or right with them; numbers and names of the IANA TLS Cipher Suites registry. */
const suiteGroups = {
  /** No encryption at all (RFC 9325 §4.1). */
  NULL: {
    TLS_RSA_WITH_NULL_MD5: 0x0001,
    TLS_RSA_WITH_NULL_SHA: 0x0002,
    TLS_RSA_WITH_NULL_SHA256: 0x003b,
    TLS_ECDHE_RSA_WITH_NULL_SHA: 0xc010,
    TLS_ECDHE_ECDSA_WITH_NULL_SHA: 0xc006,
    TLS_ECDH_ECDSA_WITH_NULL_SHA: 0xc001,
    TLS_ECDH_RSA_WITH_NULL_SHA: 0xc00b,
  },
  /** Weakened for export, 40 bits (RFC 9325 §4.1). */
  EXPORT: {
    TLS_RSA_EXPORT_WITH_RC4_40_MD5: 0x0003,
    TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5: 0x0006,
    TLS_RSA_EXPORT_WITH_DES40_CBC_SHA: 0x0008,
    TLS_DH_DSS_EXPORT_WITH_DES40_CBC_SHA: 0x000b,
    TLS_DH_RSA_EXPORT_WITH_DES40_CBC_SHA: 0x000e,
    TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA: 0x0011,
    TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA: 0x0014,
  },
  /** No authentication of the server. */
  anon: {
    TLS_DH_anon_WITH_RC4_128_MD5: 0x0018,
    TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: 0x001b,
    TLS_DH_anon_WITH_AES_128_CBC_SHA: 0x0034,
    TLS_DH_anon_WITH_AES_256_CBC_SHA: 0x003a,
    TLS_DH_anon_WITH_AES_128_CBC_SHA256: 0x006c,
    TLS_DH_anon_WITH_AES_256_CBC_SHA256: 0x006d,
    TLS_DH_anon_WITH_AES_128_GCM_SHA256: 0x00a6,
    TLS_DH_anon_WITH_AES_256_GCM_SHA384: 0x00a7,
    TLS_ECDH_anon_WITH_NULL_SHA: 0xc015,
    TLS_ECDH_anon_WITH_RC4_128_SHA: 0xc016,
    TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: 0xc017,
    TLS_ECDH_anon_WITH_AES_128_CBC_SHA: 0xc018,
    TLS_ECDH_anon_WITH_AES_256_CBC_SHA: 0xc019,
  },
  /** RFC 7465. */
  RC4: {
    TLS_RSA_WITH_RC4_128_MD5: 0x0004,
    TLS_RSA_WITH_RC4_128_SHA: 0x0005,
    TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 0xc007,
    TLS_ECDHE_RSA_WITH_RC4_128_SHA: 0xc011,
  },
  /** 56 bits. */
  DES: {
    TLS_RSA_WITH_DES_CBC_SHA: 0x0009,
    TLS_DH_DSS_WITH_DES_CBC_SHA: 0x000c,
    TLS_DH_RSA_WITH_DES_CBC_SHA: 0x000f,
    TLS_DHE_DSS_WITH_DES_CBC_SHA: 0x0012,
    TLS_DHE_RSA_WITH_DES_CBC_SHA: 0x0015,
  },
  /** Blocks of 64 bits: CVE-2016-2183. */
  '3DES': {
    TLS_RSA_WITH_3DES_EDE_CBC_SHA: 0x000a,
    TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA: 0x0013,
    TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: 0x0016,
    TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: 0xc008,
    TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 0xc012,
  },
  /** Forward secret, but with CBC and MAC-then-encrypt. */
  CBC: {
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 0xc009,
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 0xc00a,
    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 0xc013,
    TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 0xc014,
    TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 0xc023,
    TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: 0xc024,
    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 0xc027,
    TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: 0xc028,
    TLS_DHE_RSA_WITH_AES_128_CBC_SHA: 0x0033,
    TLS_DHE_RSA_WITH_AES_256_CBC_SHA: 0x0039,
    TLS_DHE_RSA_WITH_AES_128_CBC_SHA256: 0x0067,
    TLS_DHE_RSA_WITH_AES_256_CBC_SHA256: 0x006b,
  },
  /** No forward secrecy (RFC 9325 §4.1). */
  'static-RSA': {
    TLS_RSA_WITH_AES_128_CBC_SHA: 0x002f,
    TLS_RSA_WITH_AES_256_CBC_SHA: 0x0035,
    TLS_RSA_WITH_AES_128_CBC_SHA256: 0x003c,
    TLS_RSA_WITH_AES_256_CBC_SHA256: 0x003d,
    TLS_RSA_WITH_CAMELLIA_128_CBC_SHA: 0x0041,
    TLS_RSA_WITH_CAMELLIA_256_CBC_SHA: 0x0084,
    TLS_RSA_WITH_SEED_CBC_SHA: 0x0096,
    TLS_RSA_WITH_IDEA_CBC_SHA: 0x0007,
    TLS_RSA_WITH_AES_128_GCM_SHA256: 0x009c,
    TLS_RSA_WITH_AES_256_GCM_SHA384: 0x009d,
    TLS_RSA_WITH_AES_128_CCM: 0xc09c,
    TLS_RSA_WITH_AES_256_CCM: 0xc09d,
  },
  /** Finite-field groups: the size of the group is not in the ServerHello. */
  'DHE-AEAD': {
    TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: 0x009e,
    TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: 0x009f,
    TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xccaa,
  },
  /** What RFC 9325 §4.2 recommends for TLS 1.2. */
  'ECDHE-AEAD': {
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 0xc030,
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca8,
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
  },
  /** RFC 9846. */
  TLS13: {
    TLS_AES_128_GCM_SHA256: 0x1301,
    TLS_AES_256_GCM_SHA384: 0x1302,
    TLS_CHACHA20_POLY1305_SHA256: 0x1303,
  },
} as const satisfies Record<string, Record<string, number>>

export type SuiteGroup = keyof typeof suiteGroups

/** The numbers of the suites of these groups, in order. */
export function suitesOf(groups: readonly SuiteGroup[]): number[] {
  return groups.flatMap((group) => Object.values(suiteGroups[group]))
}

/** IANA's name, or `0xNNNN` for one that no group holds. */
export function suiteName(suite: number): string {
  for (const group of Object.values(suiteGroups))
    for (const [name, value] of Object.entries(group)) if (value === suite) return name
  return `0x${suite.toString(16).padStart(4, '0')}`
}
