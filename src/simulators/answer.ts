/** What every simulator answers with. */

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

/** A whole number of the query within its bounds; null where it is none, the default where it is absent. */
export function wholeNumber(text: string | null, otherwise: number, least: number, most: number): number | null {
  if (text === null) return otherwise
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : null
}

/** The values that a header or token compares with; no timing to protect in a fake. */
export function bearerOf(request: Request, scheme: string): string | null {
  const [word, token, ...rest] = (request.headers.get('authorization') ?? '').split(' ')
  return word === scheme && token !== undefined && rest.length === 0 ? token : null
}
