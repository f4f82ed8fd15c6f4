/**
 * The browser that proves is the browser that goes on (Law 15): a sign-in that an attacker began and planted in the
 * browser of a user, cookies included, cannot be collected by the attacker after a proof.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { confirmDevice, pollTokens, waitingDevice } from '../../support/clients/device-grant.ts';
import { authorization, claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { redirectUri, type TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  currentStep,
  formOf,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest);
    node = opened.node;
    second = await opened.second();
  });
  afterAll(() => opened.stop());

  /** A browser that has the cookies of another one, and talks to the other node. */
  const plantedWith = (agent: UserAgent): UserAgent => agent.copy().via({ [node.issuer]: second.origin });

  /** Posts the answer, and returns where it leads to without going there. */
  async function post(agent: UserAgent, page: Page, fields: Readonly<Record<string, string>>): Promise<string> {
    const form = mainForm(page);
    const body = new URLSearchParams({ ...form?.fields, ...fields });
    const answer = await agent.send(new URL(form?.action ?? '', page.url).href, { method: 'POST', body });
    return new URL(answer.headers.get('location') ?? '', page.url).href;
  }

  const answers = (user: TestUser) => ({ identifier: user.identifier, 'credentials.passcode': user.password });
  const hasSession = (agent: UserAgent) =>
    agent.open(`${node.issuer}/account`, {}, redirectUri).then((page) => page.url.endsWith('/account'));

  /** Entries to a sign-in: the page that the attacker began, and what the user ends with. */
  const entries: Readonly<Record<string, (attacker: UserAgent) => Promise<Page>>> = {
    'an app': (attacker) => attacker.open(authorization(node.issuer, 'notes').url, {}, redirectUri),
    'the account page': (attacker) => attacker.open(`${node.issuer}/account`),
    'a device': async (attacker) => confirmDevice(node, await waitingDevice(node, 'notes'), attacker),
    'a request for a new login': (attacker) =>
      attacker.open(authorization(node.issuer, 'notes', { prompt: 'login' }).url, {}, redirectUri),
  };

  test.each(Object.keys(entries))(
    '%s: the resume is taken from the browser that proved, and from no other',
    async (at) => {
      const user = await userWithPassword(node);
      const attacker = new UserAgent();
      const page = (await entries[at]?.(attacker)) as Page;
      const victim = plantedWith(attacker);
      const resume = await post(victim, page, answers(user));
      expect(resume).toMatch(at === 'a device' ? /\/device\// : /\/oauth2\/v1\/authorize\//);
      for (const address of [resume, `${resume}/`, resume.replace(/[\w-]+$/, 'anotherinteraction')]) {
        const stolen = await attacker.open(address, {}, redirectUri);
        expect(currentStep(stolen)).not.toBe('code');
        expect(await hasSession(attacker)).toBe(false);
      }
      const end = await victim.open(resume, {}, redirectUri);
      expect(end.url.startsWith(redirectUri) ? currentStep(end) : end.status).toBe(
        end.url.startsWith(redirectUri) ? 'code' : 200,
      );
      expect(await hasSession(victim)).toBe(true);
      expect(await hasSession(attacker)).toBe(false);
    },
  );

  test('the steps after a proof: the other browser sees none and answers none', async () => {
    const user = await userWithTotp(node);
    const attacker = new UserAgent();
    const page = await attacker.open(authorization(node.issuer, 'payroll').url, {}, redirectUri);
    const victim = plantedWith(attacker);
    const atTotp = await identify(victim, page, user);
    expect(currentStep(atTotp)).toBe('challenge:totp');
    const seen = await attacker.open(atTotp.url);
    expect([seen.status, seen.messages]).toEqual([409, ['sign_in.lost']]);
    expect(seen.html).not.toContain(user.identifier);
    const code = await passcode(user);
    const answered = await answerStep(attacker, atTotp, code);
    expect([answered.status, answered.messages]).toEqual([409, ['sign_in.lost']]);
    for (const step of ['select', 'cancel', 'skip', 'resend'])
      expect(
        (await attacker.send(`${atTotp.url}/${step}`, { method: 'POST', body: new URLSearchParams() })).status,
      ).toBe(409);
    const status = await attacker.send(`${atTotp.url}/status`);
    expect(await status.json()).toEqual({ version: 0, state: 'over' });
    expect(currentStep(await answerStep(victim, atTotp, code))).toBe('code');
  });

  test('a secret from before a proof is worth nothing after it', async () => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    const page = await agent.open(authorization(node.issuer, 'payroll').url, {}, redirectUri);
    const atTotp = await identify(agent, page, user);
    const former = plantedWith(agent);
    const resume = await post(agent, atTotp, await passcode(user));
    expect((await former.open(resume, {}, redirectUri)).messages).toEqual(['sign_in.lost']);
    expect(currentStep(await agent.open(resume, {}, redirectUri))).toBe('code');
  });

  test('a lost answer costs a new start with one click, and the former user proves everything again', async () => {
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    const request = authorization(node.issuer, 'payroll');
    const page = await agent.open(request.url, {}, redirectUri);
    const atTotp = await identify(agent, page, user);
    const lost = plantedWith(agent);
    await post(agent, atTotp, await passcode(user));
    const told = await lost.open(atTotp.url);
    expect(told.messages).toEqual(['sign_in.lost']);
    const again = await lost.submit(told, formOf(told, 'restart'));
    expect([again.status, currentStep(again)]).toEqual([200, 'identify']);
    const next = await identify(lost, again, user);
    expect(currentStep(next)).toBe('challenge:totp');
    const end = await answerStep(lost, next, await passcode(user));
    expect(currentStep(end)).toBe('code');
    const { tokens } = await redeemCode(second.origin, request, end.url);
    expect(claimsOf(tokens?.id_token).amr).toEqual(['mfa', 'otp', 'pwd']);
  });

  test('a user who starts again does not get earlier proofs, and ends the sign-in of the other browser', async () => {
    const [user, thief] = [await userWithPassword(node), await userWithPassword(node)];
    const attacker = new UserAgent();
    const request = authorization(node.issuer, 'notes');
    const page = await attacker.open(request.url, {}, redirectUri);
    const victim = plantedWith(attacker);
    const resume = await post(victim, page, answers(user));
    const told = await attacker.open(resume, {}, redirectUri);
    const again = await attacker.submit(told, formOf(told, 'restart'));
    expect(currentStep(again)).toBe('identify');
    expect((await victim.open(resume, {}, redirectUri)).messages).toEqual(['sign_in.lost']);
    const end = await identify(attacker, again, { ...thief, password });
    expect(currentStep(end)).toBe('code');
    const { tokens } = await redeemCode(node.origin, request, end.url);
    expect(claimsOf(tokens?.id_token).sub).toBe(thief.id);
  });

  test.each(['before the first proof', 'between two proofs'])(
    'a resume %s ends nothing: the user continues, although another browser asks for it, too',
    async (when) => {
      const user = await userWithTotp(node);
      const attacker = new UserAgent();
      const page = await attacker.open(authorization(node.issuer, 'payroll').url, {}, redirectUri);
      const victim = plantedWith(attacker);
      const resume = page.url.replace('/signin/', '/oauth2/v1/authorize/');
      const ask = (agent: UserAgent) => agent.open(resume, {}, redirectUri);
      if (when === 'before the first proof') expect(currentStep(await ask(attacker))).toBe('identify');
      const atTotp = await identify(victim, page, user);
      expect(currentStep(atTotp)).toBe('challenge:totp');
      if (when === 'between two proofs') {
        expect((await ask(attacker)).messages).toEqual(['sign_in.lost']);
        expect(currentStep(await ask(victim))).toBe('challenge:totp');
      }
      expect(currentStep(await answerStep(victim, atTotp, await passcode(user)))).toBe('code');
    },
  );

  test('a user who starts again and resumes at once is asked to identify', async () => {
    const user = await userWithPassword(node);
    const attacker = new UserAgent();
    const page = await attacker.open(authorization(node.issuer, 'notes').url, {}, redirectUri);
    const resume = await post(plantedWith(attacker), page, answers(user));
    const told = await attacker.open(resume, {}, redirectUri);
    await attacker.submit(told, formOf(told, 'restart'));
    expect(currentStep(await attacker.open(resume, {}, redirectUri))).toBe('identify');
    expect(await hasSession(attacker)).toBe(false);
  });

  test('a cookie of one sign-in does not resume another', async () => {
    const [user, thief] = [await userWithPassword(node), await userWithPassword(node)];
    const attacker = new UserAgent();
    const page = await attacker.open(authorization(node.issuer, 'notes').url, {}, redirectUri);
    const victim = plantedWith(attacker);
    const resume = await post(victim, page, answers(user));
    const own = await attacker.open(authorization(node.issuer, 'notes').url, {}, redirectUri);
    const ownResume = await post(attacker, own, answers(thief));
    const at = (url: string) => attacker.cookies(url).filter(({ path }) => path === new URL(url).pathname);
    const planted = [...at(resume).filter(({ name }) => name.includes('resume')), ...at(ownResume)];
    const cookie = planted
      .filter(({ name, path }) => path === new URL(resume).pathname || name.includes('proof'))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const stolen = await fetch(ownResume, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
    expect(stolen.headers.get('location') ?? '').not.toContain('code=');
  });

  test('a device gets the tokens of the user who confirmed it in their browser', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent();
    const device = await waitingDevice(node, 'notes');
    const end = await identify(agent, await confirmDevice(node, device, agent), user);
    expect(end.status).toBe(200);
    const tokens = await pollTokens({ origin: second.origin }, device);
    expect(claimsOf(String(tokens.id_token)).sub).toBe(user.id);
  });
});
