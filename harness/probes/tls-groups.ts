/** Named groups for key agreement by IANA's names and numbers (TLS Supported Groups registry), in the order of our preference. */
const registry = {
  ...{ x25519: 29, secp256r1: 23, secp384r1: 24, secp521r1: 25, x448: 30, secp256k1: 22 },
  ...{ brainpoolP256r1: 26, brainpoolP384r1: 27, brainpoolP512r1: 28 },
  ...{ brainpoolP256r1tls13: 31, brainpoolP384r1tls13: 32, brainpoolP512r1tls13: 33 },
  ...{ X25519MLKEM768: 0x11ec, SecP256r1MLKEM768: 0x11eb, SecP384r1MLKEM1024: 0x11ed },
  ...{ sect571r1: 14, sect571k1: 13, sect409r1: 12, sect409k1: 11, sect283r1: 10, sect283k1: 9 },
  ...{ sect239k1: 8, sect233r1: 7, sect233k1: 6, secp224r1: 21, secp224k1: 20 },
  ...{ ffdhe2048: 256, ffdhe3072: 257, ffdhe4096: 258, ffdhe6144: 259, ffdhe8192: 260 },
  ...{ secp192r1: 19, secp192k1: 18, sect193r2: 5, sect193r1: 4, sect163r2: 3, sect163r1: 2, sect163k1: 1 },
  ...{ secp160r2: 17, secp160r1: 16, secp160k1: 15 },
} as const

export const x25519 = registry.x25519

export const allGroups: readonly number[] = Object.values(registry)

/** Without the finite fields of RFC 7919: a server that heard of none takes its own. */
export const allCurves: readonly number[] = allGroups.filter((group) => !groupName(group).startsWith('ffdhe'))

/** Below 224 bits (RFC 9325 §4.5). */
export const weakCurves: readonly number[] = allGroups.filter((group) => /^sec[pt]1/.test(groupName(group)))

/** IANA's name, or the number of one that the registry above lacks. */
export function groupName(group: number): string {
  return Object.entries(registry).find(([, number]) => number === group)?.[0] ?? String(group)
}
