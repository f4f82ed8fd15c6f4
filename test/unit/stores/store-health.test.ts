/** Whether a node says that its store cannot be relied on, from what probes of the store find. */
import { afterEach, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../../src/errors.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { keyringKey, storeAloneKey, writeProbeKey } from '../../../src/stores/keys.ts';
import { standAloneOp } from '../../../src/stores/redis/store-alone.ts';
import type { Store } from '../../../src/stores/store.ts';
import { StoreHealth } from '../../../src/stores/store-health.ts';
import { fakeStore } from '../../support/stores/fake-store.ts';
import { until } from '../../support/values/until.ts';

const running: StoreHealth[] = [];
afterEach(() => {
  for (const health of running.splice(0)) health.stop();
});

function watch(faults: Partial<Store>, patience = 0) {
  const alarms: string[] = [];
  const warnings: string[] = [];
  const store: Store = { ...withKeys(), ...faults };
  const health = new StoreHealth({
    store,
    warn: (text) => warnings.push(text),
    alarm: (error) => alarms.push(error.message),
    interval: 1,
    patience,
  });
  running.push(health);
  health.start();
  return { health, alarms, warnings };
}

function withKeys(): Store {
  const store = fakeStore();
  void store.commit([{ op: 'create', key: keyringKey, value: '{}' }]);
  return store;
}

const full = async () => {
  throw new StoreUnavailable('the disk is full');
};

test('a store that takes writes is fine', async () => {
  let probes = 0;
  const { health, alarms, warnings } = watch({
    ping: async () => {
      probes += 1;
    },
  });
  await until('some probes', () => probes > 20);
  expect([health.unreadyBecause(), alarms, warnings]).toEqual([undefined, [], []]);
});

test.each([
  ['answers no ping', { ping: full }],
  ['refuses writes', { commit: full }],
  ['has a part whose replicas lag behind', { confirm: full }],
] as const)('a store that %s: the reason, and one alarm', async (_, faults) => {
  let probes = 0;
  const counting = Object.fromEntries(
    Object.entries(faults).map(([verb, fail]) => [
      verb,
      () => {
        probes += 1;
        return fail();
      },
    ]),
  );
  const { health, alarms } = watch(counting);
  await until('some probes', () => probes > 5);
  expect([health.unreadyBecause(), alarms]).toEqual(['the disk is full', ['the disk is full']]);
});

test('a short failure is reported and changes nothing', async () => {
  let pings = 0;
  const ping = async () => {
    pings += 1;
    if (pings === 1) await full();
  };
  const { health, alarms, warnings } = watch({ ping }, 60_000);
  await until('a good probe', () => warnings.length > 0);
  expect([health.unreadyBecause(), alarms, warnings]).toEqual([
    undefined,
    ['the disk is full'],
    ['the store accepts writes again'],
  ]);
});

test('a store that comes back without its keys is not said to be fine', async () => {
  let pings = 0;
  const ping = async () => {
    pings += 1;
    if (pings === 1) await full();
  };
  const { warnings } = watch({ ...fakeStore(), ping });
  await until('a good probe', () => warnings.length > 0);
  expect(warnings).toEqual(['the store accepts writes again, but the keys are gone from it']);
});

test('settings that no longer hold count at once, until they are good again', async () => {
  let isSafe = false;
  const examine = async () => {
    if (!isSafe) throw new StoreUnavailable('Redis may evict counters');
    return ['appendonly is no'];
  };
  const { health, alarms, warnings } = watch({ examine }, 60_000);
  await until('a look at the settings', () => alarms.length > 0);
  expect(health.unreadyBecause()).toBe('Redis may evict counters');
  isSafe = true;
  await until('another look', () => warnings.includes('the settings of the store are good again'));
  expect([health.unreadyBecause(), alarms]).toEqual([undefined, ['Redis may evict counters']]);
  expect(warnings.filter((text) => text === 'appendonly is no')).toHaveLength(1);
});

test('a store that stands alone: one alarm and a warning, until it no longer does', async () => {
  const store = openEmbedded({ file: ':memory:' });
  const { health, alarms, warnings } = watch(store);
  await until('a probe', async () => (await store.load([writeProbeKey])).entries.get(writeProbeKey) !== undefined);
  expect(health.warning()).toBeUndefined();
  await store.commit([standAloneOp({ until: 1_800_000_000, by: 'ops' }, 60)]);
  await until('the alarm', () => alarms.length > 0);
  expect(alarms).toEqual([expect.stringMatching(/stands alone until 2027-01-15T08:00:00.000Z.*ops/)]);
  expect([health.warning(), health.unreadyBecause()]).toEqual([
    expect.stringMatching(/stands alone until 2027-01-15T08:00:00.000Z/),
    undefined,
  ]);
  expect(health.warning()).not.toContain('ops');
  await store.commit([{ op: 'delete', key: storeAloneKey }]);
  await until('the end', () => warnings.length > 0);
  expect([health.warning(), warnings]).toEqual([undefined, ['the store no longer stands alone']]);
});
