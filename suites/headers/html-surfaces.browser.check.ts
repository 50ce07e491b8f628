import { about, test } from '../../harness/browser/check.ts'
import { heldAsPage, lookAtSurface } from '../../harness/browser/surfaces.ts'
import { consentPages } from '../../harness/steps/authorization-server.ts'
import { dashboardPages } from '../../harness/steps/dashboard.ts'
import { readerPages } from '../../harness/steps/reader-pages.ts'

test(
  'no page for people shows in a frame of another host, has parts in clear text, or runs what is injected',
  about({
    practices: ['P18', 'P01'],
    severity: 'medium',
    problem: 'A page for people can be framed, loads parts in clear text or runs what is injected',
    why: 'Whoever frames a sign-in, a consent or a dashboard, unseen, has its reader click there what he never meant to.',
    remediation: {
      effort: 'low',
      how: "Send Content-Security-Policy with frame-ancestors 'none' and no inline scripts, X-Content-Type-Options: nosniff, and have all parts by https.",
    },
    references:
      'CWE-1021 · CWE-319 · CWE-693 · API8:2023 · ASVS 5.0 3.4.3 · ASVS 5.0 3.4.4 · ASVS 5.0 3.4.6 · CSP3 §6.4.2 · WSTG-CLNT-09',
    needs: ['http'],
    reach: 'safe',
    habits: [
      'redirects-from-its-page',
      'shows-itself-in-frames-of-its-own',
      'forbids-frames-by-the-old-field-alone',
    ],
    weaknesses: [
      'lets-its-pages-be-framed',
      'lets-its-dashboard-be-framed',
      'lets-any-script-run-in-its-pages',
      'shows-a-picture-in-clear-text',
      'has-browsers-guess-types',
    ],
  }),
  async (kit) => {
    const { mailbox, pages, verify } = kit
    const mark = `ran-${mailbox.canary()}`
    const script = `<script>document.title = '${mark}'; alert('${mark}')</script>`
    const control = { html: `<p>control</p>${script}` }
    verify.held(
      (await pages.open(control)).title === mark &&
        (await pages.open({ ...control, framed: true })).text !== '',
      'not even a page without a defence runs a script, or shows in a frame, in this browser',
    )
    const all = [...readerPages(kit), ...dashboardPages(kit), ...consentPages(kit)]
    verify.applies(all.length > 0, 'profile declares no pages, no dashboard and no oauth.signIn')
    await verify.each(all, async ({ find }) => {
      const { url, get } = await find()
      const exchange = await get()
      const { body: html = '', status = 0, headers = [] } = exchange.response ?? {}
      const page = { html, headers, url, status }
      const { alone, framed, faults } = await lookAtSurface(pages, page, { script, mark })
      heldAsPage(kit, { url, exchange, opened: alone })
      verify.held(
        ['', alone.text].includes(framed.text),
        'in a frame it shows something else than alone',
        'see by hand whether a click in that frame means anything',
      )
      await verify.each(faults, async ({ is, severity, expected, seen: actual }) => {
        verify.that(!is, { of: exchange, severity, expected, actual })
      })
    })
  },
)
