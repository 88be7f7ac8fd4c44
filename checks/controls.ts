/**
 * Which controls a check serves: one constant per topic, every id as its framework prints it, the primary one first.
 * Reported, never claimed: a check is evidence for a part of a control. Versions: SOC 2 TSC 2017 (points of focus 2022),
 * ISO/IEC 27001:2022, NIST SP 800-53 r5, NIST CSF 2.0, PCI DSS 4.0.1 (only where the tailnet reaches the cardholder
 * environment), HIPAA 45 CFR part 164, CIS Controls 8.1.
 */
import type { ControlId, Framework } from '../src/domain/check.ts'

type Mapping = Readonly<Record<Framework, string>>

/** Ids are divided by spaces; one in square brackets supports its control without testing it. */
function controls(mapping: Mapping): readonly ControlId[] {
  return (Object.entries(mapping) as [Framework, string][]).flatMap(([framework, ids]) =>
    ids.split(' ').map((text): ControlId => {
      const indirect = text.startsWith('[')
      const id = indirect ? text.slice(1, -1) : text
      return indirect ? { framework, id, indirect: true } : { framework, id }
    }),
  )
}

/** Every account has one accountable owner; shared identities are exceptions. */
export const accountIdentified = controls({
  soc2: 'CC6.1 CC6.2',
  iso27001: 'A.5.16 A.5.18',
  'nist-800-53': 'IA-4 IA-2 AC-2',
  'nist-csf': 'PR.AA-01',
  'pci-dss': '8.2.1 8.2.2',
  hipaa: '164.312(a)(2)(i)',
  cis: '5.1 5.5',
})

/** Credentials end with employment, within the time the policy sets. */
export const offboarded = controls({
  soc2: 'CC6.3 CC6.2',
  iso27001: 'A.5.18 A.6.5 [A.5.11]',
  'nist-800-53': 'PS-4 AC-2 AC-2(3) PS-5',
  'nist-csf': 'PR.AA-01 PR.AA-05',
  'pci-dss': '8.2.5 8.2.4',
  hipaa: '164.308(a)(3)(ii)(C)',
  cis: '6.2',
})

/** What a person may do follows from what they are there for. */
export const roleValid = controls({
  soc2: 'CC6.3 CC6.1',
  iso27001: 'A.5.15 A.5.18 A.8.2',
  'nist-800-53': 'AC-6 AC-2 AC-3',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.2.2 7.2.1 7.2.3',
  hipaa: '164.308(a)(4)(ii)(B)',
  cis: '6.8 5.4',
})

/** A declared and enforced model of access that denies by default. */
export const accessRule = controls({
  soc2: 'CC6.1 CC6.3',
  iso27001: 'A.5.15 A.8.3',
  'nist-800-53': 'AC-3 AC-2 SC-7(5)',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.3.1 7.3.3 7.2.1',
  hipaa: '164.308(a)(4)(i) 164.312(a)(1)',
  cis: '6.8 3.3 6.1',
})

/** Access is confirmed again from time to time by who owns it. */
export const accessReviewed = controls({
  soc2: 'CC6.2 CC6.3',
  iso27001: 'A.5.18',
  'nist-800-53': 'AC-2 AC-6(7)',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.2.4 7.2.5.1',
  hipaa: '164.308(a)(4)(ii)(C) 164.308(a)(1)(ii)(D)',
  cis: '6.8 5.1',
})

/** Remote access needs strong, central authentication. */
export const mfa = controls({
  soc2: 'CC6.1 CC6.6',
  iso27001: 'A.8.5 A.5.17',
  'nist-800-53': 'IA-2(1) IA-2(2) IA-2 AC-17',
  'nist-csf': 'PR.AA-03 PR.AA-04',
  'pci-dss': '8.4.3 8.4.1 8.4.2 8.5.1',
  hipaa: '164.312(d)',
  cis: '6.4 6.3 6.5 5.6 12.5',
})

/** Access that nobody uses is removed or disabled. */
export const inactiveAccounts = controls({
  soc2: 'CC6.2',
  iso27001: 'A.5.18 A.5.16',
  'nist-800-53': 'AC-2(3)',
  'nist-csf': 'PR.AA-01',
  'pci-dss': '8.2.6',
  hipaa: '164.308(a)(4)(ii)(C)',
  cis: '5.3',
})

/** Protection is deployed, running and not disabled. */
export const edrActive = controls({
  soc2: 'CC6.8 CC7.1 CC7.2',
  iso27001: 'A.8.7 A.8.1 A.8.16',
  'nist-800-53': 'SI-3 SI-4 CM-6',
  'nist-csf': 'DE.CM-09 PR.PS-05',
  'pci-dss': '5.2.1 5.3.2 5.3.5',
  hipaa: '164.308(a)(5)(ii)(B)',
  cis: '10.1 10.6 10.7 13.2 13.7',
})

/** Detections are acted on. */
export const noThreats = controls({
  soc2: 'CC7.2 CC7.3 CC6.8',
  iso27001: 'A.8.7 A.8.16',
  'nist-800-53': 'SI-3 SI-4 IR-4',
  'nist-csf': 'DE.CM-09',
  'pci-dss': '5.2.2 5.3.2',
  hipaa: '164.308(a)(6)(ii) 164.308(a)(5)(ii)(B)',
  cis: '10.7 10.1',
})

/** A lost device is not lost data. PCI DSS limits what disk encryption may be relied on for. */
export const diskEncrypted = controls({
  soc2: 'CC6.7 CC6.1',
  iso27001: 'A.8.1 A.8.24',
  'nist-800-53': 'SC-28(1) SC-28 AC-19(5)',
  'nist-csf': 'PR.DS-01',
  'pci-dss': '[3.5.1.2]',
  hipaa: '164.312(a)(2)(iv)',
  cis: '3.6',
})

/** Devices that also meet untrusted networks protect themselves. */
export const hostFirewall = controls({
  soc2: 'CC6.6 [CC6.8]',
  iso27001: 'A.8.1 A.8.20 A.8.9',
  'nist-800-53': 'SC-7(12) CM-6 CM-7',
  'nist-csf': 'PR.IR-01 PR.PS-01',
  'pci-dss': '1.5.1',
  hipaa: '[164.310(c)]',
  cis: '4.5',
})

/** A composite of configuration health; its threshold must be justified. */
export const ztaScore = controls({
  soc2: 'CC7.1 CC6.8 CC6.1',
  iso27001: 'A.8.9 A.8.1',
  'nist-800-53': 'CM-6 CA-7 AC-19',
  'nist-csf': 'PR.PS-01 DE.CM-09',
  'pci-dss': '[2.2.1] [1.5.1]',
  hipaa: '[164.308(a)(1)(ii)(B)]',
  cis: '13.5 4.1',
})

/** The device is known, managed, configurable and can be wiped. */
export const mdmEnrolled = controls({
  soc2: 'CC6.7 CC6.8 CC7.1',
  iso27001: 'A.8.1 A.5.9 A.8.9',
  'nist-800-53': 'AC-19 CM-8 CM-6',
  'nist-csf': 'ID.AM-01 ID.AM-08 PR.PS-01',
  'pci-dss': '12.5.1 1.5.1',
  hipaa: '164.310(d) 164.310(c)',
  cis: '1.1 1.2 4.1 4.11',
})

/** Access to sensitive destinations depends on the state of the device. */
export const postureEnforced = controls({
  soc2: 'CC6.6 CC6.1',
  iso27001: 'A.8.20 A.8.22 A.8.3 A.6.7',
  'nist-800-53': 'AC-17 AC-3 AC-19 AC-20 SC-7',
  'nist-csf': 'PR.AA-05 PR.IR-01 PR.AA-03',
  'pci-dss': '7.3.2 1.5.1',
  hipaa: '164.312(a)(1) [164.312(e)(1)]',
  cis: '13.5 12.7 6.7',
})

/** Credentials have a bounded life; one that does not expire is an exception. */
export const keysExpire = controls({
  soc2: 'CC6.1',
  iso27001: 'A.5.17 A.8.24',
  'nist-800-53': 'IA-5 SC-12 IA-3',
  'nist-csf': 'PR.AA-01 PR.AA-03',
  'pci-dss': '8.6.3 [8.2.7]',
  hipaa: '164.312(d) [164.308(a)(5)(ii)(D)]',
  cis: '[5.5]',
})

/** Nothing joins without authorisation; settings that drift are changes. */
export const approvals = controls({
  soc2: 'CC6.2 CC6.1 [CC8.1]',
  iso27001: 'A.5.18 A.8.9 A.8.20',
  'nist-800-53': 'AC-2 CM-6 CM-8(3) IA-3 CM-3',
  'nist-csf': 'PR.AA-01 PR.PS-01 ID.AM-01',
  'pci-dss': '7.2.3 8.2.4',
  hipaa: '164.308(a)(3)(ii)(A) 164.308(a)(4)(ii)(B)',
  cis: '1.2 6.1',
})

/** Changes by administrators and of credentials are recorded, protected and kept. */
export const auditLog = controls({
  soc2: 'CC7.2 CC7.3 [CC4.1]',
  iso27001: 'A.8.15 A.8.16 A.8.17',
  'nist-800-53': 'AU-12 AU-2 AU-3 AU-6 AU-9 AU-11 AU-8',
  'nist-csf': 'PR.PS-04 DE.CM-01 DE.CM-03',
  'pci-dss': '10.2.1 10.2.1.2 10.2.1.5 10.3.2 10.5.1 10.6.1',
  hipaa: '164.312(b) 164.308(a)(1)(ii)(D)',
  cis: '8.2 8.5 8.10 8.11 8.12 8.4',
})

/** Few, named, justified administrators. */
export const fewAdmins = controls({
  soc2: 'CC6.3 CC6.1',
  iso27001: 'A.8.2 A.5.3',
  'nist-800-53': 'AC-6(5) AC-6 AC-6(7) AC-2(7) AC-5',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.2.2 7.2.3 7.2.4',
  hipaa: '164.308(a)(4)(ii)(B)',
  cis: '5.4 6.8',
})

/** The inventory is the population of every device check. */
export const deviceIdentity = controls({
  soc2: 'CC6.1',
  iso27001: 'A.5.9 A.8.1',
  'nist-800-53': 'CM-8 IA-3',
  'nist-csf': 'ID.AM-01',
  'pci-dss': '12.5.1',
  hipaa: '164.310(d)',
  cis: '1.1',
})

/** Known flaws are patched in time. */
export const current = controls({
  soc2: 'CC7.1',
  iso27001: 'A.8.8',
  'nist-800-53': 'SI-2',
  'nist-csf': 'PR.PS-02',
  'pci-dss': '6.3.3',
  hipaa: '[164.308(a)(5)(ii)(B)]',
  cis: '7.4',
})

/** Only what is needed can be reached. */
export const narrowRules = controls({
  soc2: 'CC6.6',
  iso27001: 'A.8.20 A.8.22',
  'nist-800-53': 'AC-4 SC-7',
  'nist-csf': 'PR.IR-01',
  'pci-dss': '1.3.1',
  hipaa: '164.312(e)(1)',
  cis: '12.2',
})

/** A privileged remote session needs a fresh check of who opens it. */
export const privilegedSessions = controls({
  soc2: 'CC6.3',
  iso27001: 'A.8.2',
  'nist-800-53': 'AC-6 AC-17',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.2.2',
  hipaa: '164.312(a)(1)',
  cis: '5.4',
})

/** Changes are authorised and can be traced. */
export const policyChanges = controls({
  soc2: 'CC8.1',
  iso27001: 'A.8.32',
  'nist-800-53': 'CM-3',
  'nist-csf': 'PR.PS-01',
  'pci-dss': '1.2.2 6.5.1',
  hipaa: '[164.308(a)(8)]',
  cis: '4.1',
})

/** Nobody gets in unapproved. */
export const newAccess = controls({
  soc2: 'CC6.2',
  iso27001: 'A.5.18',
  'nist-800-53': 'AC-2',
  'nist-csf': 'PR.AA-05',
  'pci-dss': '7.2.3 8.2.4',
  hipaa: '164.308(a)(4)(ii)(B)',
  cis: '6.1',
})

/**
 * Notices reach somebody. The HIPAA standard has one paragraph, (a)(6)(i), which a reachable contact supports like the
 * other incident controls here and does not test.
 */
export const securityContact = controls({
  soc2: '[CC7.3]',
  iso27001: '[A.5.5]',
  'nist-800-53': 'SI-5',
  'nist-csf': '[ID.RA-08]',
  'pci-dss': '[12.10.1]',
  hipaa: '[164.308(a)(6)(i)]',
  cis: '17.2',
})

/** The proof of the proof. */
export const collectorHealth = controls({
  soc2: 'CC2.1 CC4.1 CC7.2',
  iso27001: 'A.5.33 A.5.36 [A.5.28]',
  'nist-800-53': 'CA-7 AU-9 AU-10 CA-2',
  'nist-csf': 'DE.CM-06',
  'pci-dss': '10.3.2 10.3.4 10.6.1',
  hipaa: '164.316(b) 164.312(c)(1)',
  cis: '8.4 8.10',
})
