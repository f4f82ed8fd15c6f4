import type { AuthenticatorContext } from '../../src/authenticators/authenticator.ts';
import { phoneAuthenticator, phoneCredential } from '../../src/authenticators/phone/phone.ts';
import { phoneSettings } from '../support/phone.ts';
import { authenticatorContract } from './authenticator-contract.ts';

const withSettings = (context: AuthenticatorContext): AuthenticatorContext => ({ ...context, settings: phoneSettings });
const phone = phoneAuthenticator();

authenticatorContract('phone', async () => ({
  authenticator: { ...phone, challenge: (credential, context) => phone.challenge(credential, withSettings(context)) },
  credentials: [
    { ...phoneCredential('+4915112345678'), id: 'one', createdAt: 1 },
    { ...phoneCredential('+33612345678'), id: 'two', createdAt: 1 },
  ],
  // The code of the message that went to this credential: of its own challenge when another one was challenged.
  async answer(credential, context, started) {
    const to = credential.secret.number;
    const mine = started.deliver?.find((message) => message.to === to);
    const [message] = mine ? [mine] : ((await phone.challenge(credential, withSettings(context))).deliver ?? []);
    return { passcode: String(message?.params.code) };
  },
  wrong: { passcode: '000000' },
  // Once per challenge: a challenge that was answered leaves the transaction.
  oneTime: false,
  field: 'credentials.passcode',
  work: () => 0,
}));
