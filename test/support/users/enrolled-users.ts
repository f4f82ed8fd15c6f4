/**
 * Every authenticator that a user may have: how a user gets it, and how they use it. Tests go through the whole list.
 */

import { generate, generateSecret } from 'otplib';
import { issueAccessCode } from '../../../src/authenticators/access-code/access-code.ts';
import type { Authenticator, NewCredential } from '../../../src/authenticators/authenticator.ts';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { phoneCredential } from '../../../src/authenticators/phone/phone.ts';
import { recoveryCodeAuthenticator } from '../../../src/authenticators/recovery-code/recovery-code.ts';
import { securityQuestionAuthenticator } from '../../../src/authenticators/security-question/security-question.ts';
import type { Factor } from '../../../src/core/model/facts.ts';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { issueCredential } from '../../../src/users/record/credentials.ts';
import { serializeCredentials } from '../../../src/users/record/user.ts';
import { codeIn, inboxOf, linkIn, mailTo } from '../messages/mail.ts';
import { codeFor, mobileNumber, settingsWithPhone } from '../messages/phone.ts';
import type { Page, UserAgent } from '../pages/user-agent.ts';
import { assertion, credentialOf, flag, newKey, optionsOf, type SoftKey, whereOf } from '../pages/webauthn.ts';
import { password, type TestNode, testPassword } from '../servers/node.ts';
import { randomName } from '../values/random-name.ts';
import { until } from '../values/until.ts';

type Fields = Readonly<Record<string, string>>;

/** What a user has in their hands afterwards. */
export interface Equipment {
  readonly credential: NewCredential;
  /** Answers the page that asks for it. */
  readonly answer: (page: Page, agent: UserAgent) => Promise<Fields>;
}

export interface Capabilities {
  readonly authenticator: string;
  /** What one use of it proves. */
  readonly factors: readonly Factor[];
  /** What it adds to `amr`. */
  readonly amr: readonly string[];
  equip(node: TestNode, user: { readonly id: string; readonly identifier: string }): Promise<Equipment>;
}

const passcode = (text: string): Fields => ({ 'credentials.passcode': text });

/** By the name that tests give it. A new authenticator is one more entry. */
export const capabilities = {
  password: {
    authenticator: 'password',
    factors: ['knowledge'],
    amr: ['pwd'],
    async equip({ app }) {
      return { credential: testPassword(app), answer: async () => passcode(password) };
    },
  },
  totp: {
    authenticator: 'totp',
    factors: ['possession'],
    amr: ['otp'],
    async equip() {
      const secret = generateSecret({ length: 20 });
      let step = Math.floor(Date.now() / 30_000) - 1;
      return {
        credential: {
          authenticator: 'totp',
          factors: ['possession'],
          characteristics: ['userPresence', 'deviceBound'],
          secret: { key: secret, step: 0 },
        },
        // A step is accepted once; the next one is accepted already.
        answer: async () => {
          step = Math.max(Math.floor(Date.now() / 30_000), step + 1);
          return passcode(await generate({ secret, epoch: step * 30 }));
        },
      };
    },
  },
  passkey: {
    authenticator: 'webauthn',
    factors: ['possession', 'inherence'],
    amr: ['hwk', 'pop', 'user'],
    equip: async ({ issuer }, { id }) => keyFor(id, issuer, true),
  },
  'security key': {
    authenticator: 'webauthn',
    factors: ['possession'],
    amr: ['hwk', 'pop', 'user'],
    equip: async ({ issuer }, { id }) => keyFor(id, issuer, false),
  },
  email: {
    authenticator: 'email',
    factors: ['possession'],
    amr: ['email'],
    equip: async (node, { identifier }) => ({
      credential: emailCredential(identifier),
      answer: async (_page, agent) => passcode(await newestCode(node, identifier, agent)),
    }),
  },
  phone: {
    authenticator: 'phone',
    factors: ['possession'],
    amr: ['sms'],
    async equip(node) {
      const number = mobileNumber();
      const answer = async () => passcode(codeFor(await mailTo(node, number)));
      return { credential: phoneCredential(number), answer };
    },
  },
  'recovery code': {
    authenticator: 'recovery_code',
    factors: ['possession'],
    amr: ['otp'],
    async equip(node) {
      const { codes, credential } = await recoveryCodes(node);
      return { credential, answer: async () => passcode(codes.shift() ?? '') };
    },
  },
  'access code': {
    authenticator: 'access_code',
    factors: ['possession'],
    amr: ['otp'],
    async equip({ app }) {
      const terms = { length: 12, uses: 1, expiresAt: Math.floor(Date.now() / 1000) + 3600 };
      const { code, credential } = await issueAccessCode(app.hashing, terms);
      return { credential, answer: async () => passcode(code) };
    },
  },
  'security question': {
    authenticator: 'security_question',
    factors: ['knowledge'],
    amr: ['kba'],
    async equip({ app }) {
      const answer = 'Ottokar von Bärbach';
      const authenticator = securityQuestionAuthenticator(app.hashing);
      const input = { questionKey: 'stuffed_toy', passcode: answer };
      return {
        credential: enrolledAs(await authenticator.enroll(anyUser, { pending: {}, input }, emptyEnv)),
        answer: async () => passcode(answer),
      };
    },
  },
} as const satisfies Readonly<Record<string, Capabilities>>;

export type CapabilityName = keyof typeof capabilities;
/** Those that count by themselves: the security question is auxiliary. */
export const capabilityNames = (Object.keys(capabilities) as readonly CapabilityName[]).filter(
  (name) => name !== 'security question',
);

/** `stepgate.yaml` with all of them; messages are not limited by where they go. */
export const settingsWithAllAuthenticators: Readonly<Record<string, string>> = settingsWithPhone(
  { limits: { number: 100, prefix: 10_000, network: 100_000, country: 100_000 } },
  {},
  Object.values(capabilities).map(({ authenticator }) => authenticator),
);

export interface Holder {
  readonly id: string;
  readonly identifier: string;
  /** Answers the page that asks for it with this. */
  answer(name: CapabilityName, page: Page, agent: UserAgent): Promise<Fields>;
}

/** A new user who has exactly these, ready to be used. */
export async function holder(node: TestNode, ...names: readonly CapabilityName[]): Promise<Holder> {
  const identifier = `${randomName()}@demo.test`;
  const profile = { email: identifier, emailVerified: true };
  const created = await node.app.directory.create({ identifiers: [identifier], groups: ['staff'], profile });
  if (!created.ok) throw new Error(created.code);
  const { id } = created.user;
  const equipmentByName = new Map<CapabilityName, Equipment>();
  for (const name of names) {
    equipmentByName.set(name, await capabilities[name].equip(node, { id, identifier }));
  }
  await giveCredentials(
    node,
    id,
    [...equipmentByName.values()].map(({ credential }) => credential),
  );
  return {
    id,
    identifier,
    async answer(name, page, agent) {
      const equipment = equipmentByName.get(name);
      if (!equipment) throw new Error(`this user has no ${name}`);
      return equipment.answer(page, agent);
    },
  };
}

/** Replaces everything that the user has. */
async function giveCredentials({ store }: TestNode, id: string, credentials: readonly NewCredential[]): Promise<void> {
  const key = credentialsKey(id);
  const version = (await store.load([key])).entries.get(key)?.version ?? 0;
  const value = serializeCredentials(
    credentials.map((credential) => issueCredential(credential, Math.floor(Date.now() / 1000))),
  );
  await store.commit([{ op: 'replace', key, version, value }]);
}

export function fieldsOf(input: Fields): Fields {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`credentials.${name}`, value]));
}

export function softKeyOf(userId: string): SoftKey {
  return newKey(Buffer.from(userId).toString('base64url'));
}

function keyFor(userId: string, issuer: string, userVerification: boolean): Equipment {
  const key = softKeyOf(userId);
  const making = userVerification ? {} : { flags: flag.up };
  const { id: _, createdAt: _at, ...credential } = credentialOf(key, { id: '', userVerification });
  return {
    credential,
    answer: async (page) => fieldsOf(assertion(key, whereOf({ public: optionsOf(page) }, issuer), making)),
  };
}

/** Of the newest message that still counts. Looking at a link consumes nothing. */
async function newestCode(node: TestNode, address: string, agent: UserAgent): Promise<string> {
  let code = '';
  await until(`a message to ${address} that counts`, async () => {
    const newest = (await inboxOf(node, address)).find((message) => linkIn(message) !== '');
    if (newest && (await agent.open(linkIn(newest))).status === 200) code = codeIn(newest);
    return code !== '';
  });
  return code;
}

const anyUser = { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] } as const;

const emptyEnv = {
  now: 0,
  issuer: '',
  brand: '',
  app: '',
  transactionId: '',
  visitor: { ip: '', userAgent: '' },
  enrolled: [],
  warn: () => undefined,
  mac: () => '',
  decoyMac: () => '',
};

function enrolledAs(enrolled: Awaited<ReturnType<Authenticator['enroll']>>): NewCredential {
  if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
  return enrolled.credential;
}

/** A set as a user gets it. `left`: so many are still unused. */
export async function recoveryCodes(node: TestNode, left = 10) {
  const authenticator = recoveryCodeAuthenticator(node.app.hashing);
  const offer = await authenticator.beginEnrollment(anyUser, emptyEnv);
  const { secret, ...rest } = enrolledAs(
    await authenticator.enroll(anyUser, { pending: offer.private, input: { saved: 'yes' } }, emptyEnv),
  );
  const digests = (secret.digests as string[]).slice(0, left);
  const credential: NewCredential = { ...rest, secret: { ...secret, digests } };
  return { codes: [...(offer.public.codes as string[])].slice(0, left), credential };
}
