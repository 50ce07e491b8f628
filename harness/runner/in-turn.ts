/** Does each in turn, whatever the others throw; then throws what was thrown first. */
export async function inTurn(...steps: readonly (() => unknown)[]): Promise<void> {
  const faults: unknown[] = []
  for (const step of steps)
    try {
      await step()
    } catch (error) {
      faults.push(error)
    }
  if (faults.length > 0) throw faults[0]
}
