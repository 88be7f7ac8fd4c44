/** The first file that a person opens: what the packet is, how to verify it by hand, and what that proves. */

import type { Stamp } from '../domain/ledger.ts'
import { inclusionPath, PACKET, type PacketSummary, SSH_NAMESPACE, signerOf } from '../domain/packet.ts'
import type { Instant } from '../domain/time.ts'
import { isNearby } from '../lib/addresses.ts'
import { notLastNight, plain, population, type StoryFacts, tested, undetermined } from './readme-story.ts'

/** A line that a shell takes as it stands. Tests run every one of them. */
const command = (text: string): string => `    $ ${text}`

/** @param until up to when the period is told: its end, or its last run while it is not over */
export function readme(summary: PacketSummary, stamps: readonly Stamp[], until: Instant, facts: StoryFacts): string {
  const outside = stamps.filter(({ authority }) => !isNearby(authority))
  return `${[
    ...heading(summary, until),
    ...population(facts),
    ...tested(facts),
    ...undetermined(facts),
    ...notLastNight(facts, summary, outside, stamps.length - outside.length),
    ...inside(summary, stamps),
    ...byHand(summary),
    ...further(summary, stamps),
    ...proves(outside),
    ...missing(summary),
  ].join('\n')}\n`
}

function heading(
  { organization, demo, period, runs, last, sealed, software }: PacketSummary,
  until: Instant,
): string[] {
  const run = runs.find((each) => each.run === last)!
  const dates = runs.flatMap(({ asked, run: id, snapshotAt }) =>
    asked.map((at) => `  ${at}: run ${id}, state at ${snapshotAt}`),
  )
  return [
    'EVIDENCE PACKET',
    ...(demo ? ['DEMO: made-up organisation, simulated vendors. This is no evidence of anything real.'] : []),
    '',
    `Organisation  ${plain(organization.name)} (${organization.id})`,
    `Period        ${period.from} to ${period.to}`,
    ...(until < period.to ? ['              not over when this was written: told up to the last run'] : []),
    `Sealed runs   ${sealed} in the period; the last is ${last}, state at ${run.snapshotAt}`,
    `Written by    Exhibit ${software}`,
    ...(dates.length === 0 ? [] : ['', 'Dates asked for', ...dates]),
    '',
    'It holds what the connected systems answered, what precise yes-or-no questions made of it, and the ledger in which',
    'each run was sealed. It is no audit opinion: whether a control is effective is for the auditor to conclude.',
    '',
  ]
}

function inside({ runs }: PacketSummary, stamps: readonly Stamp[]): string[] {
  const several = runs.length > 1
  return [
    'WHAT IS INSIDE',
    '',
    'report.pdf                a rendering; where it and the JSON differ, the JSON wins. It carries the SHA-256 of the manifest',
    `                          without its own line: grep -v '  ${PACKET.report}$' ${PACKET.manifest} | sha256sum`,
    '                          as the keywords of the document’s properties:',
    `                          grep -aoE 'manifest [0-9a-f]{64}' ${PACKET.report}`,
    'period.json, period.csv   per check, control and criterion: population, tested, met, deviated, not determinable, longest gap',
    'results.json, .csv        the last run of the period, as sealed',
    'tests/<check>.csv         one row a subject of that run: actual, expected, status, reason, first failed, deadline, remedy, and',
    '                          the raw file with the JSON pointer (RFC 6901) or table row (RFC 7111) of each record read',
    'intervals.csv             pass, fail, unknown, not applicable of each check over the period; then each failure and unknown:',
    '                          first seen to last seen, deadline, closing cause, waiver',
    'coverage.csv              per source and check the share of the period that was evaluated, and each gap with its cause',
    'populations/<kind>.csv    everything that existed at any time of the period, one row each, first and last sight, why not judged',
    `populations/runs/         every record that ${several ? 'the last run and the dates asked for' : 'the last run'} knew, with all its fields`,
    'events/<kind>.csv         who and what came, went and changed: between which readings, and the vendor’s second and actor',
    '                          with the answer of its log that says so (vendorRaw; the event is auditEvent)',
    'events/leavers.csv        everybody who left: end, when the roster said so, deadline, removal, clock; and of each of these',
    '                          the reading in inputs/pulls/ and the answer in raw/ that shows it (columns …Pull and …Raw)',
    'events/pulls.csv          the readings on both sides of what happened; those packed are in inputs/pulls/ and raw/',
    'reviews.csv               every decision of the reviews of access, and when a reading showed it done',
    'samples/<draw>.json       drawn samples: frame and draw as sealed, the rows in their order',
    'samples/<frame>.txt       what each was drawn from, a key a line: sha256sum gives the digest that the frame’s leaf has, and',
    '                          the rows are the first of these keys by the SHA-256 of seed and key',
    'oscal-assessment-results.json, ocsf-findings.ndjson   the same results for other programs',
    'requests.csv              every call behind them: method, path, time, status, items, bytes, SHA-256; one line per other pull',
    'raw/<source>/<sha256>     the answers as received; the name is the SHA-256 of the bytes',
    'inputs/<run>.json         what else the verdicts rest on: settings, source states, entries by people, carried records',
    'inputs/days.ndjson        what each check came to in the last run of each day: the words that its results digest is over',
    'inputs/settings/          each configuration that judged a run of the period, by the digest that its leaf names',
    'inputs/pulls/             the readings of events/pulls.csv: the listings that show it whole, of the others their digests',
    'checks/<id>.json          the text of each rule, its version, its parameters, its mapping to controls',
    'controls.csv              the organisation’s controls and the frameworks: which check bears on which, by our mapping',
    'configuration.csv         each change of settings, checks or software in the period: when, by whom, from what to what,',
    '                          and how many results and subjects all changes of that leaf together turned',
    'waivers.csv, attestations.csv, audit-log.csv   what people accepted, answered and did',
    'ledger/leaves.ndjson      every leaf of the ledger, one a line, from the first on',
    'ledger/checkpoint.txt     the signed checkpoint that this packet rests on; checkpoints.txt has those of the period',
    'ledger/inclusion/         per run the proof that its leaf is under that checkpoint (RFC 6962, C2SP tlog-proof)',
    'ledger/consistency.json   proofs that earlier checkpoints of the period are of the same ledger',
    ...(stamps.length === 0
      ? []
      : ['ledger/timestamps/        what an outside authority answered, as received (RFC 3161)']),
    'packet.json               the same facts as above this list, for programs',
    'manifest.sha256           the SHA-256 of every file but itself, its signatures (.sig, .sshsig) and public-key.pem',
    '',
  ]
}

function byHand({ organization, fingerprint, checkpoint }: PacketSummary): string[] {
  const ssh = `ssh-keygen -Y verify -f ${PACKET.allowedSigners} -I ${signerOf(organization.id)} -n ${SSH_NAMESPACE}`
  return [
    'VERIFY BY HAND',
    '',
    'With sha256sum, openssl 3 and ssh-keygen, in the folder where the packet was unpacked. Lines after $ go into a shell.',
    '',
    '1. No file was changed ("OK" on every line; on macOS: shasum -a 256 -c):',
    '',
    command(`sha256sum -c ${PACKET.manifest}`),
    '',
    '2. No file was added (prints nothing):',
    '',
    command(
      `find . -type f ! -name 'manifest.sha256*' ! -name ${PACKET.publicKey} | sed 's|^\\./||' | while read -r f; do cut -c 67- ${PACKET.manifest} | grep -qxF "$f" || echo "not listed: $f"; done`,
    ),
    '',
    '3. The manifest is signed by the key in the packet. Either of the two is enough:',
    '',
    command(
      `openssl pkeyutl -verify -rawin -pubin -inkey ${PACKET.publicKey} -sigfile ${PACKET.signature} -in ${PACKET.manifest}`,
    ),
    command(`${ssh} -s ${PACKET.sshSignature} < ${PACKET.manifest}`),
    '',
    '4. That key is the organisation’s. Compare what this prints with a fingerprint that you have from elsewhere, by',
    '   telephone, from an earlier report or packet; the one printed below was written by whoever wrote this file:',
    '',
    command(`openssl pkey -pubin -in ${PACKET.publicKey} -outform DER | sha256sum`),
    '',
    `   ${fingerprint}`,
    '',
    '5. The checkpoint is signed by the same key ("Signature Verified Successfully"):',
    '',
    command(
      `T=$(mktemp -d); head -n 3 ${PACKET.checkpoint} > "$T/text"; sed -n '5s/.* //p' ${PACKET.checkpoint} | base64 -d | tail -c 64 > "$T/sig"; openssl pkeyutl -verify -rawin -pubin -inkey ${PACKET.publicKey} -sigfile "$T/sig" -in "$T/text"`,
    ),
    '',
    `   It names ${checkpoint.size} leaves and their root. Keep it: whoever shows you another ledger later must prove that it`,
    '   continues this one.',
    '',
  ]
}

function further({ runs, last }: PacketSummary, stamps: readonly Stamp[]): string[] {
  const { leaf } = runs.find((each) => each.run === last)!
  const leafHash = `{ printf '\\000'; sed -n ${leaf + 1}p ${PACKET.leaves} | tr -d '\\n'; } | sha256sum`
  const lines = [
    `6. The hash of the last run’s leaf, number ${leaf} counted from 0 (RFC 6962: SHA-256 of a zero byte and the line without its`,
    `   end). Compare it with the leaf that ${PACKET.report} names where it tells how it was sealed; step 7 leads from it to the root:`,
    '',
    command(leafHash),
    '',
    '7. That leaf lies under the checkpoint (RFC 9162 section 2.1.3.2; with xxd). Prints the root made of the leaf and its proof,',
    '   then the root that the checkpoint names; the two are the same:',
    '',
    command(
      `H=$(${leafHash} | cut -c -64); I=$(sed -n 's/^index //p' ${inclusionPath(last)}) N=$(($(sed -n 2p ${PACKET.checkpoint}) - 1)); for P in $(sed -n '3,/^$/p' ${inclusionPath(last)}); do P=$(echo "$P" | base64 -d | xxd -p -c 32); if [ $((I % 2)) = 1 ] || [ $I = $N ]; then D=$P$H; while [ $((I % 2)) = 0 ] && [ $I != 0 ]; do I=$((I / 2)) N=$((N / 2)); done; else D=$H$P; fi; I=$((I / 2)) N=$((N / 2)); H=$(echo "01$D" | xxd -r -p | sha256sum | cut -c -64); done; echo $H; sed -n 3p ${PACKET.checkpoint} | base64 -d | xxd -p -c 32`,
    ),
    '',
    '8. The readings in inputs/pulls are those that the leaves of their runs name, with jq: the digest of a pull is over how it',
    '   ended and the digests of its listings, that of a listing over its calls and pages, whose SHA-256 names the file in raw/.',
    '   Both print nothing. jq writes canonical JSON (RFC 8785) of ASCII text and whole numbers; of other text it may differ:',
    '',
    command(
      `for F in $(find inputs -path '*/pulls/*.json' | sort); do D=$(jq -cS '{source, kind, listings} + .pull' "$F" | tr -d '\\n' | sha256sum | cut -c -64); L=$(jq -r --slurpfile f "$F" 'select(.id == $f[0].run) | .sources[] | select(.id == $f[0].source) | .pull' ${PACKET.leaves}); [ "$D" = "$L" ] || echo "not as sealed: $F"; done`,
    ),
    command(
      `for F in $(find inputs -path '*/pulls/*.json' | sort); do jq -cS '.shown[] | {listing, at, requests: [.requests[] | [.place, .request, .host, .address, .certificate, .startedAt, .durationMs, .status, .bytes, .sha256, .date, .requestId, .error]], pages: [.pages[] | [.source, .place, .request, .sha256, .status, .headers, .secret, .fetchedAt]]}' "$F" | while read -r L; do D=$(printf %s "$L" | sha256sum | cut -c -64); grep -q "$D" "$F" || echo "not as sealed: $F"; done; done`,
    ),
    '',
  ]
  const stamp = stamps.at(-1)
  if (stamp !== undefined) {
    const base = `ledger/timestamps/${stamp.size}`
    lines.push(
      '9. An outside authority saw a checkpoint, and when. tsa-ca.pem is the authority’s certificate; it is not in here, for whoever',
      'wrote the packet could have written it too: get it from the authority itself. The newest stamp:',
      '',
      `    openssl ts -verify -data ${base}.txt -in ${base}-1.tsr -CAfile tsa-ca.pem`,
      `    openssl ts -reply -in ${base}-1.tsr -text | grep 'Time stamp'`,
      '',
      'Each of them:',
      '',
      '    for F in ledger/timestamps/*.tsr; do openssl ts -verify -data "${F%-*}.txt" -in "$F" -CAfile tsa-ca.pem; done',
      '',
    )
  }
  return [
    ...lines,
    'With Exhibit itself, offline, without configuration: it checks all of this, every leaf and proof, and works the results',
    'out again from the raw answers:',
    '',
    '    exhibit verify PACKET.zip --fingerprint <the fingerprint that you have from elsewhere>',
    '',
  ]
}

function proves(stamps: readonly Stamp[]): string[] {
  return [
    'WHAT THIS PROVES, AND WHAT IT DOES NOT',
    '',
    'The signature shows that the packet is unchanged since it was signed, by whoever held the key. It does not show that',
    'what was sealed is true, nor when it was signed. The ledger shows that runs were sealed one after another and that none',
    'was changed or left out since, as far as somebody outside has seen a checkpoint.',
    '',
    'Whoever holds both the host and the signing key could write the whole history anew, from its first leaf on, and sign it.',
    'What they cannot do is make it agree with a checkpoint that has left the machine: one that you received earlier, that',
    'was printed on an earlier report, or that an outside authority has stamped.',
    stamps.length === 0
      ? 'NOT ANCHORED: no outside authority stamped a checkpoint of this period up to the one that this packet rests on.'
      : `Outside stamps in this packet: ${stamps.length}; the newest is over ${stamps.at(-1)!.size} leaves, by ${stamps.at(-1)!.authority} at ${stamps.at(-1)!.stampedAt}. Later leaves are not anchored by it.`,
    '',
    'The systems that were read are believed: where a vendor is mistaken about a device, so is this packet.',
    '',
  ]
}

function missing({ missing, runs }: PacketSummary): string[] {
  const secret = missing.filter(({ because }) => because === 'secret').length
  const gone = missing.length - secret
  return [
    'WHAT IS NOT HERE',
    '',
    missing.length === 0
      ? 'Every answer that the packed runs rest on is in raw/.'
      : `Answers that hold secrets (invitation links and the like) are never kept: ${secret}. Answers that were kept and are deleted by now: ${gone}. packet.json names each; their records are in inputs/.`,
    'Calls that fetched a token are in requests.csv without a digest.',
    ...(gone === 0
      ? []
      : [
          'Where answers are gone, results are worked out again from the sealed records, not from bytes:',
          ...runs
            .filter(({ fromRecords }) => fromRecords.length > 0)
            .map(({ run, fromRecords }) => `  run ${run}: ${fromRecords.join(', ')} re-performed from records`),
        ]),
    '',
    'PERSONAL DATA AND HOW LONG IT IS KEPT',
    '',
    'Records hold the fields that a check, a page or an export uses; raw/ holds what the vendors sent, names and addresses of',
    'people among it, because a verdict can be made again from nothing less. Keep the packet as you keep personnel data.',
    'The installation keeps answers and history for the time of its retention rule, 25 months unless it says otherwise; each',
    'deletion by it is a leaf of the ledger (kind retention in audit-log.csv). What was handed out, to whom and when, is a leaf',
    'of kind export there; that of this very packet comes after its checkpoint and is in the next one.',
    'The mapping of checks to controls and criteria in controls.csv is ours, a proposal and no statement of a framework’s body.',
  ]
}
