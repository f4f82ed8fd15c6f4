import type { Credential } from '../../src/authenticators/authenticator.ts';
import { webauthnAuthenticator } from '../../src/authenticators/webauthn/webauthn.ts';
import { assertion, credentialOf, newKey, type SoftKey, whereOf } from '../support/webauthn.ts';
import { authenticatorContract, context } from './authenticator-contract.ts';

authenticatorContract('webauthn', async () => {
  const keys: Readonly<Record<string, SoftKey>> = { one: newKey('dXNlci0x'), two: newKey('dXNlci0x') };
  const credential = (id: string): Credential => credentialOf(keys[id] as SoftKey, { id });
  return {
    authenticator: webauthnAuthenticator(),
    credentials: [credential('one'), credential('two')],
    answer: async ({ id }, { issuer }, started) => assertion(keys[id] as SoftKey, whereOf(started, issuer)),
    wrong: assertion(newKey('dXNlci0x'), whereOf({ public: { challenge: 'bm90aGluZw' } }, context.issuer)),
    oneTime: true,
    // All of it is public: the private key never leaves the authenticator.
    open: Object.keys(credential('one').secret),
    work: () => 0,
  };
});
