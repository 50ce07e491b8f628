/** Text of ours as Markdown shows it: one line, in which nothing begins an element. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[<*_`[\]|\\]/g, '\\$&')
}

/** A span of code, also in a cell of a table; of a backtick in it, two stand around it (CommonMark 0.31 §6.1). */
export function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``
}

export function fence(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``
}
