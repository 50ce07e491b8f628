/** What several variants rest on, made for the first that asks. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** The same for each of several, which `keyOf` tells apart. */
export function onceEach<Of, T>(
  make: (of: Of) => Promise<T>,
  keyOf: (of: Of) => unknown = (of) => of,
): (of: Of) => Promise<T> {
  const made = new Map<unknown, Promise<T>>()
  return (of) => {
    const key = keyOf(of)
    const known = made.get(key) ?? make(of)
    made.set(key, known)
    return known
  }
}

/** What came of it, for whoever needs it: throws then what it threw. */
export function asked<T>(work: Promise<T>): Promise<() => T> {
  return work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error
    },
  )
}
