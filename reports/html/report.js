/**
 * What the page can do where scripts run: without them it is whole, and none of this is there. It reads what stands in the page, and
 * writes text alone.
 */
const nav = document.querySelector('nav')
const filterable = () => [
  ...document.querySelectorAll('#problems + ol > li, .finding'),
  ...document.querySelectorAll('.checks tbody tr:not(.suite, .more)'),
]
const more = (row) => (row.nextElementSibling?.matches('.more') ? row.nextElementSibling : null)
const texts = new Map()
const textOf = (part) => {
  const known = texts.get(part) ?? `${part.textContent} ${more(part)?.textContent ?? ''}`.toLowerCase()
  texts.set(part, known)
  return known
}

/** The first screen shows what is shown below. */
const blockOf = (part) => {
  const to = part.matches('#problems + ol > li') ? part.querySelector('a')?.hash.slice(1) : undefined
  return to === undefined ? null : document.getElementById(decodeURIComponent(to))
}

const label = document.createElement('label')
const input = document.createElement('input')
const told = document.createElement('output')
label.append('Filter ', input)
input.type = 'search'
input.placeholder = 'critical tls'
nav.append(label, told)

const filter = () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  let [shown, all] = [0, 0]
  for (const part of filterable()) {
    const isShown = words.every((word) => textOf(blockOf(part) ?? part).includes(word))
    for (const each of [part, more(part)]) if (each !== null) each.hidden = !isShown
    if (part.matches('.finding')) all++
    if (part.matches('.finding') && isShown) shown++
  }
  told.textContent = words.length === 0 ? '' : `${shown} of ${all} problems`
}
let waiting = 0
input.addEventListener('input', () => {
  clearTimeout(waiting)
  waiting = setTimeout(filter, 100)
})

/** Where the clipboard is not to be had, the text is selected for who reads. */
const copy = async (block, button) => {
  try {
    await navigator.clipboard.writeText(block.textContent)
    button.textContent = 'Copied'
  } catch {
    getSelection()?.selectAllChildren(block)
    button.textContent = 'Selected'
  }
}
document.addEventListener('click', ({ target }) => {
  if (target instanceof HTMLButtonElement && target.matches('.copy')) copy(target.nextElementSibling, target)
})
for (const block of document.querySelectorAll('.command')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'copy'
  button.textContent = 'Copy'
  block.before(button)
}

/** A link to one way of many opens it. */
const unfold = () => {
  const id = decodeURIComponent(location.hash.slice(1))
  for (let each = document.getElementById(id); each !== null; each = each.parentElement)
    if (each instanceof HTMLDetailsElement) each.open = true
}
addEventListener('hashchange', unfold)
unfold()
