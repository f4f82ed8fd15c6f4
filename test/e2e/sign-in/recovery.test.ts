/** "Forgot password?": from the page that asks for it to the sign-in with the new one. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateSecret } from 'otplib';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { nextCode, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  attemptsOf,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../../support/messages/mail.ts';
import type { Page } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { randomName } from '../../support/values/random-name.ts';

const good = 'seven green umbrellas';
const recovery = `rules:
  - name: Guests
    when: { groups: { any: [guests] } }
    then: deny
  - name: Two proofs
    when: { groups: { any: [careful] } }
    then: { allow: { chains: [[{ authenticators: [email] }, { authenticators: [totp] }]] } }
  - name: Rest
    then: { allow: { possession: { authenticators: [email] } } }
`;
let node: TestNode;
let ahead = 0;

beforeAll(async () => {
  node = await startNode({
    demo: true,
    now: () => Math.floor(Date.now() / 1000) + ahead,
    authenticators: ['password', 'totp', 'email'],
    users: false,
    files: {
      'policies/recovery.yaml': recovery,
      ...signOnPolicy('two', { then: { allow: { factors: 2 } } }),
      ...appFile('two', { signOnPolicy: 'two' }),
    },
  });
});
afterAll(async () => node.stop());

type Known = TestUser & { readonly id: string };

async function newUser({ groups = ['staff'], totp = false, withPassword = true } = {}): Promise<Known> {
  const identifier = `${randomName()}@demo.test`;
  const key = generateSecret({ length: 20 });
  const app = {
    authenticator: 'totp',
    factors: ['possession'],
    characteristics: ['userPresence', 'deviceBound'],
    secret: { key, step: 0 },
  } as const;
  const created = await node.app.directory.create({
    identifiers: [identifier],
    groups,
    credentials: [
      ...(withPassword ? [testPassword(node.app)] : []),
      emailCredential(identifier),
      ...(totp ? [app] : []),
    ],
  });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password, ...(totp ? { totp: key } : {}) };
}

const passcode = (text: string) => ({ 'credentials.passcode': text });

/** Clicks "Forgot password?" and says who it is. */
async function forget(user: TestUser, app = 'notes'): Promise<SignIn> {
  const begun = await beginSignIn(node, app);
  const page = await begun.agent.submit(begun.page, formOf(begun.page, 'recover'));
  expect(currentStep(page)).toBe('identify');
  return { ...begun, page: await answerStep(begun.agent, page, { identifier: user.identifier }) };
}

async function proveMailbox({ agent, page }: SignIn, user: TestUser): Promise<Page> {
  expect(currentStep(page)).toBe('challenge:email');
  const message = await mailTo(node, user.identifier);
  expect(message.subject).toBe('Reset your password');
  return answerStep(agent, page, passcode(codeIn(message)));
}

test('proves the mailbox, sets a new password and is signed in; all else ends and every address is notified', async () => {
  const user = await newUser();
  const other = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(other.agent, other.page, user))).toBe('code');
  const begun = await forget(user);
  const page = await proveMailbox(begun, user);
  expect(currentStep(page)).toBe('enroll:password');
  const done = await answerStep(begun.agent, page, passcode(good));
  expect(currentStep(done)).toBe('code');
  expect(await notifiedEvents(node, user.identifier)).toEqual(['recovered']);
  expect(node.audit).toContainEqual(expect.objectContaining({ event: 'recovery.started', authenticator: 'password' }));
  expect(eventsOf(node, user.id)).toEqual(
    expect.arrayContaining([
      'authenticator.verified:email',
      'recovery.completed:password',
      'authenticator.enrolled:password',
      'sign_in.completed',
    ]),
  );
  expect(currentStep((await beginSignIn(node, 'notes', other.agent)).page)).toBe('identify');
  const fresh = await beginSignIn(node, 'notes');
  const refused = await identify(fresh.agent, fresh.page, user);
  expect(refused.messages).toEqual(['credentials.invalid']);
  expect(currentStep(await identify(fresh.agent, refused, { ...user, password: good }))).toBe('code');
  expect(JSON.stringify([node.audit, node.errors])).not.toContain('umbrella');
});

test('the second factor stays, is not touched, and is asked for afterwards', async () => {
  const user = await newUser({ totp: true });
  const before = (await node.app.directory.get(user.id))?.credentials.filter(
    (credential) => credential.authenticator !== 'password',
  );
  const begun = await forget(user, 'two');
  const page = await proveMailbox(begun, user);
  const next = await answerStep(begun.agent, page, passcode(good));
  expect(currentStep(next)).toBe('challenge:totp');
  const after = (await node.app.directory.get(user.id))?.credentials.filter(
    (credential) => credential.authenticator !== 'password',
  );
  expect(after).toEqual(before);
  expect(currentStep(await answerStep(begun.agent, next, passcode(await nextCode(user))))).toBe('code');
});

describe('a mailbox alone', () => {
  test('never makes two factors, now or later; the first other factor may be added', async () => {
    const user = await newUser();
    const begun = await forget(user, 'two');
    const next = await answerStep(begun.agent, await proveMailbox(begun, user), passcode(good));
    expect(currentStep(next)).toBe('enroll:totp');
    ahead += 86_400;
    const later = await beginSignIn(node, 'two');
    const asked = await identify(later.agent, later.page, { ...user, password: good });
    expect(currentStep(asked)).toBe('enroll:totp');
    ahead = 0;
  });

  test('is two factors again once the password is changed by a user who proved another one', async () => {
    const user = await newUser({ totp: true });
    const begun = await forget(user);
    await answerStep(begun.agent, await proveMailbox(begun, user), passcode(good));
    expect((await node.app.directory.get(user.id))?.user.recovery?.by).toHaveLength(1);
    const asked = await begun.agent.open(`${node.issuer}/account/add/password`);
    expect(currentStep(asked)).toBe('challenge:totp');
    const page = await answerStep(begun.agent, asked, passcode(await nextCode(user)));
    expect(currentStep(page)).toBe('enroll:password');
    await answerStep(begun.agent, page, passcode('nine yellow umbrellas'));
    expect((await node.app.directory.get(user.id))?.user.recovery).toEqual({ at: expect.any(Number), by: [] });
  });
});

test('two proofs where the rule asks for two', async () => {
  const user = await newUser({ totp: true, groups: ['careful'] });
  const begun = await forget(user);
  const second = await proveMailbox(begun, user);
  expect(currentStep(second)).toBe('challenge:totp');
  const page = await answerStep(begun.agent, second, passcode(await nextCode(user)));
  expect(currentStep(page)).toBe('enroll:password');
});

test('a user that a rule denies learns it only after the proof; so does one without a password', async () => {
  const guest = await newUser({ groups: ['guests'] });
  const denied = await proveMailbox(await forget(guest), guest);
  expect([denied.status, denied.messages]).toEqual([403, ['denied.rule']]);
  const passwordless = await newUser({ withPassword: false });
  const nothing = await proveMailbox(await forget(passwordless), passwordless);
  expect([nothing.status, nothing.messages]).toEqual([403, ['denied.nothing_to_recover']]);
  expect(
    (await node.app.directory.get(passwordless.id))?.credentials.map((credential) => credential.authenticator),
  ).toEqual(['email']);
});

test('unlocks the user, as the page says: attempts that failed are forgotten', async () => {
  const user = await newUser();
  let { agent, page } = await beginSignIn(node, 'notes');
  for (let count = 0; count < 11; count += 1)
    page = await answerStep(agent, page, { identifier: user.identifier, ...passcode('wrong one') });
  expect(page.messages).toEqual(['attempts.exceeded']);
  expect(page.html).toContain('or use “Forgot password?” to set a new one now.');
  const begun = await forget(user);
  const done = await answerStep(begun.agent, await proveMailbox(begun, user), passcode(good));
  expect(currentStep(done)).toBe('code');
  expect(await attemptsOf(node, user.id, { authenticator: 'password', window: 900 })).toBe(0);
  ({ agent, page } = await beginSignIn(node, 'notes'));
  expect(currentStep(await identify(agent, page, { ...user, password: good }))).toBe('code');
});

test('the way back leads to the sign-in, and the proof counts for nothing there', async () => {
  const user = await newUser();
  const begun = await forget(user, 'two');
  const page = await proveMailbox(begun, user);
  const back = await begun.agent.submit(page, formOf(page, 'restart'));
  expect(currentStep(back)).toBe('challenge:password');
  const proved = await answerStep(begun.agent, back, passcode(password));
  expect(currentStep(proved)).toBe('challenge:email');
});

test('is offered nowhere else: a forged request to recover shows the current step', async () => {
  const user = await newUser({ totp: true });
  const { agent, page } = await beginSignIn(node, 'two');
  const asked = await identify(agent, page, user);
  expect(formOf(asked, 'recover')).toBeUndefined();
  const form = formOf(asked, 'cancel');
  if (!form) throw new Error('no form');
  const forged = await agent.submit(asked, { ...form, action: form.action.replace('cancel', 'recover') });
  expect([forged.status, forged.messages]).toEqual([409, ['form.stale']]);
  expect(currentStep(forged)).toBe(currentStep(asked));
});
