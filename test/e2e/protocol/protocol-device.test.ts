/** The device flow (RFC 8628): a device without a browser, a user with one, and the policy of the app in between. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { interactionKey, userCodeKey } from '../../../src/stores/keys.ts';
import { appFile, authorize, type OpenNode, openNode, post, signOut } from '../../support/clients/authorize.ts';
import { discover, signIn, type TestUser } from '../../support/clients/relying-party.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, type TestNode } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';
import { expectSince, moment } from '../../support/values/epoch-seconds.ts';

const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

interface Device {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly complete: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let node: TestNode;
  let second: TestNode;
  let user: TestUser;

  beforeAll(async () => {
    opened = await openNode(storeUnderTest, {
      files: {
        ...appFile('no-device', { client: { grant_types: ['authorization_code'] } }),
        ...appFile('always-asks', { client: { grant_types: ['authorization_code', grantType], default_max_age: 0 } }),
      },
    });
    node = opened.node;
    second = await opened.second();
    user = await newTestUser(node);
  });
  afterAll(() => opened.stop());

  async function start(clientId = 'notes', fields: Readonly<Record<string, string>> = {}): Promise<Device> {
    const { body, status } = await post(`${node.issuer}/oauth2/v1/device`, {
      client_id: clientId,
      scope: 'openid email',
      ...fields,
    });
    expect(status).toBe(200);
    return {
      deviceCode: String(body.device_code),
      userCode: String(body.user_code),
      complete: String(body.verification_uri_complete),
      answer: body,
    };
  }

  const poll = (device: Device, clientId = 'notes', origin = node.issuer) =>
    post(`${origin}/oauth2/v1/token`, { grant_type: grantType, client_id: clientId, device_code: device.deviceCode });

  const codeForm = (page: Page) => page.forms.find(({ fields }) => 'user_code' in fields);

  /** Types the code and answers the question whether this is the device. What comes next. */
  async function enter(agent: UserAgent, userCode: string, answer: 'confirm' | 'abort' = 'confirm'): Promise<Page> {
    const page = await agent.open(`${node.issuer}/device`);
    expect(page.status).toBe(200);
    const asked = await agent.submit(page, codeForm(page), { user_code: userCode });
    const form = codeForm(asked);
    if (!form || !('confirm' in form.fields)) return asked;
    const { abort: _, ...fields } = form.fields;
    return agent.submit(asked, { ...form, fields }, answer === 'abort' ? { abort: 'yes' } : {});
  }

  async function approve(agent: UserAgent, userCode: string, who = user) {
    return signIn(agent, await enter(agent, userCode), who);
  }

  test('the device learns where to send the user, and how often to ask', async () => {
    const { answer } = await start();
    expect(answer).toMatchObject({
      verification_uri: `${node.issuer}/device`,
      verification_uri_complete: `${node.issuer}/device?user_code=${answer.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    expect(String(answer.user_code)).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(String(answer.device_code).length).toBeGreaterThanOrEqual(40);
  });

  test('one factor: true tokens at the end, on another node than the one that was asked', async () => {
    const began = moment();
    const device = await start();
    expect((await poll(device)).body.error).toBe('authorization_pending');
    const { page, asked } = await approve(new UserAgent(), device.userCode);
    expect(asked).toEqual(['identify']);
    expect(page.status).toBe(200);
    const { status, body } = await poll(device, 'notes', second.origin);
    expect(status).toBe(200);
    const claims = decodeJwt(String(body.id_token));
    expect(claims).toMatchObject({ iss: node.issuer, aud: 'notes', acr: 'urn:okta:loa:1fa:pwd', amr: ['pwd'] });
    expectSince(began, claims.auth_time);
    expect(body.refresh_token).toBeDefined();
    const asking = await post(`${node.issuer}/oauth2/v1/introspect`, {
      token: String(body.access_token),
      client_id: 'notes',
    });
    expect(asking.body).toMatchObject({ active: true, acr: 'urn:okta:loa:1fa:pwd', auth_time: claims.auth_time });
  });

  test('only the device knows the device code: the value that the store keeps instead opens nothing', async () => {
    const device = await start();
    const agent = new UserAgent();
    const asked = await enter(agent, device.userCode);
    const uid = new URL(asked.url).pathname.split('/').at(-1) ?? '';
    const keys = [userCodeKey(device.userCode.replace('-', '')), interactionKey(uid)];
    const { entries } = await node.store.load(keys);
    const kept = keys.map((key) => entries.get(key)?.value ?? '');
    expect(kept.map((value) => value.includes('device-code:{'))).toEqual([true, true]);
    for (const { value = '' } of [...entries.values()].flatMap((entry) => entry ?? []))
      expect(value).not.toContain(device.deviceCode);
    const reference = kept[0] ?? '';
    await signIn(agent, asked, user);
    expect((await poll({ ...device, deviceCode: reference })).body.error).toBe('invalid_grant');
    expect((await poll(device)).status).toBe(200);
  });

  test('two factors: the policy of the app applies in the browser, and the tokens say so', async () => {
    const other: TestUser = await newTestUser(node);
    const first = await start('payroll');
    expect((await approve(new UserAgent(), first.userCode, other)).asked).toEqual(['identify', 'enroll:totp']);
    const next = await start('payroll');
    const { asked } = await approve(new UserAgent(), next.userCode, other);
    expect(asked).toEqual(['identify', 'challenge:totp']);
    const claims = decodeJwt(String((await poll(next, 'payroll')).body.id_token));
    expect(claims).toMatchObject({ acr: 'urn:okta:loa:2fa:any', amr: ['mfa', 'otp', 'pwd'] });
  });

  test('wrong codes are limited for each browser, and for each network over all browsers', async () => {
    const limited = await openNode(storeUnderTest);
    try {
      const { issuer } = limited.node;
      const tries = async (agent: UserAgent, count: number) => {
        let page = await agent.open(`${issuer}/device`);
        for (let done = 0; done < count && page.status === 200; done += 1)
          page = await agent.submit(page, codeForm(page), { user_code: 'BBBBBBBB' });
        return page;
      };
      const first = new UserAgent();
      expect((await tries(first, 20)).messages).toEqual(['device.invalid']);
      const over = await tries(first, 1);
      expect([over.status, over.messages]).toEqual([429, ['attempts.exceeded']]);
      expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
      for (let browser = 0; browser < 4; browser += 1) await tries(new UserAgent(), 20);
      expect((await tries(new UserAgent(), 1)).status).toBe(429);
      await limited.pass(601);
      expect((await tries(first, 1)).messages).toEqual(['device.invalid']);
    } finally {
      await limited.stop();
    }
  });

  test('a session that is there already counts, but never silently: the user confirms the device', async () => {
    const agent = new UserAgent();
    const notes = await discover(node.issuer, 'notes');
    const { tokens } = await authorize(notes, agent, user);
    const device = await start();
    const page = await agent.open(`${node.issuer}/device`);
    const asked = await agent.submit(page, codeForm(page), { user_code: device.userCode });
    expect((await poll(device)).body.error).toBe('authorization_pending');
    expect(codeForm(asked)?.fields).toHaveProperty('confirm');
    const { asked: steps } = await approve(agent, device.userCode);
    expect(steps).toEqual([]);
    const claims = decodeJwt(String((await poll(device)).body.id_token));
    expect(claims).toMatchObject({ sub: tokens.claims()?.sub, auth_time: tokens.claims()?.auth_time });
  });

  test.each([
    ['max_age=0 of the device', 'notes', { max_age: '0' }],
    ['default_max_age: 0 of the app', 'always-asks', {}],
  ])('%s: what the session holds does not count', async (_, clientId, fields) => {
    const agent = new UserAgent();
    const { tokens } = await authorize(await discover(node.issuer, 'notes'), agent, user);
    const signedInAt = Number(tokens.claims()?.auth_time);
    const device = await start(clientId, fields);
    const { asked } = await approve(agent, device.userCode);
    expect(asked).toEqual(['challenge:password']);
    const { id_token: token } = (await poll(device, clientId)).body;
    expect(Number(decodeJwt(String(token)).auth_time)).toBeGreaterThanOrEqual(signedInAt);
  });

  test('the complete address shows the question, and needs no typing', async () => {
    const device = await start();
    const agent = new UserAgent();
    const page = await agent.open(device.complete);
    const asked = await agent.submit(page, page.forms[0]);
    expect(codeForm(asked)?.fields).toMatchObject({ confirm: 'yes' });
    expect((await poll(device)).body.error).toBe('authorization_pending');
  });

  test.each([
    ['lower case', (code: string) => code.toLowerCase()],
    ['no dash', (code: string) => code.replace('-', '')],
    ['spaces', (code: string) => ` ${code.replace('-', ' ')} `],
  ])('a code typed with %s is the same code', async (_, typed) => {
    const device = await start();
    const agent = new UserAgent();
    const page = await agent.open(`${node.issuer}/device`);
    const asked = await agent.submit(page, codeForm(page), { user_code: typed(device.userCode) });
    expect(codeForm(asked)?.fields).toHaveProperty('confirm');
  });

  test('a wrong code, no code, and a foreign form lead nowhere', async () => {
    const agent = new UserAgent();
    const page = await agent.open(`${node.issuer}/device`);
    const form = codeForm(page);
    const wrong = await agent.submit(page, form, { user_code: 'BBBB-BBBB' });
    expect(wrong.messages).toContain('device.invalid');
    const none = await agent.submit(wrong, codeForm(wrong), { user_code: '' });
    expect(none.messages).toContain('device.required');
    const device = await start();
    const foreign = await new UserAgent().submit(page, form, { user_code: device.userCode, confirm: 'yes' });
    expect(codeForm(foreign)?.fields).not.toHaveProperty('confirm');
    expect((await poll(device)).body.error).toBe('authorization_pending');
  });

  test('a form whose session is gone starts again, and so does an address of another user', async () => {
    const agent = new UserAgent();
    const page = await agent.open(`${node.issuer}/device`);
    const fresh = await new UserAgent().submit(page, codeForm(page), { user_code: 'BBBB-BBBB' });
    expect([fresh.url, fresh.status]).toEqual([`${node.issuer}/device`, 200]);
    const foreign = await new UserAgent().open(`${node.issuer}/device/abcdefghijklmnopqrstu`);
    expect([foreign.url, foreign.status]).toEqual([`${node.issuer}/device`, 200]);
  });

  test('a user who says that it is not their device denies it', async () => {
    const device = await start();
    const page = await enter(new UserAgent(), device.userCode, 'abort');
    expect(page.messages).toContain('device.aborted');
    expect((await poll(device)).body.error).toBe('access_denied');
  });

  test('a user who cancels the sign-in denies it', async () => {
    const device = await start();
    const agent = new UserAgent();
    const page = await enter(agent, device.userCode);
    const end = await agent.submit(
      page,
      page.forms.find(({ step }) => step === 'cancel'),
    );
    expect(end.messages).toContain('device.aborted');
    expect((await poll(device)).body.error).toBe('access_denied');
  });

  test('a user that the policy denies gets no token', async () => {
    const device = await start('payroll');
    const carol = { identifier: 'carol@demo.test', password: user.password };
    const { page } = await approve(new UserAgent(), device.userCode, carol);
    expect(page.messages).toContain('denied.rule');
    expect((await poll(device, 'payroll')).body.error).toBe('authorization_pending');
  });

  test('a code that was used, approved or denied cannot be entered again', async () => {
    const device = await start();
    await approve(new UserAgent(), device.userCode);
    expect((await enter(new UserAgent(), device.userCode)).messages).toContain('device.invalid');
    await poll(device);
    expect((await enter(new UserAgent(), device.userCode)).messages).toContain('device.invalid');
  });

  test('of two users who enter one code at once, one approves it', async () => {
    const device = await start();
    const users = [await newTestUser(node), await newTestUser(node)];
    const agents = [new UserAgent(), new UserAgent()];
    const pages = await Promise.all(agents.map((agent) => enter(agent, device.userCode)));
    await Promise.allSettled(
      pages.map((page, index) => signIn(agents[index] as UserAgent, page, users[index] as TestUser)),
    );
    const { body } = await poll(device);
    expect(users.map(({ id }) => id)).toContain(decodeJwt(String(body.id_token)).sub);
  });

  test('the device code works once, also when asked many times at once', async () => {
    const device = await start();
    await approve(new UserAgent(), device.userCode);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => poll(device, 'notes', index % 2 ? second.origin : node.origin)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect([status, body.error]).toEqual([400, 'invalid_grant']);
  });

  test('a device that asks too often gets slow_down, on every node; one that waits does not', async () => {
    const device = await start();
    expect((await poll(device)).body.error).toBe('authorization_pending');
    expect((await poll(device, 'notes', second.origin)).body.error).toBe('slow_down');
    await opened.pass(5);
    expect((await poll(device)).body.error).toBe('authorization_pending');
    await approve(new UserAgent(), device.userCode);
    expect((await poll(device)).status).toBe(200);
  });

  test('another app cannot fetch the tokens, and an app without the grant cannot start', async () => {
    const device = await start();
    await approve(new UserAgent(), device.userCode);
    expect((await poll(device, 'payroll')).body.error).toBe('invalid_grant');
    expect((await poll({ ...device, deviceCode: 'unknown' })).body.error).toBe('invalid_grant');
    const refused = await post(`${node.issuer}/oauth2/v1/device`, { client_id: 'no-device', scope: 'openid' });
    expect(refused.status).toBe(400);
  });

  test('tokens of a device end with the session of the user who approved it', async () => {
    const device = await start();
    const agent = new UserAgent();
    await approve(agent, device.userCode);
    const { body } = await poll(device);
    await signOut(agent, `${node.issuer}/oauth2/v1/logout`, 'everywhere');
    const refreshed = await post(`${node.issuer}/oauth2/v1/token`, {
      grant_type: 'refresh_token',
      client_id: 'notes',
      refresh_token: String(body.refresh_token),
    });
    expect(refreshed.body.error).toBe('invalid_grant');
  });

  test('an essential acr that cannot be reached ends in an error at the device', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['phr'] } } });
    const device = await start('notes', { claims });
    const agent = new UserAgent();
    await authorize(await discover(node.issuer, 'notes'), agent, user);
    await approve(agent, device.userCode);
    expect((await poll(device)).body.error).toBe('unmet_authentication_requirements');
  });

  test('nothing unexpected was logged', () => {
    const unexpected = [...node.errors, ...second.errors].filter(
      (error) => !((error as { status?: number }).status && (error as { status: number }).status < 500),
    );
    expect(unexpected).toEqual([]);
  });
});
