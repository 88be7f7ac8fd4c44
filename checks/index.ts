/** Every check, by ref: a new one is a file here, an import and a name. */
import type { Check } from '../src/domain/check.ts'
import { accessReviewedInTime } from './access-reviewed-in-time.ts'
import { accessRulesDeclared } from './access-rules-declared.ts'
import { accountRolesValid } from './account-roles-valid.ts'
import { accountsBelongToPeople } from './accounts-belong-to-people.ts'
import { administratorsAreFew } from './administrators-are-few.ts'
import { approvalsArePrompt } from './approvals-are-prompt.ts'
import { auditLogAgrees } from './audit-log-agrees.ts'
import { auditLogDelivered } from './audit-log-delivered.ts'
import { auditLogStreamed } from './audit-log-streamed.ts'
import { authKeysExpire } from './auth-keys-expire.ts'
import { authKeysRespectApproval } from './auth-keys-respect-approval.ts'
import { authKeysShortLived } from './auth-keys-short-lived.ts'
import { authKeysSingleUse } from './auth-keys-single-use.ts'
import { autoApproversNarrow } from './auto-approvers-narrow.ts'
import { autoUpdatesOn } from './auto-updates-on.ts'
import { breakGlassTested } from './break-glass-tested.ts'
import { clientAboveFloor } from './client-above-floor.ts'
import { clientCurrent } from './client-current.ts'
import { contractorAccessEnds } from './contractor-access-ends.ts'
import { credentialsOwnedAndNarrow } from './credentials-owned-and-narrow.ts'
import { crowdstrikeScoreMeetsFloor } from './crowdstrike-score-meets-floor.ts'
import { crowdstrikeScorePresent } from './crowdstrike-score-present.ts'
import { crowdstrikeSensorFullyFunctional } from './crowdstrike-sensor-fully-functional.ts'
import { crowdstrikeSensorSeen } from './crowdstrike-sensor-seen.ts'
import { customAttributesNearExpiry } from './custom-attributes-near-expiry.ts'
import { dangerAllUnused } from './danger-all-unused.ts'
import { deviceInventory } from './device-inventory.ts'
import { deviceKeysExpire } from './device-keys-expire.ts'
import { deviceKeysRenewed } from './device-keys-renewed.ts'
import { deviceOddities } from './device-oddities.ts'
import { devicesAuthorized } from './devices-authorized.ts'
import { devicesPerPerson } from './devices-per-person.ts'
import { devicesReportSerials } from './devices-report-serials.ts'
import { devicesTrusted } from './devices-trusted.ts'
import { dutiesAreSplit } from './duties-are-split.ts'
import { edrOnEveryDevice } from './edr-on-every-device.ts'
import { endUserDevicesUntagged } from './end-user-devices-untagged.ts'
import { exceptionsAreCurrent } from './exceptions-are-current.ts'
import { externalDevicesApproved } from './external-devices-approved.ts'
import { externalJoiningRestricted } from './external-joining-restricted.ts'
import { failedSignInsMonitored } from './failed-sign-ins-monitored.ts'
import { fallsAreConfirmed } from './falls-are-confirmed.ts'
import { flowLogsOn } from './flow-logs-on.ts'
import { funnelLimited } from './funnel-limited.ts'
import { groupsAreCurrent } from './groups-are-current.ts'
import { identityCollectionOn } from './identity-collection-on.ts'
import { idleAccountsRemoved } from './idle-accounts-removed.ts'
import { integrationsMatchHosts } from './integrations-match-hosts.ts'
import { invitesAreRecent } from './invites-are-recent.ts'
import { kandjiAgentInstalled } from './kandji-agent-installed.ts'
import { kandjiDeviceCheckedIn } from './kandji-device-checked-in.ts'
import { kandjiDeviceCompliant } from './kandji-device-compliant.ts'
import { kandjiMdmEnrolled } from './kandji-mdm-enrolled.ts'
import { keyLifetimeShort } from './key-lifetime-short.ts'
import { leaversHoldNoCredentials } from './leavers-hold-no-credentials.ts'
import { leaversOwnNoDevices } from './leavers-own-no-devices.ts'
import { ledgerAnchoredOutside } from './ledger-anchored-outside.ts'
import { managedDevicesMeet } from './managed-devices-meet.ts'
import { mdmOnEveryComputer } from './mdm-on-every-computer.ts'
import { memberRulesReviewed } from './member-rules-reviewed.ts'
import { mfaOnForEveryone } from './mfa-on-for-everyone.ts'
import { networkFeatures } from './network-features.ts'
import { newAccessAuthorised } from './new-access-authorised.ts'
import { newAccountsNeedApproval } from './new-accounts-need-approval.ts'
import { newDevicesNeedApproval } from './new-devices-need-approval.ts'
import { noAllowAll } from './no-allow-all.ts'
import { nodeStateEncrypted } from './node-state-encrypted.ts'
import { offboardedAccessRemoved } from './offboarded-access-removed.ts'
import { ownCredentialsSound } from './own-credentials-sound.ts'
import { policyChangesControlled } from './policy-changes-controlled.ts'
import { policyHasTests } from './policy-has-tests.ts'
import { policyMakeup } from './policy-makeup.ts'
import { populationsReconcile } from './populations-reconcile.ts'
import { postureCopyAgrees } from './posture-copy-agrees.ts'
import { postureEnforcedOnTargets } from './posture-enforced-on-targets.ts'
import { postureIntegrationsExist } from './posture-integrations-exist.ts'
import { postureIntegrationsHealthy } from './posture-integrations-healthy.ts'
import { raisedRolesApproved } from './raised-roles-approved.ts'
import { reusableKeysLeaveNoTrace } from './reusable-keys-leave-no-trace.ts'
import { rosterSound } from './roster-sound.ts'
import { routesApproved } from './routes-approved.ts'
import { secretsRotated } from './secrets-rotated.ts'
import { securityContactVerified } from './security-contact-verified.ts'
import { sentineloneAgentActive } from './sentinelone-agent-active.ts'
import { sentineloneAgentCurrent } from './sentinelone-agent-current.ts'
import { sentineloneAgentInService } from './sentinelone-agent-in-service.ts'
import { sentineloneAgentOperational } from './sentinelone-agent-operational.ts'
import { sentineloneAgentSeen } from './sentinelone-agent-seen.ts'
import { sentineloneDiskEncrypted } from './sentinelone-disk-encrypted.ts'
import { sentineloneFirewallControlOn } from './sentinelone-firewall-control-on.ts'
import { sentineloneNoActiveThreats } from './sentinelone-no-active-threats.ts'
import { sentineloneNotInfected } from './sentinelone-not-infected.ts'
import { sentineloneNotIsolated } from './sentinelone-not-isolated.ts'
import { serialsAreUnique } from './serials-are-unique.ts'
import { serversAreTagged } from './servers-are-tagged.ts'
import { sharedAccountsApproved } from './shared-accounts-approved.ts'
import { sourcesAreFresh } from './sources-are-fresh.ts'
import { sourcesReadCompletely } from './sources-read-completely.ts'
import { sshNonrootNotOnTagged } from './ssh-nonroot-not-on-tagged.ts'
import { sshRootNeedsCheck } from './ssh-root-needs-check.ts'
import { sshSessionsRecorded } from './ssh-sessions-recorded.ts'
import { stableReleaseTrack } from './stable-release-track.ts'
import { staleDevicesRemoved } from './stale-devices-removed.ts'
import { storedEvidenceVerifies } from './stored-evidence-verifies.ts'
import { suspendedAccountsRemoved } from './suspended-accounts-removed.ts'
import { tagOwnersNarrow } from './tag-owners-narrow.ts'
import { taggedKeyExpiryAccepted } from './tagged-key-expiry-accepted.ts'
import { tailnetLockOn } from './tailnet-lock-on.ts'
import { tailnetLockUnbroken } from './tailnet-lock-unbroken.ts'
import { tailnetPosturesMet } from './tailnet-postures-met.ts'
import { vendorAnswersUnderstood } from './vendor-answers-understood.ts'
import { webhooksSound } from './webhooks-sound.ts'

export const checks: readonly Check[] = [
  noAllowAll,
  dangerAllUnused,
  tagOwnersNarrow,
  autoApproversNarrow,
  policyHasTests,
  groupsAreCurrent,
  memberRulesReviewed,
  policyChangesControlled,
  policyMakeup,
  sourcesReadCompletely,
  sourcesAreFresh,
  populationsReconcile,
  fallsAreConfirmed,
  storedEvidenceVerifies,
  vendorAnswersUnderstood,
  exceptionsAreCurrent,
  ledgerAnchoredOutside,
  auditLogAgrees,
  crowdstrikeScorePresent,
  crowdstrikeScoreMeetsFloor,
  crowdstrikeSensorFullyFunctional,
  crowdstrikeSensorSeen,
  devicesAuthorized,
  newDevicesNeedApproval,
  deviceKeysExpire,
  taggedKeyExpiryAccepted,
  keyLifetimeShort,
  deviceKeysRenewed,
  clientCurrent,
  clientAboveFloor,
  autoUpdatesOn,
  stableReleaseTrack,
  staleDevicesRemoved,
  externalDevicesApproved,
  endUserDevicesUntagged,
  serversAreTagged,
  nodeStateEncrypted,
  tailnetLockOn,
  tailnetLockUnbroken,
  identityCollectionOn,
  devicesReportSerials,
  serialsAreUnique,
  deviceInventory,
  deviceOddities,
  accountsBelongToPeople,
  offboardedAccessRemoved,
  leaversOwnNoDevices,
  leaversHoldNoCredentials,
  accessRulesDeclared,
  accountRolesValid,
  administratorsAreFew,
  dutiesAreSplit,
  newAccountsNeedApproval,
  approvalsArePrompt,
  idleAccountsRemoved,
  suspendedAccountsRemoved,
  externalJoiningRestricted,
  sharedAccountsApproved,
  invitesAreRecent,
  mfaOnForEveryone,
  raisedRolesApproved,
  contractorAccessEnds,
  devicesPerPerson,
  accessReviewedInTime,
  breakGlassTested,
  newAccessAuthorised,
  rosterSound,
  authKeysExpire,
  authKeysShortLived,
  authKeysSingleUse,
  authKeysRespectApproval,
  reusableKeysLeaveNoTrace,
  credentialsOwnedAndNarrow,
  ownCredentialsSound,
  secretsRotated,
  kandjiMdmEnrolled,
  kandjiAgentInstalled,
  kandjiDeviceCheckedIn,
  kandjiDeviceCompliant,
  auditLogStreamed,
  auditLogDelivered,
  flowLogsOn,
  securityContactVerified,
  webhooksSound,
  failedSignInsMonitored,
  funnelLimited,
  routesApproved,
  networkFeatures,
  postureIntegrationsExist,
  postureIntegrationsHealthy,
  integrationsMatchHosts,
  edrOnEveryDevice,
  mdmOnEveryComputer,
  managedDevicesMeet,
  postureCopyAgrees,
  tailnetPosturesMet,
  postureEnforcedOnTargets,
  customAttributesNearExpiry,
  devicesTrusted,
  sentineloneAgentActive,
  sentineloneAgentOperational,
  sentineloneNoActiveThreats,
  sentineloneNotInfected,
  sentineloneFirewallControlOn,
  sentineloneDiskEncrypted,
  sentineloneAgentCurrent,
  sentineloneAgentSeen,
  sentineloneAgentInService,
  sentineloneNotIsolated,
  sshRootNeedsCheck,
  sshNonrootNotOnTagged,
  sshSessionsRecorded,
]
