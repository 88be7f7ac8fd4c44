/** The list of outputs: one line each. */
import type { Output } from '../domain/output.ts'
import { csv } from './csv.ts'
import { json } from './json.ts'

export const outputs: readonly Output[] = [json, csv]
