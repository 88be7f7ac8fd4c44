import { defineCheck } from '../src/domain/check.ts'
import { judgeAttribute } from '../src/domain/device-checks.ts'
import { sentences } from '../src/domain/sentence.ts'
import { diskEncrypted } from './controls.ts'

export const nodeStateEncrypted = defineCheck({
  id: 'node-state-encrypted',
  ref: 'DEV-15',
  version: 1,
  title: 'The client’s own state is encrypted',
  question: 'Does the Tailscale client of every device in scope keep its keys encrypted?',
  why: 'Whoever copies the state of a client is that device in the network. Encrypted by the machine’s own chip, a copy is worth nothing elsewhere. Clients say so from version 1.86 on.',
  remediation:
    'Update the client to 1.86 or later and switch state encryption on: "tailscaled --encrypt-state" on Linux, the system policy EncryptState on Windows and macOS.',
  severity: 'low',
  controls: diskEncrypted,
  needs: [{ kind: 'device' }, { kind: 'attributes' }],
  run: (snapshot) =>
    judgeAttribute(snapshot, 'node:tsStateEncrypted', (_device, encrypted) =>
      typeof encrypted === 'boolean'
        ? { status: encrypted ? 'pass' : 'fail', facts: { stateEncrypted: encrypted } }
        : null,
    ),
  say: sentences({
    pass: ({ subject }) => `The client of ${subject.label} keeps its state encrypted.`,
    fail: ({ subject }) => `The client of ${subject.label} keeps its state unencrypted; switch state encryption on.`,
    remedies: { no_data: 'clients before 1.86 do not say it: update the client, then collect again' },
  }),
})
