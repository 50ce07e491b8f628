import { readFileSync } from 'node:fs'
import type { Report } from '../harness/model.ts'
import { anchorsOf } from './html/anchors.ts'
import { checksSection } from './html/checks.ts'
import { documentBegin, policyOf, sheetAt } from './html/document.ts'
import { findingsSection } from './html/findings.ts'
import { html, type Markup } from './html/markup.ts'
import { opening } from './html/opening.ts'
import { picturesSection } from './html/pictures.ts'
import { practicesSection } from './html/practices.ts'
import { standardsSection } from './html/standards.ts'
import { verdictOrder, verdictWords } from './wording.ts'

const sheet = sheetAt(new URL('./html/report.css', import.meta.url))
// It stands in the document as it is, so that it must not hold what ends its element.
const script = readFileSync(new URL('./html/report.js', import.meta.url), 'utf8').replaceAll(
  /<(?=\/|!)/g,
  '\\x3c',
)
const policy = policyOf(sheet, script)

/**
 * `report.html`: one file that reads without a network, on paper, and in the dark; and without scripts, which add a filter and a way to
 * copy.
 */
export function toHtml(report: Report): string {
  return [...htmlParts(report)].join('')
}

/** The same bit by bit, in order: what a hundred thousand checks have come to is never in memory as a whole. */
export function* htmlParts(report: Report): Generator<string> {
  for (const { markup } of parts(report)) yield markup
}

function* parts(report: Report): Generator<Markup> {
  const anchors = anchorsOf(report)
  const pictures = picturesSection(report, anchors)
  const title = `${report.complete ? '' : 'Partial: '}Postern report: ${report.target.name}`
  yield html`${documentBegin({ title, sheet, policy })}${opening(report, anchors)}
<nav aria-label="Contents"><a href="#findings">Findings <b class="tally">${report.outcomes.flatMap((outcome) => outcome.findings).length}</b></a> ${pictures === null ? null : html`<a href="#pictures">Pictures</a> `}<a href="#practices">Practices</a> <a href="#standards">Standards</a> <a href="#checks">Checks <b class="tally">${report.outcomes.length}</b></a> <a href="#words">Words</a></nav>
<main>
`
  yield* findingsSection(report, anchors)
  if (pictures !== null) yield pictures
  yield practicesSection(report, anchors)
  yield standardsSection(report, anchors)
  yield* checksSection(report, anchors)
  const behaviour: Markup = { markup: `<script type="module">${script}</script>` }
  yield html`${words()}
</main>
${behaviour}
</body>
</html>
`
}

function words(): Markup {
  return html`<section aria-labelledby="words">
<h2 id="words">What the words mean</h2>
<dl class="words">${verdictOrder.map((verdict) => html`<div class="word"><dt class="word-name"><span class="mark ${verdict}">${verdictWords[verdict].label}</span></dt><dd>${verdictWords[verdict].meaning}</dd></div>`)}</dl>
<h3>What stands in evidence</h3>
<dl class="words">${signsInEvidence.map(([name, meaning]) => html`<div class="word"><dt class="word-name"><code>${name}</code></dt><dd>${meaning}</dd></div>`)}</dl>
</section>`
}

/** What a reader meets there and cannot know. */
const signsInEvidence: readonly (readonly [name: string, meaning: string])[] = [
  [
    'c4f9…, hidden-c4f9…@…',
    'A canary: a c and 31 digits that the run made up for one probe, alone or in an address, so that its trace is known wherever it turns up. It is nobody’s, and its mail ends in the sandbox.',
  ],
  [
    '$NAME',
    'A secret, by the variable of a shell that stands for it; $CREDENTIAL is one that nobody named, such as the signature of a forged token. $TARGET_URL and $SANDBOX_ZONE are of the place where the lines are tried: postern sandbox keeps one up, and names a file that sets all of them.',
  ],
  [
    'jan…[sha256:1a2b3c4d]',
    'A value that is nobody’s of the run, such as what a leak disclosed: its beginning, and the beginning of its SHA-256, by which its owner knows it. The verdict rests on the whole. A profile may have it in full (report.disclosed).',
  ],
]
