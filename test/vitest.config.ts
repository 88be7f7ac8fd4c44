import { defineConfig } from 'vitest/config'
import { LongestFirst } from './longest-first.ts'

const root = new URL('..', import.meta.url).pathname

export default defineConfig({
  // Vitest does not take jsxImportSource from tsconfig.json.
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    root,
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['dist/**', 'node_modules/**'],
    globalSetup: 'test/in-memory.ts',
    // The programs that tests start are compiled once for all of them.
    env: { NODE_COMPILE_CACHE: `${root}node_modules/.cache/tests` },
    pool: 'threads',
    isolate: false,
    // Vitest leaves a core to itself; most of our tests wait for loopback, a browser or a disk.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
