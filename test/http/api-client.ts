/** A caller of the API whose every answer is held against the OpenAPI document. */
import { randomBytes } from 'node:crypto'
import type { ApiKey, Role } from '../../src/domain/api-key.ts'
import { HOUR, plus } from '../../src/domain/time.ts'
import { makeKey } from '../../src/http/keys.ts'
import { type Conforming, conforming, type Document } from './conforming.ts'
import type { House } from './house.ts'

export interface Answered<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Client {
  /** The text of a key of the role, and of the key that is in use. */
  readonly key: string
  get<T = Readonly<Record<string, never>>>(path: string, headers?: Record<string, string>): Promise<Answered<T>>
  post<T = Readonly<Record<string, never>>>(
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered<T>>
}

/** Puts a key of the house into use; its text is what a caller sends. */
export async function keyOf(
  { store, parts }: Pick<House, 'store' | 'parts'>,
  role: Role,
  over: Partial<ApiKey> = {},
): Promise<string> {
  const createdAt = parts.now()
  const wish = { name: `a ${role}`, role, createdAt, createdBy: 'test', expiresAt: plus(createdAt, HOUR) }
  const { key, text, digest } = makeKey(wish, (count) => randomBytes(count))
  await store.addKey({ ...key, ...over }, digest)
  return text
}

export async function clientOf(house: Pick<House, 'app' | 'store' | 'parts'>, role: Role = 'admin'): Promise<Client> {
  const key = await keyOf(house, role)
  const held: Record<string, string> = { host: 'localhost', authorization: `Bearer ${key}` }
  const document = await house.app.request('/api/v1/openapi.json', { headers: held })
  const check: Conforming = conforming((await document.json()) as Document)
  const send = async (path: string, init: RequestInit): Promise<Answered<never>> => {
    const answer = await house.app.request(`/api/v1${path}`, init)
    const { status, headers } = answer
    return { status, headers, body: (await check(init.method ?? 'GET', `/api/v1${path}`, answer)) as never }
  }
  return {
    key,
    get: (path, headers = {}) => send(path, { method: 'GET', headers: { ...held, ...headers } }),
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { ...held, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  }
}
