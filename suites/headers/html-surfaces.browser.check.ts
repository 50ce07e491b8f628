import { about, test } from '../../harness/browser/check.ts'
import { readerPages } from '../../harness/steps/reader-pages.ts'

test(
  'no page for readers shows in a frame of another host, has parts in clear text, or runs what is injected',
  about({
    id: 'headers/html-surfaces',
    practices: ['P18', 'P01'],
    severity: 'medium',
    why: 'Whoever frames a consent or unsubscribe page, unseen, has its reader click there what he never meant to.',
    remediation:
      "Send Content-Security-Policy with frame-ancestors 'none' and no inline scripts, X-Content-Type-Options: nosniff, and have all parts by https.",
    references: [
      'CWE-1021',
      'CWE-319',
      'CWE-693',
      'API8:2023',
      'ASVS 5.0 3.4.3',
      'ASVS 5.0 3.4.4',
      'ASVS 5.0 3.4.6',
      'CSP3 §6.4.2',
      'WSTG-CLNT-09',
    ],
    needs: ['profile:pages'],
    reach: 'safe',
    weakness: 'lets-its-pages-be-framed',
  }),
  async ({ api, evidence, mailbox, pages, verify }) => {
    const mark = `ran-${mailbox.canary()}`
    const script = `<script>document.title = '${mark}'</script>`
    const control = { html: `<p>control</p>${script}` }
    verify.held(
      (await pages.open(control)).title === mark &&
        (await pages.open({ ...control, framed: true })).text !== '',
      'not even a page without a defence runs a script, or shows in a frame, in this browser',
    )
    await verify.each(readerPages({ api, mailbox }), async ({ find }, verify) => {
      const { url, get } = await find()
      const exchange = await get()
      const { body: html, status, headers } = exchange.response ?? { body: '', status: 0, headers: [] }
      const alone = await pages.open({ html, headers, url })
      verify.held(
        status === 200 && alone.text !== '',
        `the page was answered ${status || exchange.failure}, and ${alone.text.length} characters of it can be read`,
        'give the page of the profile the url, the query and the principal (as) that it needs',
      )
      const framed = await pages.open({ html, headers, url, framed: true })
      verify.held(
        ['', alone.text].includes(framed.text),
        'in a frame it shows something else than alone',
        'see by hand whether a click in that frame means anything',
      )
      const injected = await pages.open({ html: html + script, headers, url })
      const faults = [
        {
          name: 'framing',
          is: framed.text === alone.text,
          severity: 'medium',
          expected: 'a page that Chromium refuses to show in a frame of another host',
          seen: 'it shows there as it does alone',
        },
        {
          name: 'mixed content',
          is: alone.mixed.length > 0,
          severity: 'medium',
          expected: 'a page whose parts and forms all go by https',
          seen: `in clear text Chromium would have ${alone.mixed.map(({ url, what }) => `${url} (${what})`).join(', ')}`,
        },
        {
          name: 'inline script',
          is: injected.title === mark,
          severity: 'low',
          expected:
            'a Content-Security-Policy that lets no script run which somebody else wrote into the page',
          seen: 'such a script ran in Chromium',
        },
        {
          name: 'nosniff',
          is: !headers.some(([name, value]) => name === 'x-content-type-options' && /nosniff/i.test(value)),
          severity: 'low',
          expected: 'X-Content-Type-Options: nosniff',
          seen: 'it has no such field',
        },
      ] as const
      await verify.each(faults, async ({ is, severity, expected, seen }, verify) =>
        verify.that(!is, () => ({
          ...verify.sentBy(exchange),
          severity,
          expected,
          actual: seen,
          evidence: [
            evidence.exchange(exchange),
            evidence.measurement(`it reads: ${alone.text.slice(0, 200)}`),
          ],
        })),
      )
    })
  },
)
