import type { DefaultTreeAdapterMap } from 'parse5'
import { documentOf } from './html-document.ts'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

const mostForms = 20
const mostFields = 200

/** A control of a form that has a name. */
export interface Field {
  readonly name: string
  readonly value: string
  /** Of an input its type, in lower case; else the element: `select`, `textarea`. */
  readonly type: string
}

/** A form of a page (HTML Living Standard §4.10). */
export interface Form {
  /** As it is written; empty for the page's own URL. */
  readonly action: string
  readonly method: 'get' | 'post'
  /** What is sent with it: no buttons, nor boxes that are not ticked. */
  readonly fields: readonly Field[]
  /** By which it is sent. */
  readonly buttons: readonly Field[]
}

/** Whether people sign in by it. */
export function asksForPassword({ fields }: Pick<Form, 'fields'>): boolean {
  return fields.some(({ type }) => type === 'password')
}

/** The forms of a page, in its order. */
export function formsIn(html: string): Form[] {
  return elementsOf(documentOf(html), 'form').slice(0, mostForms).map(formOf)
}

/** What the page says of itself, to tell it from others: its title, or its first heading. */
export function titleIn(html: string): string {
  const page = documentOf(html)
  const [said] = ['title', 'h1', 'h2'].flatMap((name) => elementsOf(page, name)).map(textOf)
  return (said ?? '').replace(/\s+/g, ' ').trim().slice(0, 100)
}

function formOf(form: Element): Form {
  const controls = ['input', 'button', 'select', 'textarea']
    .flatMap((name) => elementsOf(form, name))
    .slice(0, mostFields)
  const fields = controls.filter((each) => attribute(each, 'disabled') === undefined).map(fieldOf)
  return {
    action: attribute(form, 'action') ?? '',
    method: /^post$/i.test(attribute(form, 'method') ?? '') ? 'post' : 'get',
    fields: fields.filter(({ name, type }) => name !== '' && !isButton(type) && type !== 'unticked'),
    buttons: fields.filter(({ type }) => type === 'submit' || type === 'image'),
  }
}

const isButton = (type: string) => ['submit', 'image', 'button', 'reset', 'file'].includes(type)

function fieldOf(control: Element): Field {
  const name = attribute(control, 'name') ?? ''
  const said = (attribute(control, 'type') ?? '').toLowerCase()
  const value = attribute(control, 'value') ?? ''
  switch (control.tagName) {
    case 'button':
      return { name, value, type: said === 'button' || said === 'reset' ? said : 'submit' }
    case 'select':
      return { name, value: chosenIn(control), type: 'select' }
    case 'textarea':
      return { name, value: textOf(control), type: 'textarea' }
  }
  if (said !== 'checkbox' && said !== 'radio') return { name, value, type: said === '' ? 'text' : said }
  const isTicked = attribute(control, 'checked') !== undefined
  return { name, value: attribute(control, 'value') ?? 'on', type: isTicked ? said : 'unticked' }
}

function chosenIn(select: Element): string {
  const options = elementsOf(select, 'option')
  const chosen = options.find((each) => attribute(each, 'selected') !== undefined) ?? options[0]
  return chosen === undefined ? '' : (attribute(chosen, 'value') ?? textOf(chosen))
}

function elementsOf(node: Node, name: string): Element[] {
  const found: Element[] = []
  for (const each of nodesOf(node)) if ('tagName' in each && each.tagName === name) found.push(each)
  return found
}

function textOf(node: Node): string {
  const texts: string[] = []
  for (const each of nodesOf(node)) if ('value' in each) texts.push(each.value)
  return texts.join('')
}

/** In its order, without recursion: a page may be nested as deep as it is long, or have all side by side. */
function* nodesOf(node: Node): Generator<Node> {
  const waiting: Node[] = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    if ('childNodes' in next) for (const child of next.childNodes.toReversed()) waiting.push(child)
  }
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value
}
