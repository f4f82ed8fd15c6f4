/** Passwords as users set and change them: in the loop and at `/account`, under the password policy. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword } from '../../../src/authenticators/password/hash.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { password, startNode, type TestNode } from '../../support/servers/node.ts';
import { notifiedEvents } from '../../support/users/account-notifications.ts';
import { visit, withEmail } from '../../support/users/account-visits.ts';

const good = 'seven green umbrellas';
const policy = `rules:
  - name: Auditors
    when: { groups: { any: [auditors] } }
    then: { minLength: 20, minLengthBesideSecondFactor: 20, maxAge: P30D, history: 2 }
  - name: Rest
    then: {}
`;
let node: TestNode;
let ahead = 0;

beforeAll(async () => {
  node = await startNode({
    now: () => Math.floor(Date.now() / 1000) + ahead,
    mail: true,
    files: { 'policies/password.yaml': policy },
  });
});
afterAll(async () => node.stop());

const asPasscode = (text: string) => ({ 'credentials.passcode': text });

async function passwordOf({ id }: { readonly id: string }) {
  const account = await node.app.directory.get(id);
  return account?.credentials.find(({ authenticator }) => authenticator === 'password');
}

test('a user changes the password at the account page; sessions elsewhere end, and every address is notified', async () => {
  const user: TestUser & { id: string } = await userWithPassword(node);
  await withEmail(node, user);
  const other = await visit(node, user);
  const { agent } = await visit(node, user);
  const before = await passwordOf(user);
  const page = await agent.open(`${node.issuer}/account/add/password`);
  expect(currentStep(page)).toBe('enroll:password');
  const short = await answerStep(agent, page, asPasscode('fourteen chars'));
  expect([short.status, short.messages]).toEqual([422, ['password.too_short']]);
  expect(short.html).toContain('Use at least 15 characters.');
  const same = await answerStep(agent, short, asPasscode(password));
  expect([same.status, same.messages]).toEqual([422, ['password.repeated']]);
  const named = await answerStep(agent, same, asPasscode(`${user.identifier}!!!`));
  expect(named.messages).toEqual(['password.context']);
  const done = await answerStep(agent, named, asPasscode(good));
  expect(done.messages).toEqual(['account.done.changed']);
  expect((await passwordOf(user))?.id).not.toBe(before?.id);
  expect(currentStep(await other.agent.open(`${node.issuer}/account`))).toBe('identify');
  expect(await notifiedEvents(node, user.identifier)).toEqual(['replaced']);
  expect(JSON.stringify([node.audit, node.errors])).not.toContain('umbrella');

  const fresh = await beginSignIn(node, 'notes');
  const refused = await identify(fresh.agent, fresh.page, { ...user, password });
  expect(refused.messages).toEqual(['credentials.invalid']);
  expect(currentStep(await identify(fresh.agent, refused, { ...user, password: good }))).toBe('code');
});

test('/.well-known/change-password leads there', async () => {
  const user = await userWithPassword(node);
  const { agent } = await visit(node, user);
  const page = await agent.open(`${node.issuer}/.well-known/change-password`);
  expect(currentStep(page)).toBe('enroll:password');
});

test('a user with an authenticator app proves it first, and may have a shorter password', async () => {
  const user = await userWithTotp(node);
  const { agent } = await visit(node, user);
  const asked = await agent.open(`${node.issuer}/account/add/password`);
  expect(currentStep(asked)).toBe('challenge:totp');
  const page = await answerStep(agent, asked, await passcode(user));
  expect(currentStep(page)).toBe('enroll:password');
  expect(page.html).toContain('At least 8 characters');
  const done = await answerStep(agent, page, asPasscode('mild fog'));
  expect(done.messages).toEqual(['account.done.changed']);
});

test('a password is removed on a page that asks, and set again', async () => {
  const user = await userWithTotp(node);
  const { agent } = await visit(node, user);
  const id = (await passwordOf(user))?.id;
  const asked = await agent.open(`${node.issuer}/account/authenticators/${id}`);
  const page = await answerStep(agent, asked, await passcode(user));
  const form = formOf(page, 'remove');
  const confirm = Object.hasOwn(form?.fields ?? {}, 'confirm') ? { confirm: form?.fields.confirm ?? '' } : {};
  const refused = await agent.submit(page, form, confirm);
  const box = /name="confirm"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="confirm"/.exec(refused.html);
  const gone = box
    ? await agent.submit(refused, formOf(refused, 'remove'), { confirm: box[1] ?? box[2] ?? '' })
    : refused;
  expect(gone.messages).toEqual(['account.done.removed']);
  expect(await passwordOf(user)).toBeUndefined();
  ahead += 30;
  const set = await agent.open(`${node.issuer}/account/add/password`);
  expect(currentStep(set)).toBe('enroll:password');
  expect((await answerStep(agent, set, asPasscode(good))).messages).toEqual(['account.done.added']);
  expect(await passwordOf(user)).toBeDefined();
});

test('an expired password is changed while signing in, for the group whose rule says so', async () => {
  const user = await userWithPassword(node, ['auditors']);
  const other = await userWithPassword(node, ['staff']);
  ahead += 31 * 86_400;
  const untouched = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(untouched.agent, untouched.page, other))).toBe('code');
  const { agent, page } = await beginSignIn(node, 'notes');
  const expired = await identify(agent, page, user);
  expect(currentStep(expired)).toBe('enroll:password');
  expect(expired.messages).toEqual(['enroll.replacement.expired']);
  const short = await answerStep(agent, expired, asPasscode('nineteen characters'));
  expect(short.messages).toContain('password.too_short');
  expect(currentStep(await answerStep(agent, short, asPasscode('twenty characters, no less')))).toBe('code');
  expect(eventsOf(node, user.id)).toContain('authenticator.enrolled:password');
  const again = await beginSignIn(node, 'notes');
  const next = await identify(again.agent, again.page, { ...user, password: 'twenty characters, no less' });
  expect(currentStep(next)).toBe('code');
});

test('a password that a list has by now is changed while signing in', async () => {
  const user = await userWithPassword(node);
  const text = 'letmein';
  const hash = await hashPassword(node.app.hashing, text);
  await node.app.directory.setPassword(user.id, passwordCredential(hash));
  const { agent, page } = await beginSignIn(node, 'notes');
  const asked = await identify(agent, page, { ...user, password: text });
  expect(currentStep(asked)).toBe('enroll:password');
  expect(asked.messages).toEqual(['enroll.replacement.compromised']);
  expect(currentStep(await answerStep(agent, asked, asPasscode(good)))).toBe('code');
});
