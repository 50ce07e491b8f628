/**
 * What of the owner's answer, found in somebody else's, shows that it was disclosed: the mark where the answer holds it,
 * else identifiers. `sent` is what the request itself says: an error that repeats it discloses nothing.
 */
export function privateTokens(body: string, mark: string, sent: string): string[] {
  if (body.includes(mark)) return [mark]
  if (body.includes(mark.slice(0, 16))) return [mark.slice(0, 16)]
  // Values, not names of members: a name is everybody's.
  const values = body.match(/(?<=")[\w-]{12,}(?="(?!\s*:))/g) ?? []
  return [...new Set(values)].filter((value) => isIdentifier(value) && !sent.includes(value)).slice(0, 50)
}

/** A part of eight characters or more that mixes letters and digits: `eu-central-1` and dates are everybody's. */
function isIdentifier(value: string): boolean {
  return (
    !/^\d{4}-\d\d-\d\dT/.test(value) &&
    value.split(/[-_]/).some((part) => part.length >= 8 && /\d/.test(part) && /[a-z]/i.test(part))
  )
}

/** Both answers have the same members, and both say something in them: an empty list is no disclosure. */
export function sameShape(a: string, b: string): boolean {
  const names = (text: string) => [...new Set(text.match(/"\w+"(?=\s*:)/g) ?? [])].sort().join()
  const says = (text: string) => /:\s*("[^"]|\d)/.test(text)
  return names(a) !== '' && names(a) === names(b) && says(a) && says(b)
}

/**
 * Whether an object changed between the second and the third look at it. What differs between the first two, which
 * nobody touched, tells nothing; nor does one time in the place of another (a clock, a time of last reading).
 */
export function changed(first: string, second: string, third: string): boolean {
  const [a, b, c] = [leaves(first), leaves(second), leaves(third)]
  if (a === null || b === null || c === null) return first === second && third !== second
  return [...new Set([...b.keys(), ...c.keys()])].some((path) => {
    const [then, before, now] = [a.get(path), b.get(path), c.get(path)]
    return then === before && now !== before && !(isTime(before) && isTime(now))
  })
}

function isTime(value: string | undefined): boolean {
  return value !== undefined && /^"?\d{4}-\d\d-\d\dT|^1\d{9}(\d{3})?(\.\d+)?$/.test(value)
}

/** Every value of a JSON text by its path; `null` where it is no JSON. */
function leaves(text: string): Map<string, string> | null {
  const found = new Map<string, string>()
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) found.set(path, JSON.stringify(value))
    else for (const [name, inner] of Object.entries(value)) walk(inner, `${path}/${name}`)
  }
  try {
    walk(JSON.parse(text), '')
    return found
  } catch {
    return null
  }
}
