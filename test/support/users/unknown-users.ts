/**
 * Identifiers that no user has. What such a user seems to have is drawn from the server secret, which is the same in
 * all tests.
 */
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { decoySubject } from '../../../src/core/step/decoy.ts';
import { decoyEntropy } from '../../../src/flow/facts/decoy-entropy.ts';
import { identifierKey } from '../../../src/stores/keys.ts';
import { testKeyring } from '../servers/node.ts';

/** The authenticators that a user without an account seems to have at a node of `startNode`. */
export function seemingAuthenticators(identifier: string): readonly string[] {
  const id = identifierKey(identifier);
  const entropy = decoyEntropy(testKeyring.secrets, id);
  const subject = decoySubject(
    { id, entropy, ...(identifier.includes('@') && { identifierKind: 'address' }) },
    authenticatorKinds,
  );
  return subject.enrollments.map(({ authenticator }) => authenticator);
}

/** So many addresses, beginning with `name`, that no user has and that seem to have this authenticator. */
export function unknownAddressesWith(authenticator: string, count: number, name = 'nobody'): readonly string[] {
  const found: string[] = [];
  for (let turn = 0; found.length < count; turn += 1) {
    const address = `${name}-${turn}@demo.test`;
    if (seemingAuthenticators(address).includes(authenticator)) found.push(address);
  }
  return found;
}
