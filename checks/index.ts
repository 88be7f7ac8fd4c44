/** Every check, by ref: a new one is a file here, an import and a name. */
import type { Check } from '../src/domain/check.ts'
import { accessRulesDeclared } from './access-rules-declared.ts'
import { accountRolesValid } from './account-roles-valid.ts'
import { accountsBelongToPeople } from './accounts-belong-to-people.ts'
import { administratorsAreFew } from './administrators-are-few.ts'
import { approvalsArePrompt } from './approvals-are-prompt.ts'
import { crowdstrikeScoreMeetsFloor } from './crowdstrike-score-meets-floor.ts'
import { crowdstrikeScorePresent } from './crowdstrike-score-present.ts'
import { crowdstrikeSensorFullyFunctional } from './crowdstrike-sensor-fully-functional.ts'
import { crowdstrikeSensorSeen } from './crowdstrike-sensor-seen.ts'
import { devicesTrusted } from './devices-trusted.ts'
import { edrOnEveryDevice } from './edr-on-every-device.ts'
import { fallsAreConfirmed } from './falls-are-confirmed.ts'
import { idleAccountsRemoved } from './idle-accounts-removed.ts'
import { kandjiAgentInstalled } from './kandji-agent-installed.ts'
import { kandjiDeviceCheckedIn } from './kandji-device-checked-in.ts'
import { kandjiMdmEnrolled } from './kandji-mdm-enrolled.ts'
import { leaversHoldNoCredentials } from './leavers-hold-no-credentials.ts'
import { leaversOwnNoDevices } from './leavers-own-no-devices.ts'
import { mdmOnEveryComputer } from './mdm-on-every-computer.ts'
import { mfaOnForEveryone } from './mfa-on-for-everyone.ts'
import { newAccountsNeedApproval } from './new-accounts-need-approval.ts'
import { offboardedAccessRemoved } from './offboarded-access-removed.ts'
import { populationsReconcile } from './populations-reconcile.ts'
import { postureCopyAgrees } from './posture-copy-agrees.ts'
import { postureEnforcedOnTargets } from './posture-enforced-on-targets.ts'
import { postureIntegrationsExist } from './posture-integrations-exist.ts'
import { postureIntegrationsHealthy } from './posture-integrations-healthy.ts'
import { sentineloneAgentActive } from './sentinelone-agent-active.ts'
import { sentineloneAgentCurrent } from './sentinelone-agent-current.ts'
import { sentineloneAgentOperational } from './sentinelone-agent-operational.ts'
import { sentineloneAgentSeen } from './sentinelone-agent-seen.ts'
import { sentineloneDiskEncrypted } from './sentinelone-disk-encrypted.ts'
import { sentineloneFirewallControlOn } from './sentinelone-firewall-control-on.ts'
import { sentineloneNoActiveThreats } from './sentinelone-no-active-threats.ts'
import { sentineloneNotInfected } from './sentinelone-not-infected.ts'
import { sentineloneNotIsolated } from './sentinelone-not-isolated.ts'
import { sharedAccountsApproved } from './shared-accounts-approved.ts'
import { sourcesAreFresh } from './sources-are-fresh.ts'
import { sourcesReadCompletely } from './sources-read-completely.ts'
import { storedEvidenceVerifies } from './stored-evidence-verifies.ts'
import { tailnetPosturesMet } from './tailnet-postures-met.ts'
import { vendorAnswersUnderstood } from './vendor-answers-understood.ts'

export const checks: readonly Check[] = [
  sourcesReadCompletely,
  sourcesAreFresh,
  populationsReconcile,
  fallsAreConfirmed,
  storedEvidenceVerifies,
  vendorAnswersUnderstood,
  crowdstrikeScorePresent,
  crowdstrikeScoreMeetsFloor,
  crowdstrikeSensorFullyFunctional,
  crowdstrikeSensorSeen,
  accountsBelongToPeople,
  offboardedAccessRemoved,
  leaversOwnNoDevices,
  leaversHoldNoCredentials,
  accessRulesDeclared,
  accountRolesValid,
  administratorsAreFew,
  newAccountsNeedApproval,
  approvalsArePrompt,
  idleAccountsRemoved,
  sharedAccountsApproved,
  mfaOnForEveryone,
  kandjiMdmEnrolled,
  kandjiAgentInstalled,
  kandjiDeviceCheckedIn,
  postureIntegrationsExist,
  postureIntegrationsHealthy,
  edrOnEveryDevice,
  mdmOnEveryComputer,
  postureCopyAgrees,
  tailnetPosturesMet,
  postureEnforcedOnTargets,
  devicesTrusted,
  sentineloneAgentActive,
  sentineloneAgentOperational,
  sentineloneNoActiveThreats,
  sentineloneNotInfected,
  sentineloneFirewallControlOn,
  sentineloneDiskEncrypted,
  sentineloneAgentCurrent,
  sentineloneAgentSeen,
  sentineloneNotIsolated,
]
