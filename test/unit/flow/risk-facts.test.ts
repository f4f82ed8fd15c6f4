/** What is unusual about a sign-in: compared with what was usual before the session began. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { RiskSignal } from '../../../src/core/model/risk.ts';
import { kilometresBetween } from '../../../src/flow/facts/geography.ts';
import { type ComparedSignIn, pastKeys, unusualFacts } from '../../../src/flow/facts/risk-facts.ts';
import type { PlaceOfAddress } from '../../../src/policy/revision/network-files.ts';
import type { Snapshot } from '../../../src/policy/revision/snapshot.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../src/stores/store.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { recordInHistory } from '../../../src/users/history/sign-in-history.ts';
import { networkPrefix, recordFailure, recordUsualNetwork } from '../../../src/users/history/usual-places.ts';
import { riskScoring } from '../../core/support/fixtures.ts';

const vienna = '192.0.2.7';
const linz = '198.51.100.7';
const lisbon = '203.0.113.7';
const office = '10.0.0.7';
const places: Readonly<Record<string, PlaceOfAddress>> = {
  [vienna]: { country: 'AT', coordinates: { latitude: 48.2, longitude: 16.4 } },
  [linz]: { country: 'AT', coordinates: { latitude: 48.3, longitude: 14.3 } },
  [lisbon]: { country: 'PT', coordinates: { latitude: 38.7, longitude: -9.1 } },
};

let store: Store;
beforeEach(() => {
  store = openEmbedded({ file: ':memory:' });
});
afterEach(() => store.close());

async function inUnit(write: (unit: UnitOfWork) => void): Promise<void> {
  const unit = new UnitOfWork(store);
  await unit.load(pastKeys('ann'));
  write(unit);
  await unit.commit();
}

function signedIn(ip: string, at: number, session: string): Promise<void> {
  return inUnit((unit) => {
    recordInHistory(unit, 'ann', { at, session, ip });
    recordUsualNetwork(unit, 'ann', { at, session, ip });
  });
}

async function unusualIn(
  signIn: Partial<ComparedSignIn>,
  { hasFile = true, isReadable = true } = {},
): Promise<ReturnType<typeof unusualFacts>> {
  const unit = new UnitOfWork(store);
  await unit.load(pastKeys('ann'));
  const where = {
    settings: { risk: riskScoring, networkData: hasFile ? { country: '/city.mmdb' } : {} },
    placeOf: (ip: string) => (isReadable ? (places[ip] ?? {}) : { isUnknown: true }),
  } as unknown as Snapshot;
  return unusualFacts(unit, where, {
    userId: 'ann',
    ip: vienna,
    now: 20 * oneDay,
    began: 20 * oneDay,
    session: 'now',
    isSignedIn: false,
    isKnownBrowser: true,
    ...signIn,
  });
}

async function signalsOf(...of: Parameters<typeof unusualIn>): Promise<readonly RiskSignal[]> {
  return (await unusualIn(...of)).risk.reasons.map(({ signal }) => signal);
}

test('without an address it is not known what is unusual about the place, and nothing becomes usual', async () => {
  await signedIn('', 5 * oneDay, 'nowhere');
  expect(await unusualIn({ ip: '' })).toEqual({ risk: { reasons: [], level: 'low' } });
  await signedIn(vienna, 10 * oneDay, 'before');
  const of = async (hasFile: boolean) => {
    const { risk, distance } = await unusualIn({ ip: '' }, { hasFile });
    return [risk.reasons, risk.unknown, distance];
  };
  expect(await of(true)).toEqual([[], ['newNetwork', 'newCountry', 'impossibleTravel'], 'unknown']);
  expect(await of(false)).toEqual([[], ['newNetwork'], undefined]);
  expect(await signalsOf({ ip: lisbon })).toContain('newCountry');
});

test('an account with no past has nothing to compare with but the browser', async () => {
  expect(await unusualIn({ ip: lisbon })).toEqual({ risk: { reasons: [], level: 'low' } });
  expect(await signalsOf({ isKnownBrowser: false })).toEqual(['newDevice']);
});

test.each<[string, Partial<ComparedSignIn>, readonly RiskSignal[]]>([
  ['the same network', {}, []],
  ['an address beside it', { ip: '192.0.2.200' }, []],
  ['another network of the country', { ip: linz }, ['newNetwork']],
  ['another country', { ip: lisbon }, ['newNetwork', 'newCountry']],
  ['an address that is nowhere', { ip: office }, ['newNetwork', 'newCountry']],
  [
    'too far away in an hour',
    { ip: lisbon, now: 10 * oneDay + 3600, began: 10 * oneDay + 3600 },
    ['newNetwork', 'newCountry', 'impossibleTravel'],
  ],
  ['in time', { ip: lisbon, now: 10 * oneDay + 3 * 3600, began: 10 * oneDay + 3 * 3600 }, ['newNetwork', 'newCountry']],
  [
    'the other end of the country at once',
    { ip: linz, now: 10 * oneDay, began: 10 * oneDay },
    ['newNetwork', 'impossibleTravel'],
  ],
  ['after long', { now: 100 * oneDay, began: 100 * oneDay }, ['longAway']],
  ['a day before that is long', { now: 99 * oneDay, began: 99 * oneDay }, []],
])('%s', async (_, signIn, expected) => {
  await signedIn(vienna, 10 * oneDay, 'before');
  expect(await signalsOf(signIn)).toEqual(expected);
});

test('what happened in the session itself, or since it began, makes nothing usual', async () => {
  await signedIn(vienna, 10 * oneDay, 'before');
  await signedIn(lisbon, 20 * oneDay + 60, 'now');
  expect(await signalsOf({ ip: lisbon, now: 20 * oneDay + 90, isSignedIn: true })).toEqual([
    'newNetwork',
    'newCountry',
  ]);
  expect(await signalsOf({ ip: lisbon, now: 20 * oneDay + 90, session: 'other' })).toEqual([
    'newNetwork',
    'newCountry',
  ]);
  expect(await signalsOf({ ip: lisbon, now: 21 * oneDay, began: 21 * oneDay, session: 'other' })).toEqual([]);
});

test('a session that is elsewhere at once is compared with itself, too', async () => {
  await signedIn(vienna, 10 * oneDay, 'before');
  await signedIn(vienna, 20 * oneDay, 'now');
  const moved = { ip: lisbon, now: 20 * oneDay + 1800, isSignedIn: true };
  expect(await signalsOf(moved)).toEqual(['newNetwork', 'newCountry', 'impossibleTravel']);
  // Proving everything again over there changes nothing about it.
  await signedIn(lisbon, 20 * oneDay + 900, 'now');
  expect(await signalsOf(moved)).toContain('impossibleTravel');
});

test('a network that was not used for half a year is unusual again', async () => {
  await signedIn(vienna, 10 * oneDay, 'one');
  await signedIn(linz, 100 * oneDay, 'two');
  expect(await signalsOf({ ip: vienna, now: 180 * oneDay, began: 180 * oneDay })).toEqual([]);
  expect(await signalsOf({ ip: vienna, now: 191 * oneDay, began: 191 * oneDay })).toContain('newNetwork');
});

test('a sign-in that was not at the strongest level is not compared with', async () => {
  await signedIn(vienna, 10 * oneDay, 'before');
  await inUnit((unit) => recordInHistory(unit, 'ann', { at: 20 * oneDay - 60, session: 'weak' }));
  expect(await signalsOf({ ip: vienna, now: 100 * oneDay, began: 100 * oneDay })).toEqual(['longAway']);
});

describe('wrong attempts of strangers', () => {
  const fail = (times: readonly number[]) =>
    inUnit((unit) => {
      for (const at of times) recordFailure(unit, 'ann', at);
    });
  const lately = [1, 2, 3, 4, 5].map((minutes) => 20 * oneDay - minutes * 60);

  test('count for a browser that the account does not know', async () => {
    await fail(lately.slice(1));
    expect(await signalsOf({ isKnownBrowser: false })).toEqual(['newDevice']);
    await fail(lately.slice(0, 1));
    expect(await signalsOf({ isKnownBrowser: false })).toEqual(['newDevice', 'recentFailures']);
    expect(await signalsOf({ isKnownBrowser: true })).toEqual([]);
  });

  test('are forgotten after an hour, and count in a session only as they were before it', async () => {
    await fail(lately);
    expect(await signalsOf({ isKnownBrowser: false, now: 20 * oneDay + 3600 })).toEqual(['newDevice']);
    expect(await signalsOf({ isKnownBrowser: false, now: 20 * oneDay + 3600, isSignedIn: true })).toEqual([
      'newDevice',
      'recentFailures',
    ]);
    expect(await signalsOf({ isKnownBrowser: false, began: 20 * oneDay - 240, isSignedIn: true })).toEqual([
      'newDevice',
    ]);
  });
});

test('without a file only the network is compared; with one that cannot be read, the country is not known', async () => {
  await signedIn(vienna, 10 * oneDay, 'before');
  expect(await unusualIn({ ip: lisbon }, { hasFile: false })).toEqual({
    risk: { reasons: [{ signal: 'newNetwork', points: 10 }], level: 'low' },
  });
  expect(await unusualIn({ ip: lisbon }, { isReadable: false })).toEqual({
    risk: {
      reasons: [{ signal: 'newNetwork', points: 10 }],
      level: 'low',
      unknown: ['newCountry', 'impossibleTravel'],
      levelAtMost: 'high',
    },
    distance: 'unknown',
  });
  // A usual network is usual whatever a file says.
  expect(await unusualIn({}, { isReadable: false })).toEqual({ risk: { reasons: [], level: 'low' }, distance: 0 });
});

test('the distance is that to the nearest usual place', async () => {
  expect((await unusualIn({})).distance).toBeUndefined();
  await signedIn(vienna, 10 * oneDay, 'one');
  const far = (await unusualIn({ ip: lisbon })).distance as number;
  expect(far).toBeGreaterThan(2250);
  expect(far).toBeLessThan(2350);
  await signedIn(linz, 11 * oneDay, 'two');
  expect((await unusualIn({ ip: lisbon })).distance).toBeLessThan(far);
  expect((await unusualIn({ ip: '192.0.2.9' })).distance).toBe(0);
  expect((await unusualIn({ ip: office })).distance).toBe('nowhere');
});

test.each([
  [0, 0, 0, 180, 20_015],
  [90, 0, -90, 0, 20_015],
  [0, 179.5, 0, -179.5, 111],
  [51.5, -0.1, 48.9, 2.4, 339],
])('from %d, %d to %d, %d', (latitude, longitude, otherLatitude, otherLongitude, expected) => {
  const one = { latitude, longitude };
  const other = { latitude: otherLatitude, longitude: otherLongitude };
  expect(Math.abs((kilometresBetween(one, other) ?? 0) - expected)).toBeLessThan(3);
  expect(kilometresBetween(other, one)).toBe(kilometresBetween(one, other));
  expect(kilometresBetween(one, one)).toBe(0);
  expect(kilometresBetween(one, undefined)).toBeUndefined();
});

test.each([
  ['192.0.2.7', '192.0.2'],
  ['::ffff:192.0.2.7', '192.0.2'],
  ['::FFFF:c000:207', '192.0.2'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2'],
  ['2001:db8:1:2::7', '2001:db8:1'],
  ['2001:db8::7', '2001:db8:0'],
  ['::1', '0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0'],
  ['', ''],
])('the network of %s is %s', (ip, expected) => {
  expect(networkPrefix(ip)).toBe(expected);
});
