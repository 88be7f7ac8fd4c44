/**
 * The design system's tokens, the only place with a colour or a size. Contrast is WCAG 2.2 AA and tested
 * (test/http/tokens.test.tsx): text 4.5 to 1 on each surface it stands on, marks and form borders 3 to 1.
 */
export interface Palette {
  /** Behind everything; cards; wells and table heads. */
  readonly ground: string
  readonly surface: string
  readonly sunken: string
  /** Hairlines that only group; borders of what can be operated. */
  readonly line: string
  readonly border: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly accentSoft: string
  /** Text on the accent. */
  readonly onAccent: string
  readonly pass: string
  readonly passSoft: string
  readonly fail: string
  readonly failSoft: string
  readonly unknown: string
  readonly unknownSoft: string
  readonly none: string
  readonly noneSoft: string
  readonly waived: string
  readonly waivedSoft: string
  /** Ink within a filled mark. */
  readonly onMark: string
}

export const LIGHT: Palette = {
  ground: '#f7f8fa',
  surface: '#ffffff',
  sunken: '#f0f2f5',
  line: '#e1e5ea',
  border: '#7d8896',
  text: '#17202c',
  muted: '#525d6b',
  accent: '#1f4fd8',
  accentSoft: '#e9effd',
  onAccent: '#ffffff',
  pass: '#12703d',
  passSoft: '#e6f4ec',
  fail: '#b3261e',
  failSoft: '#fcecea',
  unknown: '#8a5300',
  unknownSoft: '#fdf2df',
  none: '#5a6573',
  noneSoft: '#eef0f3',
  waived: '#6b3fb8',
  waivedSoft: '#f1ebfb',
  onMark: '#ffffff',
}

export const DARK: Palette = {
  ground: '#0e131a',
  surface: '#151b24',
  sunken: '#1c2430',
  line: '#29323f',
  border: '#748092',
  text: '#e7ebf1',
  muted: '#a2aebd',
  accent: '#93b4ff',
  accentSoft: '#1b2a4d',
  onAccent: '#0e131a',
  pass: '#62d193',
  passSoft: '#12301f',
  fail: '#ff968c',
  failSoft: '#3a1a19',
  unknown: '#f1bb62',
  unknownSoft: '#35270f',
  none: '#a2aebd',
  noneSoft: '#222b37',
  waived: '#c5aaf6',
  waivedSoft: '#2a2042',
  onMark: '#0e131a',
}

/** Steps of a quarter: 12 13 14 16 20 26 px at the browser's own 16. */
const TYPE = { xs: '0.75rem', s: '0.8125rem', m: '0.875rem', l: '1rem', xl: '1.25rem', xxl: '1.625rem' }
const SPACE = { 1: '4px', 2: '8px', 3: '12px', 4: '16px', 5: '24px', 6: '32px', 7: '48px' }
const RADIUS = { s: '4px', m: '8px', l: '12px' }

/** "onAccent" → "on-accent", as custom properties are written. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function properties(prefix: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `--${prefix}${kebab(name)}:${value}`)
    .join(';')
}

export const tokens = `:root{color-scheme:light dark;${properties('', { ...LIGHT })};${properties('t-', TYPE)};${properties('s-', SPACE)};${properties('r-', RADIUS)};
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono","Cascadia Code","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{${properties('', { ...DARK })}}}
`
