import { emailAuthenticator, emailCredential } from '../../src/authenticators/email/email.ts';
import { authenticatorContract } from './authenticator-contract.ts';

authenticatorContract('email', async () => ({
  authenticator: emailAuthenticator(),
  credentials: [
    { ...emailCredential('ann@example.org'), id: 'one', createdAt: 1 },
    { ...emailCredential('bob@example.org'), id: 'two', createdAt: 1 },
  ],
  // The code of the message that went to this credential: of its own challenge when another one was challenged.
  async answer(credential, context, started) {
    const to = credential.secret.address;
    const mine = started.deliver?.find((message) => message.to === to);
    const [message] = mine ? [mine] : ((await emailAuthenticator().challenge(credential, context)).deliver ?? []);
    return { passcode: String(message?.params.code) };
  },
  wrong: { passcode: '000000' },
  // Once per challenge: a challenge that was answered leaves the transaction.
  oneTime: false,
  field: 'credentials.passcode',
  work: () => 0,
}));
