import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { authenticatorCases } from './authenticator-cases.ts';
import { authenticatorContract } from './authenticator-contract.ts';

test('every authenticator has a case, and every case an authenticator', () => {
  expect(Object.keys(authenticatorCases)).toEqual(authenticatorKinds.map(({ key }) => key));
});

for (const [key, makeCase] of Object.entries(authenticatorCases)) authenticatorContract(key, makeCase);
