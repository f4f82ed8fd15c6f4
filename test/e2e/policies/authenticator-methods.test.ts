/** Rules that take one method of an authenticator: calls and no text messages, the code of a mail and not its link. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refresh } from '../../support/clients/raw-client.ts';
import { authorizationRequest, discover, redeem, redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  type SignIn,
  signOnPolicy,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, linkIn, mailTo, maySendAgain, reader } from '../../support/messages/mail.ts';
import { caller, codeFor, settingsWithPhone } from '../../support/messages/phone.ts';
import { UserAgent, withoutTimeLeft } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { unknownAddressesWith } from '../../support/users/unknown-users.ts';

const settings = settingsWithPhone({ limits: { number: 100, prefix: 1000, network: 100_000, country: 100_000 } }, {}, [
  'password',
  'totp',
  'email',
]);
const taking = (app: string, ...authenticators: readonly string[]) =>
  signOnPolicy(app, { then: { allow: { possession: { authenticators } } } });
const code = (value: string) => ({ 'credentials.passcode': value });

describe.each(storesUnderTest)('on the $name store', ({ open }) => {
  let node: TestNode;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const opened = await open();
    node = await startNode({ store: opened.store, demo: true, files: settings });
    stop = async () => {
      await node.stop();
      await opened.stop();
    };
  });
  afterAll(() => stop());

  async function asked(identifier: string, app = 'notes', agent = new UserAgent()): Promise<SignIn> {
    const signIn = await beginSignIn(node, app, agent);
    return { ...signIn, page: await answerStep(agent, signIn.page, { identifier }) };
  }
  const methodsOn = ({ page }: Pick<SignIn, 'page'>) =>
    page.forms.flatMap(({ fields }) => fields['authenticator.methodType'] ?? []);
  const completed = (id: string) =>
    node.audit.findLast(({ subject, event }) => subject === id && event === 'sign_in.completed');
  const provedBy = (id: string) =>
    node.audit.flatMap(({ subject, event, method }) =>
      subject === id && event === 'authenticator.verified' ? [method] : [],
    );

  test('a text message that opened one app is no call for another: no button for text messages, and a call', async () => {
    await node.configure({ ...settings, ...taking('notes', 'phone'), ...taking('payroll', 'phone.voice') });
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    await answerStep(agent, page, code(codeFor(await mailTo(node, user.number))));
    expect(completed(user.id)).toMatchObject({ amr: ['sms'] });
    await maySendAgain(node, user.id, 'phone');
    const second = await beginSignIn(node, 'payroll', agent);
    expect([currentStep(second.page), methodsOn(second)]).toEqual(['challenge:phone', []]);
    const call = await mailTo(node, user.number, 2);
    expect(call.channel).toBe('voice');
    const forged = await agent.submit(second.page, formOf(second.page, 'resend'), {
      'authenticator.methodType': 'sms',
    });
    expect(forged.messages).toEqual(['form.stale']);
    expect(currentStep(await answerStep(agent, forged, code(codeFor(call))))).toBe('code');
    expect(completed(user.id)).toMatchObject({ client: 'payroll', amr: ['tel'] });
    expect(provedBy(user.id)).toEqual(['sms', 'voice']);
  });

  test('tokens end when the rules no longer accept the method that they rest on', async () => {
    await node.configure({ ...settings, ...taking('notes', 'phone') });
    const user = await caller(node);
    const agent = new UserAgent();
    const config = await discover(node.issuer, 'notes');
    const request = await authorizationRequest(config, { scope: 'openid offline_access' });
    const first = await agent.open(request.url, {}, redirectUri);
    const challenged = await answerStep(agent, first, { identifier: user.identifier });
    const done = await answerStep(agent, challenged, code(codeFor(await mailTo(node, user.number))));
    const tokens = await redeem(config, request, done.url);
    await node.configure({
      ...settings,
      ...signOnPolicy('notes', { then: { allow: { any: { exclude: ['phone.voice'] } } } }),
    });
    const still = await refresh(node.origin, 'notes', tokens.refresh_token ?? '');
    expect(still.error).toBeUndefined();
    await node.configure({
      ...settings,
      ...signOnPolicy('notes', { then: { allow: { any: { exclude: ['phone.sms'] } } } }),
    });
    const over = await refresh(node.origin, 'notes', still.tokens?.refresh_token ?? '');
    expect(over.error).toBe('invalid_grant');
  });

  test('a code alone: the mail has no link', async () => {
    await node.configure({ ...settings, ...taking('notes', 'email.code') });
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    expect([codeIn(mail), linkIn(mail)]).toEqual([expect.stringMatching(/^\d{6}$/), '']);
    expect(mail.html).not.toContain('/link?t=');
    expect(page.html).not.toContain('data-follow');
    expect(currentStep(await answerStep(agent, page, code(codeIn(mail))))).toBe('code');
    expect(provedBy(user.id)).toEqual(['code']);
  });

  test('a link alone: neither mail nor pages show a code, and it counts in the browser that asked', async () => {
    await node.configure({ ...settings, ...taking('notes', 'email.link') });
    const user = await reader(node);
    const { agent, page } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    expect([codeIn(mail), linkIn(mail) === '']).toEqual(['', false]);
    expect([page.status, page.html.includes('credentials.passcode'), formOf(page, 'challenge')]).toEqual([
      200,
      false,
      undefined,
    ]);
    const elsewhere = await new UserAgent().open(linkIn(mail));
    expect([elsewhere.messages, /data-code/.test(elsewhere.html)]).toEqual([['magic_link.elsewhere'], false]);
    const landed = await agent.open(linkIn(mail));
    const [form] = landed.forms;
    if (!form) throw new Error('there is no form');
    const { 'link.token': _token, ...typed } = form.fields;
    const refused = await agent.submit(landed, { ...form, fields: typed });
    expect([refused.status, provedBy(user.id)]).toEqual([422, []]);
    const again = await agent.open(linkIn(mail));
    expect(currentStep(await agent.submit(again, again.forms[0]))).toBe('code');
    expect(provedBy(user.id)).toEqual(['link']);
  });

  test('a link that was mailed before the rules changed no longer counts; the code next to it does', async () => {
    await node.configure({ ...settings, ...taking('notes', 'email') });
    const user = await reader(node);
    const { agent } = await asked(user.identifier);
    const mail = await mailTo(node, user.address);
    await node.configure({ ...settings, ...taking('notes', 'email.code') });
    const landed = await agent.open(linkIn(mail));
    const refused = await agent.submit(landed, landed.forms[0]);
    expect([refused.messages, currentStep(refused)]).toEqual([['form.stale'], 'challenge:email']);
    expect(currentStep(await answerStep(agent, refused, code(codeIn(mail))))).toBe('code');
    expect(provedBy(user.id)).toEqual(['code']);
  });

  test('a text message that no longer counts is followed by a call', async () => {
    await node.configure({ ...settings, ...taking('notes', 'phone') });
    const user = await caller(node);
    const { agent, page } = await asked(user.identifier);
    const text = await mailTo(node, user.number);
    await node.configure({ ...settings, ...taking('notes', 'phone.voice') });
    await maySendAgain(node, user.id, 'phone');
    const answered = await answerStep(agent, page, code(codeFor(text)));
    expect(currentStep(answered)).toBe('challenge:phone');
    const call = await mailTo(node, user.number, 2);
    expect(call.channel).toBe('voice');
    expect(currentStep(await answerStep(agent, answered, code(codeFor(call))))).toBe('code');
  });

  test.each([
    ['phone.voice', 'phone'],
    ['phone.sms', 'phone'],
    ['email.code', 'email'],
    ['email.link', 'email'],
  ])('users and names that no user has see the same page: %s', async (name, authenticator) => {
    await node.configure({ ...settings, ...taking('notes', name) });
    const user = authenticator === 'phone' ? await caller(node) : await reader(node);
    const anonymous = ({ page, uid }: SignIn): string =>
      withoutTimeLeft(page.html)
        .replace(/stateHandle" value="[^"]*"/g, '')
        .replaceAll(uid, 'uid')
        .replace(/[\w-]+@demo\.test|\w\*\*\*\w@\w\*\*\*\w\.\w+/g, 'x');
    const known = anonymous(await asked(user.identifier));
    const others = await Promise.all(
      unknownAddressesWith(authenticator, 4, name.replace('.', '-')).map((address) => asked(address)),
    );
    expect(others.map(anonymous)).toContain(known);
    expect(others.map(({ page }) => page.status)).toEqual(others.map(() => 200));
  });
});
