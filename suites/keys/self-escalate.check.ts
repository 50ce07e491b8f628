import { prepareAttempt } from '../../harness/attempts.ts'
import { about, test } from '../../harness/check.ts'

test(
  'a limited key cannot make itself or another key mightier',
  about({
    id: 'keys/self-escalate',
    practices: ['P12', 'P14', 'P13'],
    severity: 'critical',
    why: 'Whoever finds a key that may manage keys, but read nothing, makes himself one that reads everything.',
    remediation: 'Hold the scopes, project, expiry and allow-list of a new key within those of its maker.',
    references: [
      'CWE-269',
      'CWE-266',
      'CWE-915',
      'API5:2023',
      'API3:2023',
      'ASVS 5.0 8.2.1',
      'ASVS 5.0 15.3.3',
    ],
    needs: [
      'key.create',
      'principal:admin',
      'principal:keymaster',
      'principal:sender',
      'profile:scopes',
      'contact.list',
    ],
    reach: 'intrusive',
    weakness: 'mints-keys-wider-than-their-creator',
  }),
  async ({ api, ground, profile, verify, evidence }) => {
    const reading = Object.keys(profile.scopes).find((scope) =>
      profile.scopes[scope]?.includes('contact.list'),
    )
    verify.held(reading !== undefined, 'no scope of the profile grants contact.list', 'list it under scopes')
    const own = await api.call(
      'key.create',
      { name: 'own', scopes: profile.principals['keymaster']?.scopes },
      'keymaster',
    )
    verify.held(own.answer === 'accepted', 'the keymaster cannot make a key of its own scopes')
    const everything = Object.keys(profile.scopes)
    const wider = [
      { name: 'keymaster makes a reader', as: 'keymaster', scopes: [reading ?? ''] },
      { name: 'keymaster makes an all-powerful key', as: 'keymaster', scopes: everything },
      { name: 'sender makes a reader', as: 'sender', scopes: [reading ?? ''] },
      { name: 'keymaster asks for every scope by an asterisk', as: 'keymaster', scopes: ['*'] },
    ]
    const updates = api.has('key.update')
      ? [{ name: 'keymaster widens a key of its own', as: 'keymaster', scopes: everything }]
      : []
    const probe = async (
      bearer: string,
      exchange: Parameters<typeof verify.notCarriedOut>[1],
      inner: typeof verify,
    ) => {
      const attempt = await prepareAttempt('contact.list', ground)
      const reader = await api.call('contact.list', attempt.input, { bearer })
      const trace = await attempt.trace(reader)
      inner.that(trace === null, () => ({
        ...inner.sentBy(exchange),
        expected: 'a key that can do no more than its maker',
        actual: `the key reads contacts: ${trace}`,
        evidence: [evidence.exchange(exchange), evidence.exchange(reader)],
      }))
    }
    await verify.each(wider, async ({ name, as, scopes }, inner) => {
      const exchange = await api.call('key.create', { name, scopes }, as)
      await probe(String(exchange.result?.['secret'] ?? 'none'), exchange, inner)
    })
    await verify.each(updates, async ({ as, scopes }, inner) => {
      const key = await api.call(
        'key.create',
        { name: 'to be widened', scopes: profile.principals[as]?.scopes },
        as,
      )
      const exchange = await api.call('key.update', { id: key.result?.['id'], scopes }, as)
      await probe(String(key.result?.['secret'] ?? 'none'), exchange, inner)
    })
  },
)
