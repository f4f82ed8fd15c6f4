/** Registration: the form, the code, the account, and the sign-in that goes on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { identifierKey } from '../../../src/stores/keys.ts';
import { appFile, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  redeem,
  redirectUri,
} from '../../support/clients/relying-party.ts';
import { answerStep, currentStep, eventsOf, formOf } from '../../support/clients/sign-in-flow.ts';
import { allMailTo, codeIn, mailTo, otherThan } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { randomName } from '../../support/values/random-name.ts';

const rules = (then: unknown) => JSON.stringify({ name: 'joining', rules: [{ name: 'New users', then }] });
const files = {
  'policies/profile/joining.yaml': rules({
    register: { required: ['displayName'], optional: ['nickname'], groups: ['customers'] },
    terms: [{ id: 'shop', version: '1' }],
  }),
  'policies/profile/password.yaml': rules({ register: { password: true } }).replace('joining', 'password'),
  'policies/profile/closed.yaml': rules({ register: 'deny' }).replace('joining', 'closed'),
  ...appFile('store', { profilePolicy: 'joining' }),
  ...appFile('forum', { profilePolicy: 'password' }),
  ...appFile('office', { profilePolicy: 'closed' }),
};

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  const apps = new Map<string, RelyingParty>();
  beforeAll(async () => {
    const options = { files, demo: true, authenticators: ['password', 'totp', 'email'] };
    opened = await openNode(storeUnderTest, options);
    for (const app of ['store', 'forum', 'office']) apps.set(app, await discover(opened.node.issuer, app));
  });
  afterAll(() => opened?.stop());

  async function begin(app: string, parameters: Readonly<Record<string, string>> = {}, agent = new UserAgent()) {
    const config = apps.get(app) as RelyingParty;
    const request = await authorizationRequest(config, parameters);
    const page = await agent.open(request.url, {}, redirectUri);
    const finish = async ({ url }: Page) => (await redeem(config, request, url)).claims();
    return { agent, page, finish };
  }

  const option = (agent: UserAgent, page: Page, step: string) => agent.submit(page, formOf(page, step) as never);
  const newAddress = () => `${randomName()}@new.test`;
  const form = (address: string) => ({
    'userProfile.email': address,
    'userProfile.displayName': 'Ann Archer',
    'terms.shop': 'yes',
  });
  const code = async (address: string, count = 1) => codeIn(await mailTo(opened.node, address, count));
  const find = (address: string) => opened.node.app.directory.findByIdentifier(address);

  async function filledIn(address: string, app = 'store', fields: Readonly<Record<string, string>> = form(address)) {
    const begun = await begin(app);
    const asked = await option(begun.agent, begun.page, 'register');
    expect(currentStep(asked)).toBe('profile');
    return { ...begun, page: await answerStep(begun.agent, asked, fields) };
  }

  test('by the option of the first page: the address is proved, and the user is signed in', async () => {
    const address = newAddress();
    const { agent, page, finish } = await filledIn(address);
    expect(currentStep(page)).toBe('challenge:email');
    expect(page.html).toContain(address);
    expect(await find(address)).toBeUndefined();
    const done = await answerStep(agent, page, { 'credentials.passcode': await code(address) });
    const account = await find(address);
    expect(await finish(done)).toMatchObject({ sub: account?.user.id, amr: ['email'], email_verified: true });
    expect(account?.user).toMatchObject({
      identifiers: [address],
      profile: { displayName: 'Ann Archer', email: address, emailVerified: true },
      groups: ['customers'],
      acceptedTerms: { shop: { version: '1' } },
    });
    expect(account?.credentials).toMatchObject([{ authenticator: 'email', address }]);
    expect(eventsOf(opened.node, account?.user.id ?? '')).toEqual(
      expect.arrayContaining(['user.registered', 'authenticator.enrolled:email', 'sign_in.completed']),
    );
    const back = await begin('store');
    const again = await answerStep(back.agent, back.page, { identifier: address });
    expect(currentStep(again)).toMatch(/^challenge:/);
  });

  test('a mistyped address is corrected: what else was typed stays, and the code to the wrong one proves nothing', async () => {
    const [wrong, right] = [newAddress(), newAddress()];
    const { agent, page, finish } = await filledIn(wrong);
    const toWrong = await code(wrong);
    const back = await option(agent, page, 'register');
    expect(currentStep(back)).toBe('profile');
    expect(mainForm(back)?.fields).toMatchObject({
      'userProfile.email': wrong,
      'userProfile.displayName': 'Ann Archer',
    });
    const late = await answerStep(agent, page, { 'credentials.passcode': toWrong });
    expect([currentStep(late), late.messages]).toEqual(['profile', ['form.stale']]);
    const sent = await answerStep(agent, late, form(right));
    expect(currentStep(sent)).toBe('challenge:email');
    const refused = await answerStep(agent, sent, { 'credentials.passcode': otherThan(await code(right)) });
    expect(refused.messages).toEqual(['credentials.invalid']);
    const done = await answerStep(agent, refused, { 'credentials.passcode': await code(right) });
    expect((await finish(done))?.sub).toBe((await find(right))?.user.id);
    expect(await find(wrong)).toBeUndefined();
  });

  test('an address that is held for its former owner: the form comes back, and says nothing about why', async () => {
    const address = newAddress();
    const at = Math.floor(Date.now() / 1000) - 3600;
    const reservation = JSON.stringify({ user: 'former', at, until: at + 86_400 });
    await opened.node.store.commit([{ op: 'create', key: identifierKey(address), value: reservation }]);
    const { agent, page } = await filledIn(address);
    const back = await answerStep(agent, page, { 'credentials.passcode': await code(address) });
    expect([currentStep(back), back.messages]).toEqual(['profile', ['profile.check', 'register.address_reserved']]);
    expect(mainForm(back)?.fields).toMatchObject({
      'userProfile.email': address,
      'userProfile.displayName': 'Ann Archer',
    });
    expect(back.html).not.toContain('You already have an account');
    expect(await find(address)).toBeUndefined();
    const another = newAddress();
    const sent = await answerStep(agent, back, form(another));
    await answerStep(agent, sent, { 'credentials.passcode': await code(another) });
    expect((await find(another))?.user.identifiers).toEqual([another]);
  });

  test('with a password, where the policy wants one; it counts like any password', async () => {
    const address = newAddress();
    const begun = await begin('forum');
    const asked = await option(begun.agent, begun.page, 'register');
    expect(Object.keys(mainForm(asked)?.fields ?? {})).toEqual([
      'stateHandle',
      'userProfile.email',
      'credentials.passcode',
    ]);
    const weak = await answerStep(begun.agent, asked, {
      'userProfile.email': address,
      'credentials.passcode': 'short',
    });
    expect([weak.status, weak.messages]).toEqual([422, ['profile.check', 'password.too_short']]);
    expect(mainForm(weak)?.fields['userProfile.email']).toBe(address);
    const password = 'a rather long password of mine';
    const page = await answerStep(begun.agent, weak, {
      'userProfile.email': address,
      'credentials.passcode': password,
    });
    const done = await answerStep(begun.agent, page, { 'credentials.passcode': await code(address) });
    expect((await begun.finish(done))?.amr).toEqual(expect.arrayContaining(['email', 'pwd', 'mfa']));
    expect(JSON.stringify(opened.node.audit)).not.toContain(password);
    const back = await begin('forum');
    const both = { identifier: address, 'credentials.passcode': password };
    expect(currentStep(await answerStep(back.agent, back.page, both))).toBe('code');
  });

  test('prompt=create opens the form with the hint; also in the browser of another user', async () => {
    const { agent, page, finish } = await begin('store', { prompt: 'create', login_hint: 'hint@new.test' });
    expect([currentStep(page), mainForm(page)?.fields['userProfile.email']]).toEqual(['profile', 'hint@new.test']);
    const address = newAddress();
    const sent = await answerStep(agent, page, form(address));
    const done = await answerStep(agent, sent, { 'credentials.passcode': await code(address) });
    const first = await finish(done);
    const next = await begin('store', { prompt: 'create' }, agent);
    expect(currentStep(next.page)).toBe('profile');
    const other = newAddress();
    const sentAgain = await answerStep(agent, next.page, form(other));
    const second = await next.finish(await answerStep(agent, sentAgain, { 'credentials.passcode': await code(other) }));
    expect(second?.sub).not.toBe(first?.sub);
  });

  test('a user who has an account goes back and signs in', async () => {
    const { agent, page } = await begin('store', { prompt: 'create' });
    const back = await option(agent, page, 'restart');
    expect(currentStep(back)).toMatch(/^identify/);
    expect(formOf(back, 'register')).toBeDefined();
    const user = await newTestUser(opened.node);
    const both = { identifier: user.identifier, 'credentials.passcode': user.password };
    const done = await answerStep(agent, back, both);
    expect(currentStep(done)).toBe('profile');
  });

  test('where it is not allowed there is no way to it', async () => {
    const { agent, page } = await begin('office', { prompt: 'create' });
    expect([currentStep(page), formOf(page, 'register')]).toEqual(['identify', undefined]);
    const forged = { ...formOf(page, 'cancel'), action: page.url.replace(/$/, '/register') };
    expect((await agent.submit(page, forged as never)).status).toBe(409);
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['no address', { 'userProfile.email': '' }, ['profile.check', 'profile.required']],
    ['no mail address', { 'userProfile.email': 'ann' }, ['profile.check', 'profile.invalid.email']],
    ['two addresses', { 'userProfile.email': 'a@x.test,b@x.test' }, ['profile.check', 'profile.invalid.email']],
    [
      'a header',
      { 'userProfile.email': 'a@x.test\r\nBcc: b@x.test' },
      ['profile.check', 'profile.forbidden_character'],
    ],
    ['a name before it', { 'userProfile.email': '"a@x.test"<b@y.test>' }, ['profile.check', 'profile.markup']],
    ['no name', { 'userProfile.displayName': ' ' }, ['profile.check', 'profile.required']],
    ['a template as name', { 'userProfile.displayName': '<%= 7*7 %>' }, ['profile.check', 'profile.markup']],
    ['no terms', { 'terms.shop': '' }, ['profile.check', 'terms.required']],
  ])('%s: a message, the form stays, and nothing is sent', async (_, fields, messages) => {
    const begun = await begin('store');
    const asked = await option(begun.agent, begun.page, 'register');
    const address = newAddress();
    const page = await answerStep(begun.agent, asked, { ...form(address), ...fields });
    expect([page.status, page.messages]).toEqual([422, messages]);
    expect(await allMailTo(opened.node, address)).toEqual([]);
  });

  test('a wrong code is refused, the sixth without a look; a new one replaces the old one', async () => {
    const address = newAddress();
    const { agent, page } = await filledIn(address);
    const right = await code(address);
    let tried = page;
    for (let count = 0; count < 5; count += 1) {
      tried = await answerStep(agent, tried, { 'credentials.passcode': otherThan(right) });
      expect(tried.messages).toEqual(['credentials.invalid']);
    }
    tried = await answerStep(agent, tried, { 'credentials.passcode': right });
    expect([tried.status, tried.messages]).toEqual([429, ['attempts.exceeded']]);
    expect(await find(address)).toBeUndefined();
  });

  test('a new code can be asked for, within the limits of every message', async () => {
    const address = newAddress();
    const { agent, page } = await filledIn(address);
    const soon = await option(agent, page, 'resend');
    expect([soon.status, soon.messages]).toEqual([429, ['resend.exceeded']]);
    await opened.pass(21);
    const again = await option(agent, soon, 'resend');
    expect(again.messages).toEqual(['sent.again']);
    const newest = await code(address, 2);
    expect(currentStep(await answerStep(agent, again, { 'credentials.passcode': newest }))).toBe('code');
  });
});
