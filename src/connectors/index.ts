/** The list of connectors: one line each. */
import type { Connector } from '../domain/connector.ts'
import { crowdstrike } from './crowdstrike/index.ts'
import { csv } from './csv/index.ts'
import { kandji } from './kandji/index.ts'
import { sentinelone } from './sentinelone/index.ts'
import { tailscale } from './tailscale/index.ts'

export const connectors: readonly Connector[] = [tailscale, sentinelone, crowdstrike, kandji, csv]
