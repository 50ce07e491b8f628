import { about, test } from '../../harness/check/check.ts'
import { makeKey } from '../../harness/steps/key-channels.ts'
import { readBy, waysToWiden } from '../../harness/steps/wider-keys.ts'

test(
  'a limited key cannot make itself or another key mightier',
  about({
    practices: ['P12', 'P14', 'P13'],
    severity: 'critical',
    problem: 'A limited key makes itself or another key mightier',
    why: 'Whoever finds a key that may manage keys, but read nothing, makes himself one that reads everything.',
    remediation: {
      effort: 'medium',
      how: 'Hold the scopes, project, expiry and allow-list of a new key within those of its maker.',
      before: 'createKey({ scopes: body.scopes })',
      after: 'createKey({ scopes: body.scopes.filter((scope) => caller.scopes.includes(scope)) })',
    },
    references: 'CWE-269 · CWE-266 · CWE-915 · API5:2023 · API3:2023 · ASVS 5.0 8.2.1 · ASVS 5.0 15.3.3',
    needs: [
      ...(['key.create:scopes', 'contact.list', 'profile:scopes'] as const),
      ...(['principal:admin', 'principal:keymaster', 'principal:sender'] as const),
    ],
    reach: 'intrusive',
    weaknesses: [
      'mints-keys-wider-than-their-creator',
      'rotates-keys-wider-than-who-asks',
      'lets-any-key-make-keys',
      'expands-an-asterisk-to-every-scope',
    ],
  }),
  async (kit) => {
    const { profile, verify } = kit
    const reading = Object.keys(profile.scopes).find((s) => profile.scopes[s]?.includes('contact.list'))
    verify.applies(reading !== undefined, 'no scope of the profile grants contact.list')
    await makeKey(kit, 'as narrow as its maker', profile.principals['keymaster']?.scopes, { as: 'keymaster' })
    const rightful = await makeKey(kit, 'of the admin', [reading ?? ''], { as: 'admin' })
    const control = await readBy(kit, rightful.secret)
    verify.held(control !== null, 'a key that the admin made with the scope cannot read contacts')

    await verify.each(await waysToWiden(kit, reading ?? ''), async ({ ask }) => {
      const { exchange, secret } = await ask()
      verify.answered(exchange, 'the effect decides')
      const trace = secret === undefined ? null : await readBy(kit, secret, rightful.secret)
      verify.that(trace === null, {
        of: exchange,
        expected: 'a key that can do no more than its maker',
        actual: `the key reads contacts: ${trace}`,
      })
    })
  },
)
