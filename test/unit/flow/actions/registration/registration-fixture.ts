/** An app at which new users register with an address, a profile, terms and a password. */

import type { Authenticator, Refused } from '../../../../../src/authenticators/authenticator.ts';
import type { Attribute } from '../../../../../src/core/model/attribute.ts';
import { defaultPasswordTerms } from '../../../../../src/core/model/password-policy.ts';
import type { RegistrationTerms } from '../../../../../src/core/model/profile-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../../src/core/policy/rules/compile.ts';
import type { StepShown } from '../../../../../src/flow/sign-in-result.ts';
import type { Settings } from '../../../../../src/policy/model/settings.ts';
import { identifierKey, userKey } from '../../../../../src/stores/keys.ts';
import { accountByIdentifier } from '../../../../../src/users/record/account.ts';
import type { User } from '../../../../../src/users/record/user.ts';
import {
  asStep,
  createWorld,
  credential,
  fakeAuthenticator,
  start,
  type World,
  type WorldOptions,
} from '../../sign-in-fixture.ts';
import { proof } from '../actions-fixture.ts';

const text: Attribute = { type: 'text', read: 'user', write: 'user' };
export const attributes: Readonly<Record<string, Attribute>> = {
  email: { ...text, type: 'email', verifiedBy: 'emailVerified' },
  nickname: text,
  city: text,
  badge: { ...text, unique: true },
  constructor: text,
};
export const use = { id: 'use', version: '2' };
export const address = 'New@example.org';
export const filledIn = {
  'userProfile.email': address,
  'userProfile.nickname': 'Annie',
  'terms.use': 'yes',
  'credentials.passcode': 'long enough',
};
export const rightCode = { 'credentials.passcode': '123456' };

/** Takes each code `123456`, and no address at bad.test. */
export function mailbox(more: Partial<Authenticator> = {}): Authenticator {
  return fakeAuthenticator(
    { key: 'mail', enrollable: true },
    {
      sendLimits: [{ limit: 2, window: 600 }],
      register: (to, { now }) =>
        to.endsWith('@bad.test')
          ? { ok: false, code: 'email.invalid' }
          : {
              ok: true,
              nextStage: {
                inputs: ['one_time_code'],
                public: { resend: true, address: to },
                private: { code: '123456', to },
                expires: now + 300,
                deliver: [{ channel: 'email', to, template: 'code', params: {}, expires: now + 300 }],
              },
            },
      enroll: async (_subject, { pending, input }) =>
        input.passcode === pending.code
          ? {
              ok: true,
              credential: { authenticator: 'mail', ...kinds, secret: { of: pending.to }, reservations: ['box'] },
              proof,
            }
          : { ok: false, code: 'credentials.invalid' },
      ...more,
    },
  );
}

const kinds = { factors: ['possession'], characteristics: ['userPresence'] } as const;

/** Refuses what is shorter than the policy says, and what says something about the user. */
export const newPassword = fakeAuthenticator(
  {
    key: 'password',
    factors: ['knowledge'],
    askedWithIdentifier: true,
    underPasswordPolicy: true,
    decoys: { share: 1 },
  },
  {
    beginEnrollment: async ({ groups, identifiers, enrollments }, { now, newPassword: terms }) => ({
      inputs: ['new_secret'],
      public: { minLength: terms?.minLength, groups, known: [...identifiers, ...enrollments] },
      private: {},
      expires: now + 300,
    }),
    enroll: async ({ identifiers, profile, groups }, { input: { passcode = '' } }, { newPassword: terms }) => {
      if (passcode === '') return refusal('credentials.required');
      if (passcode.length < (terms?.minLength ?? 0)) return refusal('password.too_short');
      if ([...identifiers, profile.nickname, ...groups].includes(passcode)) return refusal('password.context');
      const password = { authenticator: 'password', factors: ['knowledge'], characteristics: [] } as const;
      return { ok: true, credential: { ...password, secret: { text: passcode } }, proof: knowledge };
    },
  },
);

function refusal(code: Refused['code']): Refused {
  return { ok: false, code };
}

const knowledge = { factors: ['knowledge'], characteristics: [], amr: ['pwd'] } as const;

const passwordRule = (name: string, when: object, minLength: number) => ({
  name,
  when,
  then: { ...defaultPasswordTerms, minLength },
});

export interface RegistrationWorld {
  readonly terms?: Partial<RegistrationTerms>;
  readonly world?: WorldOptions;
  readonly mail?: Partial<Authenticator>;
  readonly settings?: Partial<Settings>;
  readonly policies?: Partial<PolicySet>;
}

export function worldOfNewcomers({ terms, world, mail, settings, policies }: RegistrationWorld = {}): World {
  const registration = {
    required: ['email', 'nickname'],
    optional: ['city', 'badge', 'constructor'],
    password: true,
    groups: ['staff', 'new'],
    ...terms,
  };
  const then = { registration, required: [], optional: [], terms: [use] };
  return createWorld({
    authenticators: [newPassword, mailbox(mail)],
    settings: { attributes: { attributes, closed: true }, ...settings },
    policies: {
      profile: compilePolicy({ name: 'profile', rules: [{ name: 'all', when: {}, then }] }),
      password: compilePolicy({
        name: 'password',
        rules: [
          passwordRule('staff', { groups: { any: ['staff'] }, apps: { any: ['notes'] } }, 5),
          passwordRule('others', {}, 50),
        ],
      }),
      ...policies,
    },
    ...world,
  });
}

export async function atForm(given: RegistrationWorld = {}) {
  const world = worldOfNewcomers(given);
  const form = await openForm(world, await world.beginSignIn());
  return { world, form };
}

export async function openForm(world: World, page: StepShown): Promise<StepShown> {
  return asStep(await world.send(page, {}, { step: 'register' }));
}

export async function atCode(given: RegistrationWorld = {}, fields: Readonly<Record<string, string>> = {}) {
  const { world, form } = await atForm(given);
  const page = asStep(await world.send(form, { ...filledIn, ...fields }));
  return { world, form, page };
}

/** The account with this address. */
export async function registered(world: World, identifier = 'new@example.org') {
  const { entries } = await world.store.load([identifierKey(identifier)]);
  return accountByIdentifier(entries, identifier);
}

/** Template and recipient of the messages that wait. */
export async function sentMessages(world: World): Promise<readonly (readonly unknown[])[]> {
  return (await world.outbox()).flatMap(({ delivery }) => (delivery ? [[delivery.template, delivery.to]] : []));
}

/** An account that already has the address. */
export async function addOwner(world: World, changes: Partial<User> = {}): Promise<void> {
  const value = JSON.stringify({ user: 'user-owner', at: start - 500 });
  const key = identifierKey('new@example.org');
  await world.addUser('owner', [credential('password', 'x')], { identifiers: ['new@example.org'], ...changes });
  await world.write({ op: 'put', key, value, refs: [userKey('user-owner')] });
}
