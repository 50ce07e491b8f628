import { about, test } from '../../harness/browser/check.ts'
import type { Opened } from '../../harness/browser/pages.ts'
import { corpus, redirectParameters } from '../../harness/probes/corpora.ts'
import { readerPages } from '../../harness/steps/reader-pages.ts'

test(
  'no page for readers takes them to a host that somebody else wrote into its query',
  about({
    id: 'headers/open-redirect',
    practices: ['P18', 'P01'],
    severity: 'medium',
    why: 'A link to a host that readers and mail filters trust ends at whoever made it, who asks for a password there.',
    remediation:
      'Lead to hosts of a fixed list alone, compared after the URL was parsed as browsers do, or name places by a word.',
    references: ['CWE-601', 'API8:2023', 'ASVS 5.0 3.7.2', 'RFC 9700 §4.11', 'WSTG-CLNT-04'],
    needs: ['profile:pages', 'callback'],
    reach: 'safe',
    weakness: 'returns-readers-anywhere',
  }),
  async ({ api, callback, evidence, mailbox, pages, profile, verify }) => {
    const id = mailbox.canary()
    const L = new URL(callback.url('/', 'https')).host
    const away = ({ requests }: Opened) => requests.find(({ url }) => URL.parse(url)?.host === L)?.url
    const control = await pages.open({ html: `<a href="//${L}/${id}">back</a>`, follow: L })
    verify.held(away(control) !== undefined, 'not even a link to the callback leads this browser there')

    await verify.each(readerPages({ api, mailbox }), async ({ find }, verify) => {
      const { url, get } = await find()
      const plain = await get()
      const alone = await pages.open({ ...plain.response, html: plain.response?.body ?? '', url, follow: L })
      verify.held(
        plain.answer === 'accepted' && alone.text !== '' && away(alone) === undefined,
        `the page was answered ${plain.response?.status ?? plain.failure}, shows ${alone.text.length} characters and leads ${away(alone) ?? 'nowhere'}`,
        'give the page of the profile the url, the query and the principal (as) that it needs',
      )
      const own = profile.mail.domains[0] ?? url.hostname
      const given = [...url.searchParams].flatMap(([name, value]) =>
        value.startsWith('/') || URL.canParse(value) ? [name] : [],
      )
      const all = [...new Set([...given, ...redirectParameters])]
      const tries = [all, ...all.map((name) => [name])].flatMap((names) =>
        corpus('redirects', { L, id, own }).map(({ name, value }) => ({
          name: `${names === all ? 'read by its scripts' : names.join()}, ${name}`,
          names,
          value,
        })),
      )
      await verify.each(tries, async ({ names, value }, verify) => {
        const at = new URL(url)
        for (const name of names) at.searchParams.set(name, value)
        // Its scripts find in the address what the target was never asked.
        const exchange = names === all ? plain : await get(at)
        const { status = 0, headers = [], body: html = '' } = exchange.response ?? {}
        verify.held(
          status !== 0 && status !== 429 && status < 500,
          `it was answered ${status || exchange.failure}`,
          'an error or a limit says nothing: see the target’s log, or run fewer checks',
        )
        // An answer that does not hold it leads elsewhere.
        const holds = exchange === plain || [id, L].some((text) => `${headers.join()} ${html}`.includes(text))
        const to = holds ? away(await pages.open({ html, status, headers, url: at, follow: L })) : undefined
        verify.that(to === undefined, () => ({
          ...verify.sentBy(exchange),
          expected: `a page that leads to ${own} or stays where it is`,
          actual: `by its redirect, script, link or form, Chromium went to ${to}`,
          evidence: [
            evidence.exchange(exchange),
            evidence.measurement(`opened at ${at}, it asked for ${to}`),
          ],
        }))
      })
    })
  },
)
