/** The keyring follows the algorithms that are enabled. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { followAlgorithms, keepKeysEnabled, signableAlgorithms } from '../../../src/oidc/keys/enabled-keys.ts';
import {
  type Keyring,
  loadKeyring,
  publishedKeys,
  rotateKeys,
  type SigningKey,
} from '../../../src/oidc/keys/keyring.ts';
import type { SigningAlgorithm } from '../../../src/policy/model/signing.ts';
import { keyringKey, revisionPointerKey } from '../../../src/stores/keys.ts';
import type { Entry } from '../../../src/stores/store.ts';
import { type FakeStore, fakeStore } from '../../support/stores/fake-store.ts';

const now = 1_800_000_000;
/** Longer than any token lives. */
const kept = 86_460;

const key = (type: SigningKey['type'], more: Partial<SigningKey> = {}): SigningKey => ({
  jwk: { kid: `${type}-${more.activeFrom ?? 0}` },
  type,
  activeFrom: 0,
  ...more,
});
const ring = (...keys: readonly SigningKey[]): Keyring => ({ keys, secrets: ['c2VjcmV0'] });

/** Each key as its type and when it signs from and is published until; `undefined`: nothing changes. */
async function followed(keyring: Keyring, algorithms: readonly SigningAlgorithm[], isFirst = false) {
  const next = await followAlgorithms(keyring, { algorithms, now, isFirst });
  return next?.keys.map(({ type, activeFrom, retiredFrom }) => [
    type,
    activeFrom - now,
    retiredFrom && retiredFrom - now,
  ]);
}

const usual = ring(key('RS256', { activeFrom: now - 9 }), key('ES256', { activeFrom: now - 9 }));

describe('the keyring', () => {
  test.each<[string, Keyring, readonly SigningAlgorithm[], boolean, unknown]>([
    ['is what is wanted', usual, ['RS256', 'ES256'], false, undefined],
    ['serves PS256 with the key of RS256', usual, ['PS256', 'ES256'], false, undefined],
    [
      'gets a key that is published first',
      usual,
      ['RS256', 'ES256', 'EdDSA'],
      false,
      [
        ['RS256', -9, undefined],
        ['ES256', -9, undefined],
        ['EdDSA', 300, undefined],
      ],
    ],
    [
      'gets one that signs at once with the first configuration',
      usual,
      ['RS256', 'ES256', 'EdDSA'],
      true,
      [
        ['RS256', -9, undefined],
        ['ES256', -9, undefined],
        ['EdDSA', 0, undefined],
      ],
    ],
    [
      'keeps a disabled key until its tokens have ended',
      usual,
      ['ES256'],
      false,
      [
        ['RS256', -9, kept],
        ['ES256', -9, undefined],
      ],
    ],
    [
      'drops a key that the first configuration does not want',
      usual,
      ['ES256'],
      true,
      [
        ['RS256', -9, 0],
        ['ES256', -9, undefined],
      ],
    ],
    [
      'keeps a rotated key no longer than it was to stay',
      ring(key('RS256', { activeFrom: now - 9, retiredFrom: now + 50 }), key('ES256', { activeFrom: now - 9 })),
      ['ES256'],
      false,
      [
        ['RS256', -9, 50],
        ['ES256', -9, undefined],
      ],
    ],
    [
      'takes up a disabled key again that is still published',
      ring(key('RS256', { activeFrom: now - 9, retiredFrom: now + 50, disabled: true })),
      ['RS256'],
      false,
      [['RS256', -9, undefined]],
    ],
    [
      'makes a new one where the disabled key is gone',
      ring(
        key('ES256', { activeFrom: now - 9 }),
        key('RS256', { activeFrom: now - 9, retiredFrom: now, disabled: true }),
      ),
      ['ES256', 'RS256'],
      false,
      [
        ['ES256', -9, undefined],
        ['RS256', -9, 0],
        ['RS256', 300, undefined],
      ],
    ],
    [
      'leaves a disabled key alone',
      ring(key('ES256'), key('RS256', { retiredFrom: now + 50, disabled: true })),
      ['ES256'],
      false,
      undefined,
    ],
  ])('%s', async (_what, keyring, algorithms, isFirst, expected) => {
    expect(await followed(keyring, algorithms, isFirst)).toEqual(expected);
  });

  test('does not go back and forth', async () => {
    const off = await followAlgorithms(usual, { algorithms: ['ES256'], now, isFirst: false });
    expect(off && (await followed(off, ['ES256']))).toBeUndefined();
    const on = off && (await followAlgorithms(off, { algorithms: ['RS256', 'ES256'], now, isFirst: false }));
    expect(on?.keys).toEqual(usual.keys);
  });
});

test.each<[string, readonly SigningKey[], readonly SigningAlgorithm[]]>([
  ['a key that signs', [key('RS256'), key('ES256')], ['ES256', 'PS256']],
  ['one that waits', [key('RS256'), key('ES256', { activeFrom: now + 1 })], ['PS256']],
  ['one whose time has come', [key('RS256'), key('ES256', { activeFrom: now })], ['ES256', 'PS256']],
  ['one that is disabled', [key('RS256', { disabled: true, retiredFrom: now + 9 }), key('ES256')], ['ES256']],
])('an algorithm signs with %s', (_what, keys, expected) => {
  expect(signableAlgorithms(['ES256', 'PS256', 'EdDSA'], keys, now)).toEqual(expected);
});

describe('in the store', () => {
  let store: FakeStore;

  beforeEach(async () => {
    store = fakeStore();
    await store.commit([
      { op: 'create', key: keyringKey, value: JSON.stringify(usual) },
      { op: 'create', key: revisionPointerKey, value: '2' },
    ]);
  });

  async function read() {
    const { entries } = await store.load([keyringKey, revisionPointerKey]);
    return { keyring: entries.get(keyringKey) as Entry, pointer: entries.get(revisionPointerKey) as Entry };
  }
  const following = { algorithms: ['RS256', 'ES256', 'EdDSA'], now, isFirst: false } as const;

  test('the record is brought up to the configuration once', async () => {
    const first = await keepKeysEnabled(store, await read(), following);
    expect(first.keys.map(({ type }) => type)).toEqual(['RS256', 'ES256', 'EdDSA']);
    expect(await loadKeyring(store)).toEqual(first);
    const { length } = store.commits;
    expect(await keepKeysEnabled(store, await read(), following)).toEqual(first);
    expect(store.commits).toHaveLength(length);
  });

  test.each([
    [
      'changed the keys',
      () => store.commit([{ op: 'put', key: keyringKey, value: JSON.stringify(ring(key('RS256'))) }]),
    ],
    ['moved the configuration', () => store.commit([{ op: 'put', key: revisionPointerKey, value: '3' }])],
  ])('nothing is written where another process has %s meanwhile', async (_what, faster) => {
    const before = await read();
    await faster();
    expect(await keepKeysEnabled(store, before, following)).toEqual(usual);
    expect((await loadKeyring(store)).keys.map(({ type }) => type)).not.toContain('EdDSA');
  });

  test('a rotation creates no key for a disabled algorithm', async () => {
    await keepKeysEnabled(store, await read(), { ...following, algorithms: ['ES256'] });
    const added = await rotateKeys(store, now, { overlap: 5, keep: 9 });
    expect(added.map(({ type }) => type)).toEqual(['ES256']);
    const left = publishedKeys(await loadKeyring(store), now + kept);
    expect(left.map(({ type }) => type)).toEqual(['ES256']);
  });
});
