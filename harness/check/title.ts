/** The weak role asks once for each weakness. */
export function titleOf(title: string, weakness: string | null): string {
  return weakness === null ? title : `${title} [${weakness}]`
}

/** What `titleOf` makes of a title with a weakness. */
export const weakTitle = / \[[a-z0-9-]+\]$/
