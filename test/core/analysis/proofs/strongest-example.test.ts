/** An example lacks only what makes a difference. */
import { expect, test } from '@jest/globals';
import type { AdmittedWith } from '../../../../src/core/analysis/proofs/proving-user.ts';
import { atStrongest } from '../../../../src/core/analysis/proofs/strongest-example.ts';
import type { Characteristic } from '../../../../src/core/model/facts.ts';
import { action, descriptor } from '../../support/fixtures.ts';

const authenticators = [descriptor.password, descriptor.webauthn];
const best = descriptor.webauthn.characteristics;
const without = (...lacking: readonly Characteristic[]) =>
  best.filter((characteristic) => !lacking.includes(characteristic));
const plain = without('userVerification', 'deviceBound');
const key = (characteristics: readonly Characteristic[], age: number) =>
  action('webauthn', {
    characteristics,
    factors: characteristics.includes('userVerification') ? descriptor.webauthn.factors : ['possession'],
    age,
  });
const of = (...evidence: AdmittedWith['evidence']): AdmittedWith => ({
  evidence,
  remembered: [],
  enrolled: ['password', 'webauthn'],
});
const shown = (proofs: AdmittedWith) => proofs.evidence.map(({ characteristics }) => characteristics);

test('where anything is a good example, keys are as strong and proofs as fresh as can be', () => {
  const strongest = atStrongest(of(key(plain, 90), action('password', { age: 60 })), { authenticators }, () => true);
  expect(strongest).toEqual(of(key(best, 0), action('password', { age: 0 })));
});

test('what is good only as it is stays', () => {
  const found = of(key(plain, 90), action('password', { age: 60 }));
  expect(atStrongest(found, { authenticators }, () => false)).toBe(found);
});

test('only one of several proofs lacks something', () => {
  const found = of(key(plain, 90), action('password', { age: 60 }));
  const isOld = ({ evidence }: AdmittedWith) => evidence.some(({ age }) => age !== 'now' && age > 50);
  expect(atStrongest(found, { authenticators }, isOld)).toEqual(of(key(best, 0), action('password', { age: 60 })));
  const bothOld = ({ evidence }: AdmittedWith) => evidence.every(({ age }) => age !== 'now' && age > 50);
  expect(atStrongest(found, { authenticators }, bothOld)).toEqual(of(key(best, 90), action('password', { age: 60 })));
});

test.each<[string, readonly Characteristic[], Characteristic, readonly Characteristic[]]>([
  ['is not bound where that would be no example', plain, 'deviceBound', without('deviceBound')],
  ['verifies no user where that would be no example', plain, 'userVerification', without('userVerification')],
])('a key %s', (_, given, unwanted, expected) => {
  const lacksIt = (proofs: AdmittedWith) =>
    shown(proofs).every((characteristics) => !characteristics.includes(unwanted));
  expect(shown(atStrongest(of(key(given, 0)), { authenticators }, lacksIt))).toEqual([expected]);
});

test.each([[plain], [without('userVerification')], [without('deviceBound')], [best]])(
  'a key that shows %j is tried only with all of that',
  (given) => {
    const tried: (readonly Characteristic[])[] = [];
    atStrongest(of(key(given, 0)), { authenticators }, (proofs) => {
      tried.push(...shown(proofs));
      return false;
    });
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.filter((characteristics) => !given.every((each) => characteristics.includes(each)))).toEqual([]);
  },
);

test('of an authenticator that is not there nothing stronger is known', () => {
  const found = of(key(plain, 90));
  expect(atStrongest(found, { authenticators: [descriptor.password] }, () => true)).toBe(found);
});
