import { about, test } from '../../harness/check/check.ts'
import { prepareAttempt } from '../../harness/steps/attempts.ts'
import { inPlaceOf } from '../../harness/steps/tokens.ts'
import { NotApplicable } from '../../harness/verdicts.ts'

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
    if (reading === undefined) throw new NotApplicable('no scope of the profile grants contact.list')
    const own = await api.call(
      'key.create',
      { name: 'own', scopes: profile.principals['keymaster']?.scopes },
      'keymaster',
    )
    verify.held(own.answer === 'accepted', 'the keymaster cannot make a key of its own scopes')
    const reads = async (key: unknown) => {
      const attempt = await prepareAttempt('contact.list', ground)
      const as = await inPlaceOf(api, 'keymaster', String(key))
      const reader = await api.call('contact.list', attempt.input, as)
      return { reader, trace: await attempt.trace(reader) }
    }
    const rightful = await api.call('key.create', { name: 'reader', scopes: [reading] }, 'admin')
    const control = await reads(rightful.result?.['secret'])
    verify.held(control.trace !== null, 'a key that the admin made with the scope cannot read contacts')

    const everything = Object.keys(profile.scopes)
    const narrow = profile.principals['keymaster']?.scopes
    const create =
      (scopes: readonly string[], as = 'keymaster') =>
      () =>
        api.call('key.create', { name: 'wider', scopes }, as)
    // Of two members with one name, the check may read the one and the maker the other (RFC 8259 §4).
    const twice = (first: unknown, second: unknown) => async () => {
      const [one, other] = await Promise.all(
        [first, second].map((scopes) => api.prepare('key.create', { name: 'wider', scopes }, 'keymaster')),
      )
      const body = `${String(one?.body).replace(/}\s*$/, '')},${String(other?.body).replace(/^\s*{/, '')}`
      if (one === undefined) throw new Error('nothing was prepared')
      return api.send({ ...one, body }, { operation: 'key.create', principal: 'keymaster' })
    }
    const made = [
      { name: 'keymaster makes a reader', ask: create([reading]) },
      { name: 'keymaster makes an all-powerful key', ask: create(everything) },
      { name: 'sender makes a reader', ask: create([reading], 'sender') },
      { name: 'keymaster asks for every scope by an asterisk', ask: create(['*']) },
      { name: 'keymaster names scopes twice, the wider last', ask: twice(narrow, [reading]) },
      { name: 'keymaster names scopes twice, the wider first', ask: twice([reading], narrow) },
    ].map((way) => ({ ...way, key: null }))
    const widened = (api.has('key.update') ? [[reading], everything] : []).map((scopes) => ({
      name: `keymaster widens a key of its own to ${scopes.length} scopes`,
      key: 'to be widened',
      ask: (id?: unknown) => api.call('key.update', { id, scopes }, 'keymaster'),
    }))
    await verify.each([...made, ...widened], async ({ key, ask }, verify) => {
      const before =
        key === null ? null : await api.call('key.create', { name: key, scopes: narrow }, 'keymaster')
      verify.held(
        before === null || before.answer === 'accepted',
        'the keymaster cannot make a key of its own scopes',
      )
      const exchange = await ask(before?.result?.['id'])
      verify.answered(exchange)
      const secret = exchange.result?.['secret'] ?? before?.result?.['secret']
      const { reader, trace } = secret === undefined ? { reader: null, trace: null } : await reads(secret)
      const id = exchange.result?.['id']
      if (key === null && typeof id === 'string' && api.has('key.revoke'))
        await api.call('key.revoke', { id })
      verify.that(trace === null, () => ({
        ...verify.sentBy(exchange),
        expected: 'a key that can do no more than its maker',
        actual: `the key reads contacts: ${trace}`,
        evidence: [evidence.exchange(exchange), ...(reader === null ? [] : [evidence.exchange(reader)])],
      }))
      if (reader !== null) verify.answered(reader)
    })
  },
)
