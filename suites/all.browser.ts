import { pathToFileURL } from 'node:url'
import { orderIn } from '../harness/browser/order.ts'

/** Imports the browser checks that are asked for into one Playwright file, so that they all run at once. */
for (const file of orderIn(process.env)?.files ?? []) await import(pathToFileURL(file).href)
