import type { Report } from '../../harness/model.ts'
import type { Anchors } from './anchors.ts'
import { accessPicture } from './grid.ts'
import { pathPicture } from './mail-path.ts'
import { html, type Markup } from './markup.ts'
import { severityPicture } from './severities.ts'
import { timePicture } from './timeline.ts'

/** What the run saw at a glance: each only where it has looked at it. `null` where it has at none. */
export function picturesSection(report: Report, anchors: Anchors): Markup | null {
  const pictures = [
    severityPicture(report),
    accessPicture(report, anchors),
    pathPicture(report),
    timePicture(report),
  ]
  if (pictures.every((picture) => picture === null)) return null
  return html`<section aria-labelledby="pictures">
<h2 id="pictures">In pictures</h2>
${pictures}
</section>
`
}
