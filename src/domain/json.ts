export type JsonScalar = string | number | boolean | null
export type JsonValue = JsonScalar | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

/** Compares by UTF-16 code unit, which for our keys is byte order; never by locale. */
export function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
