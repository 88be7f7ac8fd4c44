/** The rule of a check: its question, its limits as configured, what it is mapped to. */
import type { Check, Framework, Parameter } from '../../domain/check.ts'
import { FRAMEWORK_TITLE, FRAMEWORKS } from '../../domain/control-view.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ReportResult } from '../../domain/report.ts'
import { counted, factName, factText } from '../../domain/words.ts'
import { facts, paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { STYLE } from './tokens.ts'
import type { Span } from './wrap.ts'

/** The question, why it is asked, and its rule: limits and mapping. */
export function ruleText({ sheet, focus }: Book, { check, parameters }: ReportResult): void {
  paragraph(sheet, check.question, STYLE.strong)
  const brief = focus?.on === 'control'
  if (!brief) paragraph(sheet, check.why, STYLE.cell)
  const limits = limitsOf(check, parameters)
  if (brief && limits.length === 0) return
  const mapping =
    focus?.on === 'check'
      ? wholeMapping(check)
      : focus?.on === 'framework'
        ? mappingTo(check, focus.framework)
        : controlsText(check)
  facts(sheet, brief ? limits : [...limits, ['Controls (our mapping)', [span(mapping, STYLE.note)]]])
}

function limitsOf(check: Check, parameters: ReportResult['parameters']): [string, Span[]][] {
  return Object.entries(parameters).map(([name, value]): [string, Span[]] => {
    const parameter = check.parameters[name]
    const values = span(parameterText(value), STYLE.cellStrong)
    if (parameter === undefined) return [factName(name), [values]]
    const unit = parameter.type === 'number' ? ` ${parameter.unit}` : ''
    return [factName(name), [values, span(`${unit}  ${parameter.says}${defaultText(parameter, value)}`, STYLE.note)]]
  })
}

/** The first framework that it serves; the chapter on controls has them all. */
function controlsText(check: Check): string {
  const framework = FRAMEWORKS.find((each) => check.controls.some((control) => control.framework === each))
  if (framework === undefined) return 'no mapping'
  const others = new Set(check.controls.map((control) => control.framework)).size - 1
  return `${mappingTo(check, framework)}${others === 0 ? '' : `; ${counted(others, 'more framework')} in the summary by control`}`
}

function wholeMapping(check: Check): string {
  const served = FRAMEWORKS.filter((framework) => check.controls.some((control) => control.framework === framework))
  return served.map((framework) => mappingTo(check, framework)).join('; ') || 'no mapping'
}

/** "SOC 2 CC6.3, CC6.2 (supports)" */
function mappingTo(check: Check, framework: Framework): string {
  const own = check.controls.filter((control) => control.framework === framework)
  const ids = own.map((control) => (control.indirect === true ? `${control.id} (supports)` : control.id))
  return `${FRAMEWORK_TITLE[framework].replace(/ \(.*/, '')} ${ids.join(', ')}`
}

function defaultText(parameter: Parameter, value: JsonValue): string {
  const standard = parameter.default as JsonValue
  return JSON.stringify(standard) === JSON.stringify(value)
    ? ' (the default)'
    : ` (default: ${parameterText(standard)})`
}

function parameterText(value: JsonValue): string {
  if (!Array.isArray(value)) {
    if (typeof value !== 'object' || value === null) return factText(value)
    const entries = Object.entries(value).map(([name, each]) => `${name}: ${factText(each)}`)
    return entries.join('; ') || 'none'
  }
  if (value.length === 0) return 'none'
  return value.map((each) => (isApproved(each) ? `${each.subject} (${each.because})` : factText(each))).join('; ')
}

function isApproved(value: JsonValue): value is { subject: string; because: string } {
  return typeof value === 'object' && value !== null && 'subject' in value && 'because' in value
}
