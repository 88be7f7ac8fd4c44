/** The OpenAPI document: whole, valid, and of what is served. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../src/domain/event.ts'
import { PROBLEMS } from '../../src/http/problems.ts'
import type { Document, Operation } from './conforming.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
let document: Document
let text: string
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
  text = await (await house.app.request('/api/v1/openapi.json', { headers: visitor })).text()
  document = JSON.parse(text)
})
afterAll(() => house.close())

function operations(): { name: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )
}

test('is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(JSON.parse(text))
  expect(errors ?? []).toEqual([])
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

test('has every route of the API, and no other', () => {
  const served = new Set(
    house.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1'))
      .map(({ method, path }) => `${method} ${path.slice('/api/v1'.length).replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  expect(operations().map(({ name }) => name)).toEqual(expect.arrayContaining([...served]))
  expect(operations()).toHaveLength(served.size)
})

test('says of every operation its name, what it does, where it belongs, and every problem it may answer with', () => {
  const names = operations().map(({ operation }) => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  const tags = document.tags.map(({ name }) => name)
  const amiss = operations().flatMap(({ name, operation }) => {
    const { operationId = '', summary = '', responses } = operation
    return [
      /^[a-z][A-Za-z]+$/.test(operationId) ? null : 'operationId',
      summary.length > 5 && !summary.endsWith('.') ? null : 'summary',
      operation.tags?.length === 1 && tags.includes(operation.tags[0]!) ? null : 'tag',
      ['400', '401', '403', '429', '500', '503'].every(
        (status) => responses[status]?.content?.['application/problem+json'] !== undefined,
      )
        ? null
        : 'problems',
      Object.values(responses).every(({ description }) => description.length > 3) ? null : 'descriptions',
      Object.keys(responses).some((status) => status.startsWith('2')) ? null : 'success',
    ].flatMap((what) => (what === null ? [] : [`${name}: ${what}`]))
  })
  expect(amiss).toEqual([])
})

test('has no component that nothing uses, no tag without an operation, and no reference into nothing', () => {
  const used = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
  )
  const made = Object.entries(document.components)
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, all]) => Object.keys(all).map((name) => `${kind}/${name}`))
  expect(made.filter((name) => !used.has(name))).toEqual([])
  expect([...used].filter((name) => !made.includes(name))).toEqual([])
  const tagged = new Set(operations().flatMap(({ operation }) => operation.tags ?? []))
  expect(document.tags.map(({ name }) => name).filter((name) => !tagged.has(name))).toEqual([])
})

test('names every path parameter, and gives every list its cursor and limit', () => {
  const amiss = operations().flatMap(({ name, operation }) => {
    const named = (where: string) =>
      (operation.parameters ?? []).filter((each) => each.in === where).map((each) => each.name)
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!)
    const isList = operation.operationId.startsWith('list')
    return [
      named('path').toSorted().join() === inPath.toSorted().join() ? null : `${name}: path parameters`,
      !isList || ['limit', 'cursor'].every((each) => named('query').includes(each)) ? null : `${name}: paging`,
    ].flatMap((what) => what ?? [])
  })
  expect(amiss).toEqual([])
})

test('every list has its rows in `items` and its cursor in `nextCursor`, and nothing else has', () => {
  const amiss = operations().flatMap(({ name, operation }) => {
    const { schema = {} } = operation.responses['200']?.content?.['application/json'] ?? {}
    const { properties } = resolved(schema) as { properties?: object }
    const isPaged = operation.operationId.startsWith('list') || operation.operationId === 'getCheck'
    return ['items', 'nextCursor'].every((each) => Object.hasOwn(properties ?? {}, each) === isPaged) ? [] : [name]
  })
  expect(amiss).toEqual([])
})

/** What a reference names. */
function resolved(schema: object): object {
  const name = (schema as { $ref?: string }).$ref?.split('/').at(-1)
  return name === undefined ? schema : document.components['schemas']![name]!
}

test('what starts something takes an Idempotency-Key, and nothing else does', () => {
  const taking = operations().filter(({ operation }) => operation.parameters?.some((each) => each.in === 'header'))
  expect(taking.map(({ operation }) => operation.operationId).toSorted()).toEqual([
    'replayDeliveries',
    'startJob',
    'startPull',
    'testWebhook',
  ])
  for (const { operation } of taking) expect(operation.responses).toHaveProperty('422')
})

test('says how large pages are, how long answers are kept and how often one may ask', () => {
  const { description } = (document as unknown as { info: { description: string } }).info
  for (const words of ['50 where nobody says, 200 at most', 'for 24 h', '600 requests a minute', '60 refusals'])
    expect(description).toContain(words)
})

describe('webhooks', () => {
  test('has every event of the catalogue with a schema that compiles and the headers of Standard Webhooks', () => {
    expect(Object.keys(document.webhooks).toSorted()).toEqual([...EVENT_TYPES].toSorted())
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      expect(post.summary, type).toMatch(/./)
      expect(post.parameters?.map(({ name }) => name)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      const { schema } = (post.requestBody as { content: Record<string, { schema: object }> }).content[
        'application/json'
      ]!
      const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true, uri: true } })
      expect(ajv.compile(schema)({ type: 'another' }), type).toBe(false)
    }
  })
})

test('every problem can be opened by its type, and says what to do', async () => {
  for (const [name, { status, title }] of Object.entries(PROBLEMS)) {
    const answer = await house.app.request(`/api/v1/problems/${name}`, { headers: visitor })
    expect(await answer.json()).toMatchObject({ type: `/api/v1/problems/${name}`, code: name, status, title })
  }
})

test('is the same until the program changes', async () => {
  const first = await house.app.request('/api/v1/openapi.json', { headers: visitor })
  const tag = first.headers.get('etag')!
  const again = await house.app.request('/api/v1/openapi.json', { headers: { ...visitor, 'if-none-match': tag } })
  expect(again.status).toBe(304)
})
