/** OSCAL and OCSF held against their publishers' schemas; without those there is nothing to find. */
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { spec } from './specs.ts'

const OSCAL = ['oscal/oscal_complete_schema-1.2.2.json', 'oscal/oscal_assessment-results_schema-1.2.1.json']
const OCSF = 'ocsf/compliance_finding-1.8.0.schema.json'
const NAMED = 5

/** What is wrong with the document, in the words of the validator. */
export function oscalFaults(document: object): string[] {
  return OSCAL.flatMap((path) => {
    const schema = spec(path)
    if (schema === null) return []
    const ajv = new Ajv({ strict: false, allErrors: true })
    addFormats.default(ajv)
    if (ajv.validate(schema as object, document)) return []
    return [`${path}: ${ajv.errorsText(ajv.errors?.slice(0, NAMED))}`]
  })
}

export function ocsfFaults(events: Iterable<unknown>): string[] {
  const schema = spec(OCSF)
  if (schema === null) return []
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(schema as object)
  const faults: string[] = []
  for (const event of events) {
    if (!validate(event) && faults.length < NAMED) faults.push(ajv.errorsText(validate.errors))
  }
  return faults
}
