import type { Outcome, Report } from '../../harness/model.ts'
import { duration, plural, verdictOrder, verdictWords } from '../wording.ts'
import { html, type Markup } from './markup.ts'

/** Bars, and rows of the table below them. */
const most = 400
const mostLanes = 40
/** Pixels. */
const lane = 7
const axis = 18

interface Span {
  readonly outcome: Outcome
  /** Milliseconds from the beginning of the first. */
  readonly from: number
  readonly to: number
}

/** When each check began and how long it took; `null` where that is not known of any. */
export function timePicture({ outcomes }: Report): Markup | null {
  const known = longest(outcomes)
  if (known === null) return null
  const { spans, count } = known
  const end = Math.max(1, ...spans.map(({ to }) => to))
  const lanes = inLanes(spans)
  const height = Math.min(lanes.length, mostLanes) * lane
  const slowest = spans.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, 3)
  const there = verdictOrder.filter((verdict) => spans.some(({ outcome }) => outcome.verdict === verdict))
  const left = [
    ...(count > spans.length ? [`the ${count - spans.length} shortest are left out`] : []),
    ...(lanes.length > mostLanes ? [`${mostLanes} of ${lanes.length} lines are drawn`] : []),
  ]
  const says = `${plural(count, 'check')} in ${duration(end)}, at most ${lanes.length} at once; longest: ${slowest.map(({ outcome, from, to }) => `${outcome.check} ${duration(to - from)}`).join(', ')}`
  return html`<figure class="picture">
<figcaption><b>The run over time.</b> ${says}.${left.length === 0 ? null : ` In the picture ${left.join(', and ')}.`}</figcaption>
<p class="split">${there.map((verdict) => html`<span><span class="dot ${verdict}"></span>${verdictWords[verdict].label}</span>`)}</p>
<svg class="time folded-on-paper" role="img" aria-label="When each check ran: the table below says it in numbers" width="100%" height="${height + axis}">
${ticksOf(end).map((at) => tick(at, end, height))}
${lanes.slice(0, mostLanes).flatMap((own, y) => own.map((span) => bar(span, y, end)))}
</svg>
<details class="fold"><summary>Each of them: when it began and how long it took</summary>
<table role="table" class="times">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Check</th><th role="columnheader" scope="col" class="number">Began after</th><th role="columnheader" scope="col" class="number">Took</th><th role="columnheader" scope="col">Verdict</th></tr></thead>
<tbody role="rowgroup">
${spans.map(
  ({
    outcome,
    from,
    to,
  }) => html`<tr role="row"><th role="rowheader" scope="row"><code>${outcome.check}</code></th><td role="cell" class="number" data-label="Began after">${duration(from)}</td><td role="cell" class="number" data-label="Took">${duration(to - from)}</td><td role="cell">${verdictWords[outcome.verdict].label}</td></tr>
`,
)}
</tbody>
</table>
</details>
</figure>
`
}

/** Of those that are known the longest, in the order in which they began. */
function longest(
  outcomes: readonly Outcome[],
): { readonly spans: readonly Span[]; readonly count: number } | null {
  let kept: Outcome[] = []
  let [count, first] = [0, Number.POSITIVE_INFINITY]
  const cut = () => {
    kept = kept.sort((a, b) => b.milliseconds - a.milliseconds).slice(0, most)
  }
  for (const outcome of outcomes) {
    const startedAt = outcome.basis?.startedAt
    if (startedAt === undefined || !Number.isFinite(startedAt)) continue
    count++
    first = Math.min(first, startedAt)
    kept.push(outcome)
    if (kept.length === 4 * most) cut()
  }
  cut()
  if (count === 0) return null
  const spans = kept.map((outcome) => {
    const from = (outcome.basis?.startedAt ?? first) - first
    return { outcome, from, to: from + outcome.milliseconds }
  })
  return { spans: spans.sort((a, b) => a.from - b.from), count }
}

/** Each line holds what ran one after the other. */
function inLanes(spans: readonly Span[]): Span[][] {
  const lanes: Span[][] = []
  for (const span of spans) {
    const free = lanes.find((own) => (own.at(-1)?.to ?? 0) <= span.from)
    if (free === undefined) lanes.push([span])
    else free.push(span)
  }
  return lanes
}

function bar({ outcome, from, to }: Span, y: number, end: number): Markup {
  const width = Math.max(0.25, (100 * (to - from)) / end)
  return html`<rect class="${outcome.verdict}" x="${Math.min((100 * from) / end, 100 - width).toFixed(3)}%" y="${y * lane}" width="${width.toFixed(3)}%" height="${lane - 2}"></rect>
`
}

/** Round numbers of seconds, five or so. */
function ticksOf(end: number): number[] {
  const rough = end / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 3, 5].find((factor) => factor * power >= rough) ?? 10)
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step)
}

function tick(at: number, end: number, height: number): Markup {
  const x = ((100 * at) / end).toFixed(3)
  const anchor = at === 0 ? 'start' : at > 0.95 * end ? 'end' : 'middle'
  return html`<line x1="${x}%" x2="${x}%" y1="0" y2="${height}"></line><text x="${x}%" y="${height + 13}" text-anchor="${anchor}">${at === 0 ? 0 : duration(at)}</text>
`
}
