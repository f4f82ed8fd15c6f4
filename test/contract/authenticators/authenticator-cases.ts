/** One case of the contract for each authenticator: how to make its credentials, and how to answer its challenges. */
import { generate } from 'otplib';
import { accessCodeAuthenticator, issueAccessCode } from '../../../src/authenticators/access-code/access-code.ts';
import type {
  AuthenticatorContext,
  Credential,
  IssuedChallenge,
  NewCredential,
} from '../../../src/authenticators/authenticator.ts';
import { emailAuthenticator, emailCredential } from '../../../src/authenticators/email/email.ts';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword } from '../../../src/authenticators/password/hash.ts';
import { passwordAuthenticator } from '../../../src/authenticators/password/password.ts';
import { phoneAuthenticator, phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { recoveryCodeAuthenticator } from '../../../src/authenticators/recovery-code/recovery-code.ts';
import { securityQuestionAuthenticator } from '../../../src/authenticators/security-question/security-question.ts';
import { totpAuthenticator } from '../../../src/authenticators/totp/totp.ts';
import { webauthnAuthenticator } from '../../../src/authenticators/webauthn/webauthn.ts';
import { otherThan } from '../../support/messages/mail.ts';
import { phoneSettings } from '../../support/messages/phone.ts';
import { assertion, credentialOf, newKey, type SoftKey, whereOf } from '../../support/pages/webauthn.ts';
import { cheapQueue } from '../../support/servers/cheap-hashing.ts';
import { type AuthenticatorCase, context } from './authenticator-contract.ts';

const field = 'credentials.passcode';
const subject = { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] } as const;

/** By key of the authenticator. */
export const authenticatorCases: Readonly<Record<string, () => Promise<AuthenticatorCase>>> = {
  password: passwordCase,
  totp: totpCase,
  webauthn: webauthnCase,
  recovery_code: recoveryCodeCase,
  access_code: accessCodeCase,
  email: emailCase,
  security_question: securityQuestionCase,
  phone: phoneCase,
};

function stored(id: string, credential: NewCredential): Credential {
  return { ...credential, id, createdAt: 1 };
}

/** Six digits that are not those of the message of this challenge. */
const otherThanSent = ({ deliver = [] }: IssuedChallenge) => ({
  passcode: otherThan(...deliver.map(({ params }) => String(params.code))),
});

async function passwordCase(): Promise<AuthenticatorCase> {
  const queue = cheapQueue();
  const passwords: Readonly<Record<string, string>> = { one: 'correct horse battery', two: 'staple in the tower' };
  const credential = async (id: string) =>
    stored(id, passwordCredential(await hashPassword(queue, passwords[id] ?? '')));
  return {
    authenticator: passwordAuthenticator(queue),
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }) => ({ passcode: passwords[id] ?? '' }),
    wrong: { passcode: 'neither of the two' },
    field,
    oneTime: false,
    work: () => queue.stats.started,
  };
}

async function totpCase(): Promise<AuthenticatorCase> {
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
    field,
    oneTime: true,
    work: () => 0,
  };
}

async function webauthnCase(): Promise<AuthenticatorCase> {
  const keys: Readonly<Record<string, SoftKey>> = { one: newKey('dXNlci0x'), two: newKey('dXNlci0x') };
  const credential = (id: string): Credential => credentialOf(keys[id] as SoftKey, { id });
  return {
    authenticator: webauthnAuthenticator(),
    credentials: [credential('one'), credential('two')],
    answer: async ({ id }, { issuer }, challenge) => assertion(keys[id] as SoftKey, whereOf(challenge, issuer)),
    wrong: assertion(newKey('dXNlci0x'), whereOf({ public: { challenge: 'bm90aGluZw' } }, context.issuer)),
    oneTime: true,
    // All of it is public: the private key never leaves the authenticator.
    open: Object.keys(credential('one').secret),
    work: () => 0,
  };
}

async function recoveryCodeCase(): Promise<AuthenticatorCase> {
  const queue = cheapQueue();
  const authenticator = recoveryCodeAuthenticator(queue);
  const codes = new Map<string, string>();
  const credential = async (id: string): Promise<Credential> => {
    const begun = await authenticator.beginEnrollment(subject, context);
    const enrolled = await authenticator.enroll(subject, { pending: begun.private, input: { saved: 'yes' } }, context);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
    codes.set(id, (begun.public.codes as string[])[0] ?? '');
    return stored(id, enrolled.credential);
  };
  return {
    authenticator,
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }) => ({ passcode: codes.get(id) ?? '' }),
    wrong: { passcode: '0000-0000-0000-0000' },
    field,
    oneTime: true,
    work: () => queue.stats.started,
  };
}

async function accessCodeCase(): Promise<AuthenticatorCase> {
  const queue = cheapQueue();
  const codes = new Map<string, string>();
  const credential = async (id: string): Promise<Credential> => {
    const issued = await issueAccessCode(queue, { length: 12, uses: 1, expiresAt: context.now + 60 });
    codes.set(id, issued.code);
    return stored(id, issued.credential);
  };
  return {
    authenticator: accessCodeAuthenticator(queue),
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }) => ({ passcode: codes.get(id) ?? '' }),
    wrong: { passcode: '0000-0000-0000' },
    field,
    oneTime: true,
    work: () => queue.stats.started,
  };
}

async function emailCase(): Promise<AuthenticatorCase> {
  const email = emailAuthenticator();
  return {
    authenticator: email,
    credentials: [stored('one', emailCredential('ann@example.org')), stored('two', emailCredential('bob@example.org'))],
    // The code of the message that went to this credential: of its own challenge when another one was challenged.
    async answer(credential, given, challenge) {
      const sent = challenge.deliver?.find(({ to }) => to === credential.secret.address);
      const [message] = sent ? [sent] : ((await email.challenge(credential, given)).deliver ?? []);
      return { passcode: String(message?.params.code) };
    },
    wrong: otherThanSent,
    field,
    // Once per challenge: a challenge that was answered leaves the transaction.
    oneTime: false,
    work: () => 0,
  };
}

async function securityQuestionCase(): Promise<AuthenticatorCase> {
  const queue = cheapQueue();
  const authenticator = securityQuestionAuthenticator(queue);
  const answers: Readonly<Record<string, string>> = { one: 'Ottokar von Bärbach', two: 'Nepomuk' };
  const credential = async (id: string): Promise<Credential> => {
    const input = { questionKey: 'custom', question: 'What is the name of my boat?', passcode: answers[id] ?? '' };
    const enrolled = await authenticator.enroll(subject, { pending: {}, input }, context);
    if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
    return stored(id, enrolled.credential);
  };
  return {
    authenticator,
    credentials: [await credential('one'), await credential('two')],
    answer: async ({ id }) => ({ passcode: answers[id] ?? '' }),
    wrong: { passcode: 'Ottokar' },
    field,
    oneTime: false,
    work: () => queue.stats.started,
  };
}

async function phoneCase(): Promise<AuthenticatorCase> {
  const phone = phoneAuthenticator();
  const withSettings = (given: AuthenticatorContext): AuthenticatorContext => ({ ...given, settings: phoneSettings });
  return {
    authenticator: { ...phone, challenge: (credential, given) => phone.challenge(credential, withSettings(given)) },
    credentials: [stored('one', phoneCredential('+4915112345678')), stored('two', phoneCredential('+33612345678'))],
    // The code of the message that went to this credential: of its own challenge when another one was challenged.
    async answer(credential, given, challenge) {
      const sent = challenge.deliver?.find(({ to }) => to === credential.secret.number);
      const [message] = sent ? [sent] : ((await phone.challenge(credential, withSettings(given))).deliver ?? []);
      return { passcode: String(message?.params.code) };
    },
    wrong: otherThanSent,
    field,
    // Once per challenge: a challenge that was answered leaves the transaction.
    oneTime: false,
    work: () => 0,
  };
}
