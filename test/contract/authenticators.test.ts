import { generate } from 'otplib';
import type { Credential } from '../../src/authenticators/authenticator.ts';
import { hashPassword } from '../../src/authenticators/password/hash.ts';
import { passwordAuthenticator, passwordCredential } from '../../src/authenticators/password/password.ts';
import { HashingQueue } from '../../src/authenticators/shared/hashing-queue.ts';
import { totpAuthenticator } from '../../src/authenticators/totp/totp.ts';
import { authenticatorContract } from './authenticator-contract.ts';

authenticatorContract('password', async () => {
  const queue = new HashingQueue();
  const passwords = ['correct horse battery', 'staple in the tower'] as const;
  const credential = async (id: string, text: string): Promise<Credential> => ({
    ...passwordCredential(await hashPassword(queue, text)),
    id,
    createdAt: 1,
  });
  return {
    authenticator: passwordAuthenticator(queue),
    credentials: [await credential('one', passwords[0]), await credential('two', passwords[1])],
    answer: async ({ id }) => ({ passcode: id === 'one' ? passwords[0] : passwords[1] }),
    wrong: { passcode: 'neither of the two' },
    field: 'credentials.passcode',
    oneTime: false,
    work: () => queue.stats.started,
  };
});

authenticatorContract('totp', async () => {
  const credential = (id: string, key: string): Credential => ({
    id,
    createdAt: 1,
    authenticator: 'totp',
    factors: ['possession'],
    characteristics: ['userPresence', 'deviceBound'],
    secret: { key, step: 0 },
  });
  return {
    authenticator: totpAuthenticator(),
    credentials: [
      credential('one', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
      credential('two', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'),
    ],
    answer: async ({ secret }, { now }) => ({ passcode: await generate({ secret: String(secret.key), epoch: now }) }),
    wrong: { passcode: '000000' },
    field: 'credentials.passcode',
    oneTime: true,
    work: () => 0,
  };
});
