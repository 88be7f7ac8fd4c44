/** A table as a spreadsheet saves it: only what needs them is quoted. */
export function stringify(rows: readonly Readonly<Record<string, string>>[], separator: string): string {
  const columns = Object.keys(rows[0] ?? {})
  const cell = (text: string): string =>
    text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  const line = (cells: readonly string[]): string => `${cells.map(cell).join(separator)}\r\n`
  return `\uFEFF${line(columns)}${rows.map((row) => line(columns.map((column) => row[column] ?? ''))).join('')}`
}
