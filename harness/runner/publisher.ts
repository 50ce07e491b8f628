import { appendFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { countsLine, findingsText } from '../../reports/console.ts'
import { exitCode } from '../../reports/exit.ts'
import { leftoverTexts } from '../../reports/wording.ts'
import { write } from '../../reports/write.ts'
import type { Leftovers, Report } from '../model.ts'
import { Unavailable } from '../obstacles.ts'

type Findings = Omit<Report, 'exitCode' | 'leftovers'>

/** Tells what a run has found, on the terminal and in its documents. */
export interface Publisher {
  /** First the reports, which are quick: who interrupts may not wait for the rest. Throws Unavailable. */
  found(findings: Findings): Promise<void>
  /** Once more, since now it is known what stays. Throws Unavailable. */
  left(leftovers: Leftovers): Promise<void>
  /** Adds to the summary of a CI that offers one, which cannot be taken back. */
  summarise(): Promise<void>
  /** As the last report has it; 2 where there is none. */
  readonly exitCode: 0 | 1 | 2
}

/** Writes to the folder `out`. */
export function createPublisher(out: string): Publisher {
  let published: { readonly report: Report; readonly summary: string } | null = null

  const publish = async (findings: Findings, leftovers: Leftovers | null) => {
    const run = { ...findings, leftovers }
    const report: Report = { ...run, exitCode: exitCode(run) }
    // What was found is told, also where it cannot be written.
    if (leftovers === null) console.log(`\n${findingsText(report)}\n${countsLine(report)}`)
    else for (const text of leftoverTexts(report)) console.error(text)
    const { summary } = await write(report, out).catch((cause: NodeJS.ErrnoException) => {
      throw new Unavailable(
        `--out: expected to write the reports to ${out}; seen ${cause.code ?? cause.message}; make room there or name another folder, and run again`,
        { cause },
      )
    })
    published = { report, summary }
  }
  return {
    async found(findings) {
      await publish(findings, null)
      console.log(`report: ${relative(process.cwd(), out) || '.'}/report.html`)
    },
    async left(leftovers) {
      if (published !== null) return publish(published.report, leftovers)
      for (const line of leftovers.lines) console.error(line)
    },
    async summarise() {
      const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
      if (file === '' || published === null) return
      await appendFile(file, published.summary).catch((error: NodeJS.ErrnoException) =>
        console.error(`GITHUB_STEP_SUMMARY: no summary was written to ${file} (${error.code})`),
      )
    },
    get exitCode() {
      return published?.report.exitCode ?? 2
    },
  }
}
