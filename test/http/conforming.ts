/** Holds answers of the API against its own OpenAPI document: status, headers, media type, and every field of a body. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

export interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { schema: object }>> }>
  >
}
export interface Document {
  readonly openapi: string
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly webhooks: Readonly<Record<string, { readonly post: Operation & { readonly requestBody: object } }>>
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const DAY = /^\d{4}-\d\d-\d\d$/

/** Clients are promised that documents grow; here every field that is sent must be described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const made = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  return made['properties'] !== undefined && made['additionalProperties'] === undefined
    ? { ...made, additionalProperties: false }
    : made
}

/** Throws, with what is amiss, where an answer is not as the document says; gives its body. */
export type Conforming = (method: string, path: string, answer: Response) => Promise<unknown>

export function conforming(document: Document): Conforming {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', INSTANT)
  ajv.addFormat('date', DAY)
  ajv.addFormat('uri', (text) => URL.canParse(text))
  ajv.addFormat('binary', true)
  ajv.addSchema({ $id: 'api', components: closed(document.components) })
  const made = new Map<object, ValidateFunction>()
  const validate = (schema: object, body: unknown): void => {
    const known = made.get(schema) ?? ajv.compile(rooted(closed(schema)) as object)
    made.set(schema, known)
    expect(known(body), JSON.stringify(known.errors?.slice(0, 5), null, 1)).toBe(true)
  }
  return async (method, path, answer) => {
    const { operation, template } = operationOf(document, method, path)
    const name = `${method} ${template} ${answer.status}`
    const told = operation.responses[String(answer.status)]
    expect(told, `${name} is not in the document`).toBeDefined()
    const type = answer.headers.get('content-type')?.split(';')[0] ?? null
    const text = await answer.text()
    if (told!.content === undefined) {
      expect(text, name).toBe('')
      return null
    }
    expect(Object.keys(told!.content), name).toContain(type)
    const { schema } = told!.content[type!]!
    const isJson = /[/+]json$/.test(type!)
    const body: unknown = isJson && text !== '' ? JSON.parse(text) : text
    if (isJson && text !== '') validate(schema, body)
    return body
  }
}

/** References go to the whole document. */
function rooted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rooted)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === '$ref' && typeof value === 'string' ? `api${value}` : rooted(value),
    ]),
  )
}

function operationOf(document: Document, method: string, path: string): { operation: Operation; template: string } {
  const wanted = path.replace(/\?.*$/, '').replace(/^\/api\/v1/, '')
  const templates = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(wanted),
  )
  // "/deliveries/replay" before "/deliveries/{event}".
  const template = templates.toSorted((a, b) => a.split('{').length - b.split('{').length)[0]
  const operation = template === undefined ? undefined : document.paths[template]![method.toLowerCase()]
  expect(operation, `${method} ${path} is not in the document`).toBeDefined()
  return { operation: operation!, template: template! }
}
