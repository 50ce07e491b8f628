/** For tests: a secret that some target was set up with, or gave out. */
export interface SeenSecret {
  readonly name: string
  readonly value: string
}

/** What the reference API was set up with (its exports), and what it gave out: keys, and tokens with their signatures. */
export function secretsOf(
  exports: Readonly<Record<string, string>>,
  bodies: readonly string[],
): SeenSecret[] {
  const given = Object.entries(exports)
    .filter(([name]) => /PASSWORD|KEY/.test(name))
    .flatMap(([name, value]) => value.split('\n').map((line) => ({ name, value: line })))
    .filter(({ value }) => value !== '' && !value.startsWith('-----'))
  const minted = new Set(
    bodies.flatMap((body) => [
      ...(body.match(/rk_[0-9a-f]{8}_[\w-]{43}/g) ?? []),
      // Of a token its signature: without one it opens nothing.
      ...[...body.matchAll(/eyJ[\w-]+\.eyJ[\w-]+\.([\w-]+)/g)].map(([, signature]) => signature ?? ''),
    ]),
  )
  return [...given, ...[...minted].map((value) => ({ name: 'what the target gave out', value }))]
}

/** How a secret may be written, by the name of the form. */
export function forms(value: string): Record<string, string> {
  return {
    raw: value,
    base64: Buffer.from(value).toString('base64').replace(/=+$/, ''),
    'in AUTH PLAIN': Buffer.from(`\0apikey\0${value}`).toString('base64').replace(/=+$/, ''),
    URL: encodeURIComponent(value),
    HTML: value.replaceAll('+', '&#43;').replaceAll('/', '&#47;').replaceAll('=', '&#61;'),
    JSON: JSON.stringify(value).slice(1, -1),
  }
}
