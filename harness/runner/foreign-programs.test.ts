import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { inPlace } from './spawned.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

/** Programs that nobody here wrote, with the verdicts of some checks, as the pages beside their profiles tell. */
const programs = {
  'aws-ses-v2-local': {
    'injection/bcc-leak': ['fail', 'low'],
    'injection/html-var': ['fail', 'high'],
    'headers/cors': ['pass'],
  },
  'better-auth': {
    'auth/session-revoke': ['pass'],
    'mfa/alt-channel': ['pass'],
    'mfa/enforced': ['pass'],
    'mfa/enroll-recovery': ['pass'],
    'mfa/otp-binding': ['pass'],
    'mfa/otp-brute': ['pass'],
    'mfa/otp-replay': ['fail', 'high'],
  },
  'oidc-provider': {
    'oauth/client-auth': ['pass'],
    'oauth/code-single-use': ['pass'],
    'oauth/device-code': ['fail', 'low'],
    'oauth/dpop': ['pass'],
    'oauth/legacy-grants': ['fail', 'medium'],
    'oauth/pkce-downgrade': ['pass'],
    'oauth/pkce-required': ['fail', 'high'],
    'oauth/redirect-exact': ['pass'],
    'oauth/refresh-rotation': ['pass'],
  },
  'node-oauth2-server': {
    'oauth/client-auth': ['pass'],
    'oauth/code-single-use': ['fail', 'medium'],
    'oauth/legacy-grants': ['fail', 'high', 'medium'],
    'oauth/pkce-downgrade': ['pass'],
    'oauth/pkce-required': ['fail', 'high', 'low'],
    'oauth/redirect-exact': ['pass'],
    'oauth/refresh-rotation': ['fail', 'high'],
  },
} as const

/** As the pages have them run. */
const reaches: Readonly<Record<string, string>> = { 'oidc-provider': 'intrusive' }

test.for(Object.entries(programs))('of %s is said what its page tells', ([name, expected]) =>
  inPlace(async ({ out, postern, report }) => {
    const profile = fileURLToPath(new URL(`../../fixtures/targets/${name}.yaml`, import.meta.url))
    const { code, stdout, stderr } = await postern([
      ...['run', '--target', profile, '--reach', reaches[name] ?? 'disruptive', '--out', out],
      ...Object.keys(expected).flatMap((id) => ['--check', id]),
    ]).ended
    const { outcomes } = await report()
    const found = outcomes
      .filter(({ check }) => check in expected)
      .map(({ check, verdict, findings }) => [
        check,
        [verdict, ...new Set(findings.map(({ severity }) => severity))],
      ])
    expect({ code, said: stdout + stderr, found: Object.fromEntries(found) }).toMatchObject({
      code: 1,
      found: expected,
    })
  }),
)
