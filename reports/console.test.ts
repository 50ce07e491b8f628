import pc from 'picocolors'
import { expect, test } from 'vitest'
import { countsLine, findingsText, progressLine } from './console.ts'
import { sample } from './sample.testing.ts'

const plain = pc.createColors(false)

test('a line for each verdict', () => {
  expect(sample.outcomes.map((outcome) => progressLine(outcome, plain))).toMatchInlineSnapshot(`
    [
      "failed         injection/crlf-subject 1.9 s  A line break in the subject becomes a header, a recipient or a body; 2 of 9 variants violated, 3 not judged, 1 not applicable",
      "failed         smtp/out-no-fallback 320 ms  Mail that must travel encrypted is sent in clear text; 1 of 2 variants violated",
      "failed         tls/versions 320 ms  A port speaks TLS older than 1.2, or suites that do not keep their promise",
      "failed         auth/user-enum 320 ms  Signing in tells which addresses have an account",
      "passed         auth/jwt-alg-none 320 ms  1 of 5 variants held back, 1 not applicable",
      "passed         access/bola-read 320 ms",
      "passed         injection/sqli 320 ms",
      "not applicable keys/revoke-immediate 0 ms  The profile declares no key.revoke. Map it under operations to have this checked.",
      "held back      rate-limit/send-burst 0 ms  the check is disruptive and the run is held to intrusive: allow it with --reach disruptive",
      "unproven       mail-auth/dkim-valid 10.2 s  The baseline message did not arrive within 10 s. Check that the target delivers to *.sound.3f9c21ab.postern.test, then run again.",
      "error          content/links 87 ms  TypeError: Cannot read properties of undefined (reading "href"). This is a fault of the check, not of the target.",
    ]
  `)
})

test('a finding says what was broken, what was seen and how to see it again', () => {
  const outcomes = sample.outcomes.filter((outcome) => outcome.check === 'smtp/out-no-fallback')
  expect(findingsText({ ...sample, outcomes }, plain)).toMatchInlineSnapshot(`
    "smtp/out-no-fallback: Mail that must travel encrypted is sent in clear text
      why: Anybody on the path reads the mail, password resets included, by removing one line from the dialogue.
      high message.send, no-starttls
        expected:  no DATA before TLS
        seen:      the message was accepted in clear text
        evidence:  clear < 220 mx.plain.no-starttls.3f9c21ab.postern.test ESMTP
                   clear > EHLO out.3f9c21ab.postern.test
                   clear < 250-mx.plain.no-starttls.3f9c21ab.postern.test
                   clear < 250 8BITMIME
                   clear > MAIL FROM:<bounce+msg_2c@bounce.acme.3f9c21ab.postern.test>
                   clear < 250 2.1.0 ok
                   clear > RCPT TO:<q7@plain.no-starttls.3f9c21ab.postern.test>
                   clear < 250 2.1.5 ok
                   clear > DATA
                   clear < 354 go on
                   clear < 250 2.0.0 accepted
        reproduce: swaks --server $EXCHANGER --to q7@plain.no-starttls.example --tls-optional
      1 of 2 variants violated
      remedy: Defer and finally bounce where STARTTLS is missing or fails (RFC 8461, RFC 7672).
      effort: medium, some days"
  `)
})

test('a remedy shows its effort and its code, below what was not judged beside the findings', () => {
  const outcomes = sample.outcomes.filter((outcome) => outcome.check === 'injection/crlf-subject')
  const [, end] = findingsText({ ...sample, outcomes }, plain).split(/reproduce: curl .*\n(?= {2}2 of)/)
  expect(end).toMatchInlineSnapshot(`
    "  2 of 9 variants violated, 3 not judged, 1 not applicable
      3 of 9 variants could not be judged, first CR LF folded: The target did not answer within 10 s. See whether it is up, then run again.
      remedy: Refuse CR, LF and NUL in every header value with a 4xx, or encode the value (RFC 2047). Build messages with a library that does.
      effort: low, some hours
      before: socket.write('Subject: ' + subject + '\\r\\n')
              socket.write('To: ' + to + '\\r\\n')
      after:  await transport.sendMail({ subject, to })"
  `)
})

test('the last lines count, conclude and doubt', () => {
  expect(countsLine(sample, plain)).toMatchInlineSnapshot(`
    "4 failed · 1 error · 1 unproven · 3 passed · 1 held back · 1 not applicable · 1 not selected
    The target violates 3 properties that it must hold; 1 finding below medium. 2 of 12 checks were held back: 1 beyond reach intrusive, 1 not selected.
    ! 1 check ended in an error: content/links.
    ! 1 check of severity medium or above could not be proven: mail-auth/dkim-valid.
    ! 1 check of severity medium or above had findings and could not be judged whole: injection/crlf-subject."
  `)
})

test('colours come from picocolors alone', () => {
  expect(countsLine(sample, pc.createColors(true))).toContain('\u001b[31m4 failed\u001b[39m')
})
