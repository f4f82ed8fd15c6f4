/** What `--device-signals` says of a device: nothing that no device can be. */
import { expect, test } from '@jest/globals';
import { signalsFromOptions } from '../../../../src/cli/explain/device-from-options.ts';
import type { Snapshot } from '../../../../src/policy/revision/snapshot.ts';

const assurances = {
  encrypted: { signals: ['diskEncryption'] },
  healthy: { signals: ['managed', 'diskEncryption'], osVersion: { ios: '17.4', macos: '14' } },
  enrolled: { signals: ['registered'] },
  current: { osVersion: { ios: '17', macos: '14', windows: '10' } },
  newest: { osVersion: { ios: '18' } },
};
const believed = (...deviceSignals: readonly string[]) =>
  signalsFromOptions({ deviceSignals }, { settings: { deviceSignals: { assurances } } } as unknown as Snapshot);

test.each<[readonly string[], object]>([
  [[], {}],
  [['registered'], { registered: true, assurances: ['enrolled'] }],
  [['managed'], { registered: true, managed: true, assurances: ['enrolled'] }],
  [['encrypted'], { assurances: ['encrypted'] }],
  [['enrolled'], { registered: true, assurances: ['enrolled'] }],
  [['newest'], { assurances: ['current', 'newest'] }],
  [['current'], { assurances: ['current'] }],
  [['healthy'], { registered: true, managed: true, assurances: ['encrypted', 'healthy', 'enrolled', 'current'] }],
  // Two sources do not meet an assurance together.
  [['managed', 'encrypted'], { registered: true, managed: true, assurances: ['encrypted', 'enrolled'] }],
])('%j', (names, expected) => {
  expect(believed(...names)).toEqual(expected);
});

test('a name that the settings do not have is refused', () => {
  expect(() => believed('healty')).toThrow(/healthy/);
});
