import { about, test } from '../../harness/check/check.ts'
import type { BrowserSession } from '../../harness/steps/cross-site.ts'
import { dashboards, signedInByCall } from '../../harness/steps/dashboard-forms.ts'

test(
  'no page of another site does anything in the name of who is signed in with a browser',
  about({
    practices: ['P18', 'P01', 'P05'],
    severity: 'medium',
    problem:
      'A page of another site can act in the name of whoever is signed in, or the session’s cookie lets it',
    why: 'Any page that a signed-in user opens sends mail, makes keys or removes users in his name (CSRF).',
    remediation: {
      effort: 'medium',
      how: 'Refuse changes whose Sec-Fetch-Site, or else Origin, is not your own; take JSON by its type alone; set cookies SameSite.',
      before: "reply.setCookie('session', id, { sameSite: 'none' })",
      after:
        "if (request.headers['sec-fetch-site'] !== 'same-origin') return reply.code(403).send()\nreply.setCookie('__Host-session', newId, { path: '/', secure: true, httpOnly: true, sameSite: 'strict' })",
    },
    references:
      'CWE-352 · CWE-384 · CWE-614 · CWE-1004 · CWE-1275 · API8:2023 · ASVS 5.0 3.3.1 · ASVS 5.0 3.3.2 · ASVS 5.0 3.3.4 · ASVS 5.0 3.5.1 · ASVS 5.0 3.5.2 · ASVS 5.0 3.5.3 · ASVS 5.0 7.2.4 · RFC 6265 §8.6 · WSTG-SESS-02 · WSTG-SESS-03 · WSTG-SESS-05',
    needs: ['principal:admin'],
    reach: 'intrusive',
    habits: ['has-no-proof-in-its-forms', 'asks-for-the-proof-of-forms-alone'],
    weaknesses: [
      'lets-any-page-act-by-its-cookie',
      'takes-forms-for-json',
      'takes-calls-by-get',
      'takes-methods-from-the-query',
      'takes-methods-from-the-query-of-posts',
      'trusts-pages-by-how-their-origins-begin',
      'trusts-pages-by-how-their-origins-end',
      'trusts-pages-of-no-origin',
      'trusts-browsers-that-tell-of-no-sites',
      'keeps-its-session-in-a-plain-cookie',
      'keeps-the-session-that-the-browser-showed',
      'takes-forms-of-other-sites',
      'takes-the-proof-of-any-session',
      'takes-forms-by-get',
      'signs-in-for-pages-of-other-sites',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const judged = async ({ flags, calls, signIns }: BrowserSession) => {
      await verify.each(flags, ({ judge }) => judge())
      await verify.each(await calls(), ({ judge }) => judge())
      await verify.each(signIns, ({ judge }) => judge(), 'one by one')
    }
    await verify.each(dashboards(kit), async ({ signIn }) => judged(await signIn()))
    const session = await signedInByCall(kit)
    if (session !== null) await judged(session)
  },
)
