import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { booleanSetting, tailnetSubject } from '../src/domain/tailnet.ts'
import { tailnetPolicy } from '../src/domain/tailnet-policy.ts'
import { narrowRules } from './controls.ts'

export const networkFeatures = defineCheck({
  id: 'network-features',
  ref: 'NET-03',
  version: 1,
  title: 'Features of the network that an auditor asks about',
  question: 'Which features of the tailnet reach beyond its own devices?',
  why: 'HTTPS certificates publish machine names, exit nodes carry all traffic, a single one of them is a single point of failure, and app connectors route whole domains. Shown, never judged.',
  remediation: 'Nothing is to be done; switch off under DNS, Machines and Access controls what nobody uses.',
  severity: 'low',
  controls: narrowRules,
  informational: true,
  needs: [{ kind: 'device' }],
  run(snapshot) {
    const { model } = tailnetPolicy(snapshot)
    const isExit = (route: string) => route === '0.0.0.0/0' || route === '::/0'
    const own = snapshot.of('device').filter(({ isExternal }) => isExternal !== true)
    const exitNodes = own.filter(({ enabledRoutes }) => enabledRoutes.some(isExit)).length
    const subnetRouters = own.filter(({ enabledRoutes }) => enabledRoutes.some((route) => !isExit(route))).length
    const attrs =
      model === null ? null : [...new Set(model.nodeAttrs.flatMap(({ attr, app }) => [...attr, ...app]))].join(', ')
    const https = booleanSetting(snapshot, 'httpsEnabled').on
    const facts = { httpsEnabled: https, exitNodes, subnetRouters, nodeAttributes: attrs === '' ? null : attrs }
    const notice = exitNodes === 1 ? 'There is a single exit node.' : null
    return [finding('not_applicable', tailnetSubject(snapshot), { facts, notice })]
  },
  say: ({ facts, notice }) =>
    `HTTPS certificates are ${facts['httpsEnabled'] === true ? 'on, so machine names are public' : facts['httpsEnabled'] === false ? 'off' : 'not visible to the credential'}; ${facts['exitNodes']} exit nodes, ${facts['subnetRouters']} subnet routers. ${notice ?? ''}`.trim(),
})
