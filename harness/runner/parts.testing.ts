import { type TestFunction, test } from 'vitest'

/**
 * For tests that need a part which is not everywhere: Vitest's `test` where `missing` is `null`, else one that skips and
 * says what is missing. Where POSTERN_REQUIRE (a list with commas) names the part, its absence is a failure.
 */
export function testWith(
  part:
    | 'compose'
    | 'docker'
    | 'groovy'
    | 'local-kms'
    | 'mailpit'
    | 'mtas'
    | 'nodes'
    | 'openbao'
    | 'readers'
    | 'rsync'
    | 'spamd'
    | 'sslyze'
    | 'tls-servers'
    | 'vectors'
    | 'zap',
  missing: string | null,
) {
  return (title: string, body: TestFunction): void => {
    const required = (process.env['POSTERN_REQUIRE'] ?? '').split(',').includes(part)
    if (missing === null) test(title, body)
    else if (!required) test.skip(`${title} (skipped: ${missing})`, body)
    else
      test(title, () => {
        throw new Error(`${missing}, and POSTERN_REQUIRE names ${part}`)
      })
  }
}
