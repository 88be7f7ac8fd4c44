import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Locked {
  version: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  dev?: boolean
  optional?: boolean
}

const root = join(import.meta.dirname, '..')
const read = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T
const manifest = read<{
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}>('package.json')
const packages = Object.entries(read<{ packages: Record<string, Locked> }>('package-lock.json').packages).filter(
  ([path]) => path !== '',
)

test('every package is pinned by digest and names no registry', () => {
  const wrong = packages.filter(
    ([, entry]) => entry.integrity?.startsWith('sha512-') !== true || entry.resolved !== undefined,
  )
  expect(wrong.map(([path]) => path)).toEqual([])
})

test('no package runs a script when it is installed', () => {
  expect(packages.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path)).toEqual([])
})

test('every direct dependency is an exact version', () => {
  const versions = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('run-time packages stay within their budget: 25 direct, 75 in all', () => {
  // The platform packages of the runtime are one of five, by machine.
  const runtime = packages.filter(
    ([path, entry]) => entry.dev !== true && !/node_modules\/node-(bin-)?(linux|darwin|win)-/.test(path),
  )
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(25)
  expect(runtime.length).toBeLessThanOrEqual(75)
})
