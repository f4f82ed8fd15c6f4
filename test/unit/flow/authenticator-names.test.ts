/** The names by which a user tells several authenticators of one kind apart. */
import { expect, test } from '@jest/globals';
import type { Credential } from '../../../src/authenticators/authenticator.ts';
import { authenticatorNames } from '../../../src/flow/actions/verification/authenticator-names.ts';
import type { Services } from '../../../src/flow/services.ts';

const authenticators = new Map([['email', { maskedAddress: ({ id }: Credential) => `masked ${id}` }]]);
const services = { authenticators } as unknown as Pick<Services, 'authenticators'>;
const enrolled = (id: string, authenticator: string, label?: string) => ({ id, authenticator, label }) as Credential;

function namesOf(...all: readonly Credential[]) {
  return [...authenticatorNames(services, all).values()];
}

test('the only one of its kind needs no address', () => {
  expect(namesOf(enrolled('a', 'email'))).toEqual([undefined]);
  expect(namesOf(enrolled('a', 'email'), enrolled('b', 'totp'), enrolled('c', 'totp'))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('one of several has its address, or the label that the user gave it', () => {
  expect(namesOf(enrolled('a', 'email'), enrolled('b', 'email', 'work'))).toEqual(['masked a', 'work']);
});
