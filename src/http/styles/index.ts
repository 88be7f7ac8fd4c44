import { base } from './base.ts'
import { components } from './components.ts'
import { layout } from './layout.ts'
import { print } from './print.ts'
import { tokens } from './tokens.ts'

export const styleSheet = [tokens, base, layout, components, print].join('').replace(/\n+/g, '\n')
