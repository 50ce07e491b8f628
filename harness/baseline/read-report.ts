import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import schema from '../../reports/report.schema.json' with { type: 'json' }
import { readBounded } from '../bounded-file.ts'
import type { Report } from '../model.ts'
import { UsageError } from '../obstacles.ts'

/** Bytes: a run of a hundred thousand outcomes takes less. */
const largest = 512 * 1024 * 1024

/**
 * A `report.json` that a run has written. Throws UsageError for what is none, what was cut short, and what another version wrote;
 * `flag` is what named it.
 */
export async function readReport(file: string, flag: string): Promise<Report> {
  return (await readReportFile(file, flag)).report
}

/** The same with the bytes that it was read from. */
export async function readReportFile(
  file: string,
  flag: string,
): Promise<{ readonly report: Report; readonly bytes: Buffer }> {
  const wrong = (expected: string, seen: string, remedy: string) =>
    new UsageError(`${flag}: expected ${expected}; seen ${seen}; ${remedy}`)
  const bytes = await readBounded(file, largest).catch((error: NodeJS.ErrnoException) => {
    throw wrong(
      'a report.json',
      `${file} (${error.code ?? error.message})`,
      'name one that a run has written',
    )
  })
  if (bytes === null)
    throw wrong(`a report.json of at most ${largest} bytes`, `a larger ${file}`, 'name another')
  const said = parsed(bytes.toString('utf8'))
  if (said === undefined)
    throw wrong(
      'a report.json',
      `${file}, which is no whole JSON`,
      'it may have been cut short: run again, or name another',
    )
  const { properties } = schema
  const version = (said as { readonly schemaVersion?: unknown } | null)?.schemaVersion
  if (typeof version !== 'string')
    throw wrong(
      'a report.json of postern',
      `${file}, which another program wrote`,
      'name one that a run has written',
    )
  const versions = properties.schemaVersion.enum
  if (!versions.includes(version))
    throw wrong(
      `a report of version ${versions.join(' or ')}`,
      `version ${version.slice(0, 20)} in ${file}`,
      'read it with the release that wrote it, or run again',
    )
  const validate = validator()
  if (!validate(said)) {
    const [first] = validate.errors ?? []
    const place = first?.instancePath || 'its top'
    throw wrong(
      'a report.json of postern',
      `${file}, where ${place.slice(0, 100)} ${first?.message}`,
      'run again, or name another',
    )
  }
  return { report: said as Report, bytes }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

let compiled: ValidateFunction | null = null

/** Compiled at first use, and once for two reports. */
function validator(): ValidateFunction {
  if (compiled !== null) return compiled
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  compiled = ajv.compile(schema)
  return compiled
}
