import { setTimeout as after } from 'node:timers/promises'
import { about, test } from '../../harness/check/check.ts'
import { inPlaceOf } from '../../harness/steps/tokens.ts'

test(
  'a revoked key stops at once on every channel that it opened',
  about({
    id: 'keys/revoke-immediate',
    practices: ['P11', 'P16'],
    severity: 'critical',
    why: 'Between finding out that a key leaked and its last message lies all the damage that is still to come.',
    remediation:
      'Look the key up for every request and every SMTP transaction, and push revocations to every cache.',
    references: [
      'CWE-613',
      'CWE-672',
      'API2:2023',
      'ASVS 5.0 7.4.1',
      'ASVS 5.0 8.3.2',
      'NIST SP 800-57 Part 1 §8.3.5',
    ],
    needs: ['key.create', 'key.revoke', 'message.send', 'mailbox', 'profile:scopes'],
    reach: 'intrusive',
    weakness: 'caches-keys-after-revocation',
  }),
  async ({ api, evidence, ground, mailbox, profile, submission, verify, wire }) => {
    const scopes = Object.keys(profile.scopes).filter((scope) =>
      profile.scopes[scope]?.includes('message.send'),
    )
    const make = async (name: string) => {
      const { result } = await api.call('key.create', { name, scopes })
      return { id: result?.['id'], secret: String(result?.['secret'] ?? '') }
    }
    const [key, control] = await Promise.all([make('to be revoked'), make('to be kept')])
    const sender = profile.operations['message.send']?.as ?? null
    const isKey = sender !== null && profile.principals[sender]?.session === undefined
    const send = async (secret: string, to: string) =>
      api.call(
        'message.send',
        { to, ...mailbox.letter() },
        isKey ? await inPlaceOf(api, sender, secret) : { bearer: secret },
        { unlimited: true },
      )
    const before = mailbox.address('before')
    await mailbox.delivery(before, await send(key.secret, before))
    verify.held(true, 'the new key sends')
    const idle = submission.ports.length === 0 ? null : await submission.connectSecurely()
    if (idle !== null) {
      const reply = await idle.auth('PLAIN', submission.user, key.secret)
      verify.held(reply.code === 235, `SMTP AUTH with the new key was answered ${reply.code}`)
    }
    const revoked = await api.call('key.revoke', { id: key.id })
    verify.held(
      revoked.answer === 'accepted',
      `key.revoke was answered ${revoked.response?.status ?? revoked.failure}`,
    )
    // What the target promises, not a pause for our sake.
    await after((profile.policies.keys?.revocation ?? 60) * 1000)

    const afterwards = mailbox.address('after')
    const late = await send(key.secret, afterwards)
    const kept = mailbox.address('kept')
    const keeping = await send(control.secret, kept)
    const revocation = { operation: 'key.revoke', expected: 'nothing sent with a revoked key' }
    const bySubmission = mailbox.address('idle')
    const reply = await idle?.sendMail({
      from: profile.mail.from,
      to: [bySubmission],
      raw: `From: ${profile.mail.from}\r\nTo: ${bySubmission}\r\nSubject: Hello\r\n\r\nHello\r\n`,
    })
    const fresh = idle === null ? null : await submission.connectSecurely()
    const again = await fresh?.auth('PLAIN', submission.user, key.secret)
    idle?.close()
    fresh?.close()
    await Promise.all([mailbox.delivery(kept, keeping), mailbox.arrived(afterwards, late, ground.fence)])
    const [port] = submission.ports
    const swaks = port?.swaks({
      tls: port.name,
      auth: { mechanism: 'PLAIN', user: submission.user, secret: 'KEY_CREATE_SECRET' },
      from: profile.mail.from,
      to: [bySubmission],
    })
    const ways = [
      {
        name: 'HTTP',
        to: afterwards,
        seen: `POST was answered ${late.response?.status}`,
        extra: evidence.exchange(late),
        reproduce: api.curl(late),
      },
      ...(idle === null
        ? []
        : [
            {
              name: 'an SMTP session from before',
              to: bySubmission,
              seen: `DATA was answered ${reply?.code}`,
              extra: evidence.transcript(idle),
              reproduce: swaks ?? '',
            },
          ]),
    ]
    await verify.each(ways, async ({ to, seen, extra, reproduce }, verify) => {
      const [delivery] = await wire.deliveries({ to })
      verify.that(delivery === undefined, () => ({
        ...revocation,
        reproduce,
        actual: `${seen}, and the message reached the wire`,
        evidence: [extra, ...(delivery === undefined ? [] : [evidence.delivery(delivery)])],
      }))
    })
    verify.answered(late)
    verify.held(
      again === undefined || again === null || again.code === 235 || again.code >= 500 || again.code === 0,
      `SMTP AUTH with the revoked key was put off with ${again?.code}`,
    )
    verify.that(again?.code !== 235, () => ({
      ...revocation,
      reproduce: swaks ?? api.curl(late),
      expected: 'SMTP AUTH refused with a revoked key',
      actual: 'it was answered 235',
      evidence: [fresh === null ? evidence.exchange(late) : evidence.transcript(fresh)],
    }))
  },
)
