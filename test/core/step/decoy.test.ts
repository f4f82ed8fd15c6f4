/** What a decoy seems to have: the same in every release, or an update would tell decoys from users. */

import { describe, expect, test } from '@jest/globals';
import type { AuthenticatorDescriptor, DecoyDescriptor, Enrollment } from '../../../src/core/model/facts.ts';
import { decoySubject } from '../../../src/core/step/decoy.ts';

const plain = { factors: ['possession'], characteristics: ['userPresence', 'deviceBound'], enrollable: true } as const;

interface Seeming {
  readonly key?: string;
  readonly entropy?: number;
  readonly kind?: 'address' | 'number' | undefined;
  readonly more?: Partial<AuthenticatorDescriptor>;
}

/** What a decoy seems to have of one authenticator. */
function seeming(decoys: DecoyDescriptor | undefined, how: Seeming = {}): Enrollment | undefined {
  const { key = 'totp', entropy = 1, kind, more = {} } = how;
  const one: AuthenticatorDescriptor = { ...plain, key, ...(decoys && { decoys }), ...more };
  return decoySubject({ id: 'decoy', entropy, ...(kind && { identifierKind: kind }) }, [one]).enrollments[0];
}

describe('the position of a decoy among all decoys', () => {
  // Computed apart from this code. FNV-1a of "a" and "foobar" begins at its published offset; the finalizer of
  // MurmurHash3 takes 1 to 0x514e28b7, and all ones to 0x81f16f39.
  test.each([
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['a', 0x811c9dc5, 0x1a80b1b3],
    ['foobar', 0x811c9dc5, 0x0c0da6dc],
    ['totp', 0, 0xdb4dd4bc],
    ['webauthn', 0xdeadbeef, 0xa6191211],
    ['webauthn', 0xdeadbeef | 0, 0xa6191211],
  ])('follows from the key %j and the entropy %d', (key, entropy, place) => {
    const isBelow = (share: number) => seeming({ share }, { key, entropy }) !== undefined;
    expect([isBelow(place / 2 ** 32), isBelow((place + 1) / 2 ** 32)]).toEqual([false, true]);
  });
});

describe('a decoy', () => {
  test.each<[string, DecoyDescriptor | undefined, 'address' | 'number' | undefined, boolean]>([
    ['has what all decoys have', { share: 1 }, undefined, true],
    ['has it for an address, too', { share: 1 }, 'address', true],
    ['lacks what no decoy has', { share: 0 }, undefined, false],
    ['lacks what is not for decoys', undefined, 'address', false],
    ['has for an address what decoys for addresses have', { share: 0, shareOfAddresses: 1 }, 'address', true],
    ['lacks for a name what only decoys for addresses have', { share: 0, shareOfAddresses: 1 }, undefined, false],
    ['lacks for an address what no decoy for addresses has', { share: 1, shareOfAddresses: 0 }, 'address', false],
    ['has for a number what decoys for numbers have', { share: 0, shareOfNumbers: 1 }, 'number', true],
    ['has for a number what all decoys have', { share: 1, shareOfAddresses: 0 }, 'number', true],
    ['lacks for a name what only decoys for numbers have', { share: 0, shareOfNumbers: 1 }, undefined, false],
    ['lacks for an address what only decoys for numbers have', { share: 0, shareOfNumbers: 1 }, 'address', false],
  ])('%s', (_, decoys, kind, expected) => {
    expect(seeming(decoys, { kind }) !== undefined).toBe(expected);
  });

  test('shows what its authenticator shows, or the less that most real enrollments show', () => {
    const best = { id: 'none-totp', authenticator: 'totp', factors: plain.factors };
    expect(seeming({ share: 1 })).toEqual({ ...best, characteristics: plain.characteristics });
    const less = { characteristics: ['userPresence'] } as const;
    expect(seeming({ share: 1, ...less })).toEqual({ ...best, ...less });
  });

  test('counts as little as a user with an auxiliary authenticator', () => {
    expect(seeming({ share: 1 }, { more: { auxiliary: true } })).toMatchObject({ auxiliary: true });
  });
});
