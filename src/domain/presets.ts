/**
 * NetBird's criteria for a SentinelOne agent as posture conditions,
 * https://docs.netbird.io/manage/access-control/endpoint-detection-and-response. NetBird's time window is the source's
 * `syncWindow`; another limit of threats is a posture of one's own.
 */
export const PRESETS: ReadonlyMap<string, readonly string[]> = new Map([
  ['netbird:threats', ['sentinelOne:activeThreats == 0']],
  ['netbird:encryption', ['sentinelOne:encryptedApplications == true']],
  // SentinelOne's Firewall Control, not the firewall of the operating system.
  ['netbird:firewall', ['sentinelOne:firewallEnabled == true']],
  ['netbird:not-infected', ['sentinelOne:infected == false']],
  ['netbird:connected', ["sentinelOne:networkStatus == 'connected'"]],
  // One switch in NetBird's console, two fields in its API.
  ['netbird:active', ['sentinelOne:isActive == true', "sentinelOne:operationalState == 'na'"]],
  ['netbird:latest', ['sentinelOne:isUpToDate == true']],
])
