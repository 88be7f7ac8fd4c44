/** `npm run dev`: builds and starts; Node's own watch mode runs this file again when a source changes. */
import './build.ts'

process.argv.splice(2, 0, 'start')
await import(new URL('../dist/src/main.js', import.meta.url).href)
