import { toDefectDojo } from '../reports/defectdojo.ts'
import { toHtml } from '../reports/html.ts'
import { toInToto } from '../reports/in-toto.ts'
import { toJunit } from '../reports/junit.ts'
import { toMarkdown } from '../reports/markdown.ts'
import { toOcsf } from '../reports/ocsf.ts'
import { toSarif } from '../reports/sarif.ts'
import { readReportFile } from './baseline/read-report.ts'
import type { Report } from './model.ts'

const writers = {
  defectdojo: toDefectDojo,
  html: toHtml,
  'in-toto': toInToto,
  junit: toJunit,
  markdown: toMarkdown,
  ocsf: toOcsf,
  sarif: (report) => toSarif(report),
} satisfies Record<string, (report: Report, bytes: Uint8Array) => string>

export type Format = keyof typeof writers

/** Prints a `report.json` in another format. Throws UsageError for what is none. */
export async function exportReport(file: string, format: Format): Promise<void> {
  const { report, bytes } = await readReportFile(file, 'the report')
  process.stdout.write(writers[format](report, bytes))
}
