import { about, test } from '../../harness/browser/check.ts'
import type { Opened } from '../../harness/browser/pages.ts'
import { whatRuns } from '../../harness/browser/surfaces.ts'
import { htmlOf } from '../../harness/probes/html.ts'
import { storedFields, whereShown } from '../../harness/steps/stored-fields.ts'

test(
  'a script in whatever is stored with a message does not run where that is shown',
  about({
    practices: ['P18', 'P27'],
    severity: 'high',
    problem: 'A script that is stored with a message runs where that is shown',
    why: 'Whoever looks at a message in the dashboard, or at a page that names its sender, runs a stranger’s script there with his own session.',
    remediation: {
      effort: 'low',
      how: 'Escape every field by its context; serve previews with Content-Security-Policy: sandbox, from an origin of their own, and sanitise their HTML.',
    },
    references:
      'CWE-79 · API8:2023 · ASVS 5.0 1.2.1 · ASVS 5.0 1.3.1 · ASVS 5.0 3.2.1 · CSP3 §6.3.2 · WSTG-INPV-02',
    needs: ['http'],
    reach: 'intrusive',
    habits: ['previews-as-json'],
    weaknesses: [
      'runs-scripts-in-previews',
      'gives-the-html-of-messages-away',
      'shows-texts-raw-in-previews',
      'shows-people-raw-in-previews',
      'shows-labels-raw-in-previews',
      'shows-senders-raw-on-its-pages',
      'shows-variables-raw-in-previews',
      'shows-programs-raw-in-its-activity-log',
      'shows-names-raw-in-its-dashboard',
    ],
  }),
  async (kit) => {
    const { mailbox, pages, verify } = kit
    const fields = storedFields(kit)
    verify.applies(fields.length > 0, 'profile declares neither a preview nor a page, nor a dashboard')
    await verify.each(fields, async (field) => {
      const id = mailbox.canary().slice(0, 12)
      const ran = ({ title }: Opened) => title.includes(`ran-${id}`)
      const shownBy = await whereShown(kit, field, id)
      verify.applies(shownBy.size > 0, 'no preview and no page of the profile shows it')
      await verify.each(field.hostile(id), async ({ value }) => {
        verify.held(ran(await pages.open({ html: value })), 'the script does not run in this browser anyway')
        const stored = await field.store(value)
        verify.answered(stored.exchange)
        const shown = stored.surfaces.filter(({ name }) => shownBy.has(name))
        if (stored.exchange.answer !== 'accepted') verify.that(true, { expected: 'a refusal', actual: '' })
        await verify.each(shown, async ({ show, isList = false }) => {
          const answered = (await show()) ?? { exchange: stored.exchange }
          verify.answered(answered.exchange)
          verify.held(
            !isList || htmlOf(answered.exchange).includes(id),
            'it was not there any more when it was looked for',
          )
          const found = await whatRuns(pages, answered, { ...field, id })
          verify.that(found === null, {
            of: answered.exchange,
            expected: `a page that runs no script of the ${field.name}`,
            ...{ actual: '', ...found },
          })
        })
      })
    })
  },
)
