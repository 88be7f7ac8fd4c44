/** What verdicts rest on, complete and without credentials: sealed with every run. */
import type { OwnCheckSource, Settings, SourceSettings } from '../domain/settings.ts'
import { ms } from '../domain/time.ts'
import type { Given } from './schema.ts'
import type { ConfiguredSource } from './sources.ts'

export function settingsOf(
  given: Given,
  sources: readonly ConfiguredSource[],
  checks: Settings['checks'],
  ownChecks: readonly OwnCheckSource[],
): Settings {
  return {
    organization: given.organization,
    demo: false,
    sources: sources.map(sourceSettings),
    people: given.people,
    criticalSystems: given.criticalSystems.map((system) => ({
      id: system.id,
      source: system.source,
      access: system.access?.map((line) => ({ roles: line.roles, people: line.people ?? null })) ?? null,
      offboardingWithinMs: ms(system.offboarding.within),
    })),
    deviceTrust: {
      scope: { os: given.deviceTrust.scope.os.map((os) => os.toLowerCase()), tagged: given.deviceTrust.scope.tagged },
      postures: given.deviceTrust.postures,
      require: given.deviceTrust.require ?? null,
    },
    slaMs: {
      critical: ms(given.sla.critical),
      high: ms(given.sla.high),
      medium: ms(given.sla.medium),
      low: ms(given.sla.low),
    },
    checks,
    waivers: given.waivers.map(({ compensating: _, ...waiver }) => waiver),
    attestations: given.attestations.map((entry) => ({
      ...entry,
      system: entry.system ?? null,
      note: entry.note ?? null,
    })),
    scheduleMs: ms(given.schedule.every),
    controls: given.controls.map((control) => ({ ...control, owner: control.owner ?? null })),
    ownChecks,
  }
}

function sourceSettings({ id, connector, config, freshnessMs }: ConfiguredSource): SourceSettings {
  const own = config as { syncWindow?: string; attributeFreshness?: string; allowWrite?: boolean }
  return {
    id,
    kind: connector.id,
    freshnessMs,
    syncWindowMs: own.syncWindow === undefined ? null : ms(own.syncWindow),
    attributeFreshnessMs: own.attributeFreshness === undefined ? null : ms(own.attributeFreshness),
    allowWrite: own.allowWrite === true,
  }
}
