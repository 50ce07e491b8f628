import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import {
  answerOfAbsence,
  complaint,
  delayedDelivery,
  failedDelivery,
  failureInWords,
} from './mail-reports.ts'

const about = { to: 'bounce+1@b.test', recipient: 'ann@in.test', id: 'i-1' }

const partsOf = async (raw: string) =>
  (await PostalMime.parse(raw)).attachments.map(({ mimeType }) => mimeType)

test('reports are what they say, and name their reader', async () => {
  expect(await partsOf(failedDelivery(about))).toContain('message/delivery-status')
  expect(await partsOf(complaint(about))).toContain('message/feedback-report')
  expect(failedDelivery(about)).toMatch(
    /\r\nFinal-Recipient: rfc822; ann@in\.test\r\nAction: failed\r\nStatus: 5\./,
  )
  expect(delayedDelivery(about)).toMatch(/\r\nAction: delayed\r\nStatus: 4\./)
  expect(complaint(about)).toContain('\r\nOriginal-Rcpt-To: <ann@in.test>\r\n')
  expect(failureInWords(about)).toContain('550 5.1.1 <ann@in.test>')
  expect(answerOfAbsence(about)).toContain('\r\nAuto-Submitted: auto-replied\r\n')
})

test.each([answerOfAbsence, complaint, delayedDelivery, failedDelivery, failureInWords])(
  'their lines end in CR LF alone: %o',
  (report) => {
    expect(report(about)).toMatch(/\r\n$/)
    expect(report(about).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  },
)
