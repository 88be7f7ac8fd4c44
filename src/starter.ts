/** What `init` writes: a starter that is valid once the credentials are in the environment, with every choice explained. */
const config = `# Exhibit's configuration. An unknown key is an error; every time below is the default unless it says otherwise.
# \${NAME} reads the environment and \${file:PATH} a file, in credentials, URLs and paths only.
# "exhibit init --schema" prints the JSON Schema of this file for your editor.

organization:
  id: acme                      # short name, used in exports
  name: Acme Corp
  timeZone: UTC                 # IANA zone in which a roster's end date ends

# data: ./data                  # database and evidence; rights 0700
# schedule: { every: 15m }
# freshness: 60m                # an older reading makes its checks "not evaluated"

sources:
  # Tailscale. Least rights: an OAuth client with read scopes only (listed by "exhibit init").
  - id: tailnet
    kind: tailscale
    tailnet: "-"                # "-" is the credential's own tailnet
    credential: { clientId: "\${TS_CLIENT_ID}", clientSecret: "\${TS_CLIENT_SECRET}" }   # or { apiToken: "\${TS_TOKEN}" }
    # webhookSecret: "\${TS_WEBHOOK_SECRET}"   # Tailscale's webhook to /hooks/tailscale/tailnet then starts a reading at once

  # Who the organisation employs; the columns are in people.csv beside this file.
  - { id: roster, kind: csv, path: people.csv }

  # Device posture: uncomment the vendors that you have.
  # - { id: edr, kind: sentinelone, baseUrl: "https://acme.sentinelone.net", credential: { apiToken: "\${S1_TOKEN}" }, syncWindow: 24h }
  # - { id: falcon, kind: crowdstrike, baseUrl: "https://api.us-2.crowdstrike.com", credential: { clientId: "\${FALCON_ID}", clientSecret: "\${FALCON_SECRET}" } }
  # - { id: mdm, kind: kandji, baseUrl: "https://acme.api.kandji.io", credential: { apiToken: "\${KANDJI_TOKEN}" } }

people:
  # Logins that are no mail address of the roster, and accounts that belong to nobody.
  aliases: {}                   # { "alice@github": alice@acme.example }
  serviceAccounts: []           # [ci@acme.example]

# Who may have which role, and how fast a leaver must be out. An account is valid when one line matches.
criticalSystems:
  - id: tailnet
    source: tailnet
    access:
      - { roles: [member] }
      - { roles: [owner, admin, it-admin, network-admin], people: { department: [IT, Security] } }
    offboarding: { within: 24h }

# When a device is trusted, in Tailscale's posture language. Uncomment what fits your vendors.
# deviceTrust:
#   scope: { os: [macos, windows, linux], tagged: false }
#   postures:
#     edr: ["sentinelOne:activeThreats == 0", "sentinelOne:infected == false", "sentinelOne:operationalState == 'na'"]
#     score: ["falcon:ztaScore >= 70"]
#     mdm: ["kandji:mdmEnabled == true", "kandji:agentInstalled == true"]
#   require: { allOf: [mdm], anyOf: [edr, score] }

# checks:
#   idle-accounts-removed: { params: { maxIdle: 90d } }
#   mfa-on-for-everyone: { enabled: false, because: "judged at the identity provider" }

# Your own checks (README.md says how they look); their files run with this program's rights.
# checksFolder: ./our-checks

# Your own list of controls; reports group by it first.
# controls:
#   - { id: AC-07, text: "Access of leavers is removed within one day", owner: it@acme.example, criteria: { soc2: [CC6.2, CC6.3] }, checks: [ID-02, ID-03, ID-04] }
`

const roster = `email,name,status,start_date,end_date,department,title,manager,type,mfa,aliases
alice@acme.example,Alice Example,active,2024-03-01,,IT,IT lead,,employee,true,alice@github
`

export const starter = { config, roster }
