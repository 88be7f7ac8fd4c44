/** The list of outputs: one line each. */
import type { Output } from '../domain/output.ts'
import { csv } from './csv.ts'
import { json } from './json.ts'
import { ocsf } from './ocsf.ts'
import { oscal } from './oscal.ts'

export const outputs: readonly Output[] = [json, csv, oscal, ocsf]
