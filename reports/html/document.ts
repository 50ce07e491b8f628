import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { html, type Markup } from './markup.ts'

/** A style sheet beside its module. It stands in the document as it is, so that it must not hold what ends its element. */
export function sheetAt(url: URL): string {
  return readFileSync(url, 'utf8').replaceAll('<', '\\3c ')
}

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing is loaded: the one style sheet and the one script, if there is one, are allowed by their hashes (CSP Level 3 §2.3.1). */
export function policyOf(sheet: string, script: string | null = null): string {
  return [
    "default-src 'none'",
    `style-src ${sha256(sheet)}`,
    ...(script === null ? [] : [`script-src ${sha256(script)}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** Up to where its body begins. */
export function documentBegin({
  title,
  sheet,
  policy,
}: {
  readonly title: string
  readonly sheet: string
  readonly policy: string
}): Markup {
  const style: Markup = { markup: `<style>${sheet}</style>` }
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${style}
</head>
<body>
`
}
