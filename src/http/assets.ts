/** The one style sheet and the one script: named by their content, so that a browser may keep them for ever. */
import { Hono } from 'hono'
import { sha256 } from '../lib/digest.ts'
import { script } from './client.ts'
import { styleSheet } from './styles/index.ts'

interface Asset {
  readonly name: string
  readonly type: string
  readonly text: string
}

function asset(stem: string, extension: string, type: string, text: string): Asset {
  return { name: `${stem}.${sha256(text).slice(0, 12)}.${extension}`, type, text }
}

const STYLE = asset('exhibit', 'css', 'text/css; charset=utf-8', styleSheet)
const SCRIPT = asset('exhibit', 'js', 'text/javascript; charset=utf-8', script)
const ICON = asset(
  'exhibit',
  'svg',
  'image/svg+xml',
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4fd8"/><path d="M9 9h14M9 16h9M9 23h14" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/></svg>',
)

export const STYLE_PATH = `/assets/${STYLE.name}`
export const SCRIPT_PATH = `/assets/${SCRIPT.name}`
export const ICON_PATH = `/assets/${ICON.name}`

export function assets(): Hono {
  const app = new Hono()
  for (const each of [STYLE, SCRIPT, ICON]) {
    app.get(`/${each.name}`, (c) => {
      c.header('content-type', each.type)
      c.header('cache-control', 'public, max-age=31536000, immutable')
      return c.body(each.text)
    })
  }
  return app
}
