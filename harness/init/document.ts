import { readFile } from 'node:fs/promises'
import { sentence } from '../../reports/visible.ts'
import { answerText } from '../api/answer-text.ts'
import { createClient } from '../api/client.ts'
import {
  documentRequest,
  type OpenApi,
  parseOpenApi,
  readDocument,
  UnreadableDocument,
} from '../api/openapi.ts'
import { leftOf, type WholeDocument } from '../api/openapi-files.ts'
import { UsageError } from '../obstacles.ts'
import { isUrl } from '../profile/authorization.ts'

/** Seconds. */
const timeout = 20

/** A document, and what it refers to that was left out of it, each with the reason. */
export interface FoundDocument extends OpenApi {
  readonly left: readonly string[]
}

/** The OpenAPI document at a path or URL; `ca` is the PEM of a private authority. Throws UsageError. */
export async function openApiAt(source: string, ca: string | null): Promise<FoundDocument> {
  try {
    const { text, left } = isUrl(source) ? await downloaded(source, ca) : await readDocument(source)
    return { ...parseOpenApi(text, source), left }
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error
    throw new UsageError(
      `--openapi: ${sentence(error.seen)}; name a file or URL of an OpenAPI document, JSON or YAML`,
    )
  }
}

async function downloaded(source: string, ca: string | null): Promise<WholeDocument> {
  const text = await download(source, ca)
  return { text, left: leftOf(text) }
}

/** The text behind a URL, which an option names. Throws UsageError. */
export async function download(source: string, ca: string | null, option = '--openapi'): Promise<string> {
  if (!URL.canParse(source)) throw new UsageError(`${option}: expected a URL; seen ${source}; correct it`)
  const client = createClient({ ca: ca === null ? [] : [ca], timeout, setting: null })
  try {
    const answer = await client.send(documentRequest(source))
    const { response } = answer
    if (response?.status !== 200)
      throw new UsageError(
        `${option}: expected a document at ${source}; seen ${sentence(answerText(answer, (text) => text))}; see that it is there, and name its authority with --ca where its certificate is not public`,
      )
    if (response.truncated)
      throw new UsageError(`${option}: ${source} is too large: save it and name the file`)
    return response.body
  } finally {
    await client.close()
  }
}

/** The PEM of an authority. Throws UsageError. */
export async function readAuthority(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`--ca: expected a readable PEM file; seen ${code} for ${file}; correct the path`)
  })
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  throw new UsageError(`--ca: expected certificates in PEM; seen none in ${file}; correct the path`)
}
