import { about, test } from '../../harness/browser/check.ts'
import { documentOf, type Opened } from '../../harness/browser/pages.ts'
import { heldAsPage } from '../../harness/browser/surfaces.ts'
import { readerPages } from '../../harness/steps/reader-pages.ts'
import { waysToRedirect } from '../../harness/steps/ways-to-redirect.ts'

test(
  'no page for readers takes them to a host that somebody else wrote into its query',
  about({
    practices: ['P18', 'P01'],
    severity: 'medium',
    problem: 'A page for readers takes them to a host that somebody else wrote into its query',
    why: 'A link to a host that readers and mail filters trust ends at whoever made it, who asks for a password there.',
    remediation: {
      effort: 'low',
      how: 'Lead to hosts of a fixed list alone, compared after the URL was parsed as browsers do, or name places by a word.',
    },
    references: 'CWE-601 · API8:2023 · ASVS 5.0 3.7.2 · RFC 9700 §4.11 · WSTG-CLNT-04',
    needs: ['profile:pages', 'callback'],
    reach: 'safe',
    habits: ['redirects-from-its-page'],
    weaknesses: [
      'returns-readers-anywhere',
      'returns-readers-to-what-looks-like-a-path',
      'returns-readers-to-what-names-the-sender',
      'returns-readers-by-any-parameter',
      'returns-readers-by-script',
      'redirects-readers-anywhere',
    ],
  }),
  async (kit) => {
    const { callback, mailbox, pages, profile, verify } = kit
    const [id, L] = [mailbox.canary(), new URL(callback.url('/', 'https')).host]
    const away = ({ requests }: Opened) => requests.find(({ url }) => URL.parse(url)?.host === L)?.url
    const control = await pages.open({ html: `<a href="//${L}/${id}">back</a>`, follow: L })
    verify.held(away(control) !== undefined, 'not even a link to the callback leads this browser there')
    await verify.each(readerPages(kit), async ({ find }) => {
      const { url, get } = await find()
      const plain = await get()
      const alone = await pages.open({ ...documentOf(plain), url, follow: L })
      heldAsPage(kit, { url, exchange: plain, opened: alone })
      verify.held(away(alone) === undefined, 'it leads to the callback whatever its query says')
      const own = profile.mail.domains[0] ?? url.hostname
      await verify.each(waysToRedirect({ url, get }, plain, { L, id, own }), async ({ ask }) => {
        const asked: (typeof plain)[] = []
        for await (const { at, answer, holds } of ask()) {
          const to = holds ? away(await pages.open({ ...documentOf(answer), url: at, follow: L })) : undefined
          const stays = verify.that(to === undefined, {
            of: answer,
            expected: `a page that leads to ${own} or stays where it is`,
            actual: `opened at ${at}, by its redirect, script, link or form, Chromium went to ${to}`,
          })
          if (!stays) return
          asked.push(answer)
        }
        for (const answer of asked) verify.answered(answer)
      })
    })
  },
)
