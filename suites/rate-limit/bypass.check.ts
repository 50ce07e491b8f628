import { about, test } from '../../harness/check/check.ts'
import type { HttpRequest } from '../../harness/model.ts'
import { limitBypasses } from '../../harness/probes/limit-bypasses.ts'
import { Unproven } from '../../harness/verdicts.ts'

/** Calls by one way around, between two looks at whether the limit still stands. */
const batch = 5

test(
  'no header, spelling or channel leads around the limit',
  about({
    id: 'rate-limit/bypass',
    practices: ['P17', 'P13'],
    severity: 'high',
    why: 'A limit that counts by what the caller writes himself is no limit: each request comes as somebody new.',
    remediation:
      'Count by tenant and account, after routing, in one limiter for every channel; trust no client address field.',
    references: [
      'CWE-799',
      'CWE-348',
      'CWE-770',
      'API4:2023',
      'ASVS 5.0 15.3.4',
      'ASVS 5.0 2.4.1',
      'WSTG-BUSL-05',
    ],
    needs: ['message.send', 'mailbox', 'profile:policies.limits.send.principal'],
    reach: 'disruptive',
    weakness: 'limits-by-forwarded-address',
    exclusive: true,
  }),
  async ({ api, evidence, mailbox, profile, verify }) => {
    const { limit = 0, window = 1, principal = '' } = profile.policies.limits?.send ?? {}
    const prepare = () =>
      api.prepare(
        'message.send',
        {
          to: mailbox.address('bypass'),
          subject: 'Hello',
          text: 'Hello',
        },
        principal,
      )
    const send = (request: HttpRequest) => api.send(request, { operation: 'message.send', principal })
    const closed = async () => (await send(await prepare())).answer === 'limited'
    const exhaust = async () => {
      for (let n = 0; n < limit * 3; n++) if (await closed()) return
      throw new Unproven(`${limit * 3} messages in a row were accepted`, 'see rate-limit/send-burst first')
    }
    await exhaust()
    verify.held(true, 'the limit answers the plain request')

    let serial = 0
    for (const { name, change } of limitBypasses) {
      // A window may open and fill within one batch, hardly within two.
      let suspicious = false
      for (let attempt = 0; ; attempt++) {
        if (attempt === 6)
          throw new Unproven(
            `the window kept opening while trying ${name}`,
            'run it again when the target is quiet',
          )
        await exhaust()
        const began = performance.now()
        const requests = await Promise.all(Array.from({ length: batch }, prepare))
        const exchanges = await Promise.all(
          requests.map((request) => send(change(request, (++serial % 250) + 1))),
        )
        if (!(await closed())) continue
        // A limiter that fills up steadily lets this many through by itself.
        const earned = 1 + ((performance.now() - began) / 1000) * (limit / window)
        const accepted = exchanges.filter(({ answer }) => answer === 'accepted')
        const [sample] = accepted
        verify.held(
          earned < batch,
          `the limit lets ${earned.toFixed(1)} of ${batch} through by itself in the time that they took`,
          'lower the limit of that principal in this environment',
        )
        if (accepted.length > earned && !suspicious) {
          suspicious = true
          continue
        }
        verify.that(accepted.length <= earned || sample === undefined, () => ({
          operation: 'message.send',
          expected: 'the limit that the plain request meets before and after',
          actual: `${accepted.length} of ${batch} messages accepted by a change of the ${name}`,
          evidence: [
            evidence.measurement(
              `${accepted.length} of ${batch} accepted while the plain request was answered 429`,
            ),
            ...(sample === undefined ? [] : [evidence.exchange(sample)]),
          ],
          reproduce: sample === undefined ? '' : api.curl(sample),
        }))
        break
      }
    }
  },
)
