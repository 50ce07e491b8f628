/** Thrown where a guard did not hold, so that neither pass nor fail can be said. */
export class Unproven extends Error {
  override readonly name = 'Unproven'
  constructor(reason: string, remedy: string) {
    super(`${reason}; ${remedy}`)
  }
}

/** Thrown where it turns out while looking that the property has no meaning at this target. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** Thrown where looking would go beyond the reach that the run is held to. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack'
}
