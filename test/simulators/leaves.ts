/** Every value of a JSON tree that has no parts of its own, with its path. */
export function* leaves(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [path, value]
  else for (const [key, part] of Object.entries(value)) yield* leaves(part, `${path}/${key}`)
}

export const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** How a vendor wrote a moment: separator, digits of the fraction, offset. */
export function formOf(moment: string): string {
  return moment.slice(10).replace(/\d(?=[^+-]*$|.*[+-])/g, '9')
}

export function millisOf(moment: string): number {
  return Date.parse(moment.replace(' ', 'T'))
}
