import { expect, test } from 'vitest'
import { briefly, finding } from '../../src/domain/finding.ts'
import { perDevice } from '../../src/domain/per-device.ts'
import type { Device } from '../../src/domain/record.ts'
import { attributes, device, snapshotOf } from '../helpers/build.ts'

const devices = ['n1', 'n2', 'n3'].map((key) => device({ key }))

test('what is worked out of a device is worked out once, in whatever order it is asked for', () => {
  const asked: string[] = []
  const keyOf = perDevice((_snapshot, { key }) => {
    asked.push(key)
    return key
  })
  const snapshot = snapshotOf(devices)
  const [one, two, three] = snapshot.of('device') as [Device, Device, Device]
  const order = [one, two, three, three, one, three, two]
  expect(order.map((each) => keyOf(snapshot, each))).toEqual(order.map(({ key }) => key))
  expect(asked).toEqual(['n1', 'n2', 'n3'])
})

test('a device of another snapshot gets its own answer', () => {
  const keyOf = perDevice((_snapshot, { key }) => key)
  expect(keyOf(snapshotOf(devices), device({ key: 'n9' }))).toBe('n9')
})

test('a record is found by its key in whatever order it is asked for, and one that is not there is not', () => {
  const snapshot = snapshotOf(['n1', 'n2', 'n4'].map((key) => attributes({ key })))
  const source = snapshot.of('attributes')[0]!.source
  const found = (key: string) => snapshot.one('attributes', source, key)?.key ?? null
  const wanted = ['n1', 'n2', 'n3', 'n4', 'n1', 'n4', 'n2', 'n2', 'n3']
  expect(wanted.map(found)).toEqual(wanted.map((key) => (key === 'n3' ? null : key)))
})

test('what speaks for a pass is made again when it is asked for; a failure keeps its own', () => {
  let made = 0
  const judge = (status: 'pass' | 'fail') => (of: Device) => {
    made++
    return finding(status, of, { facts: { name: of.key }, notice: 'looked at', with: [devices[1]!] })
  }
  const read = (status: 'pass' | 'fail') => {
    const { facts, notice, records } = briefly(judge(status), devices[0]!)
    return { facts, notice, records: records.length }
  }
  const wanted = { facts: { name: 'n1' }, notice: 'looked at', records: 2 }
  expect([read('pass'), made]).toEqual([wanted, 2])
  expect([read('fail'), made]).toEqual([wanted, 3])
})
