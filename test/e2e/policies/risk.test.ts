/** Rules about what is unusual, in real sign-ins: what a session changes, and what strangers do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { oneDay, oneHour } from '../../../src/core/model/durations.ts';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { mmdb } from '../../support/values/mmdb-writer.ts';

const vienna = '192.0.2.7';
const lisbon = '203.0.113.7';

let dir: string;
let node: TestNode;
let later = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-risk-'));
  const country = join(dir, 'city.mmdb');
  const city = {
    '192.0.2.0/24': { country: { iso_code: 'AT' }, location: { latitude: 48.2, longitude: 16.4 } },
    '203.0.113.0/24': { country: { iso_code: 'PT' }, location: { latitude: 38.7, longitude: 9.1 } },
  };
  await writeFile(country, mmdb('GeoLite2-City', city));
  node = await startNode({
    demo: true,
    now: () => Math.floor(Date.now() / 1000) + later,
    files: {
      'stepgate.yaml': JSON.stringify({
        brand: { name: 'Test' },
        trustedProxies: 1,
        networkData: { country },
        authenticators: { password: { enabled: true }, totp: { enabled: true } },
      }),
      ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
      ...signOnPolicy('shop', { then: { allow: { factors: 2 } } }),
      ...signOnPolicy(
        'payroll',
        { when: { risk: { any: ['impossibleTravel'] } }, then: 'deny' },
        { when: { distance: { notWithin: '1000 km' }, device: { known: false } }, then: 'deny' },
        { when: { risk: { atLeast: 'medium' } }, then: { allow: { factors: 2 } } },
        { then: { allow: { factors: 1 } } },
      ),
      'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'All', then: {} }] }),
      'apps/shop.yaml': JSON.stringify({
        clientId: 'shop',
        name: 'Shop',
        signOnPolicy: 'shop',
        client: { application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'] },
      }),
    },
  });
});
afterAll(async () => {
  await node.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A browser that goes from place to place. */
class Traveller extends UserAgent {
  ip = vienna;

  override send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    return super.send(url, { ...init, headers: { ...init.headers, 'x-forwarded-for': this.ip } });
  }
}

type TotpUser = Awaited<ReturnType<typeof userWithTotp>>;

/** The page after a sign-in with the password, in a session of its own. */
async function withPassword(app: string, user: TotpUser, agent: UserAgent): Promise<Page> {
  const { page } = await beginSignIn(node, { client_id: app, prompt: 'login' }, agent);
  return identify(agent, page, user);
}

async function passwordLeadsTo(...of: Parameters<typeof withPassword>): Promise<string> {
  return currentStep(await withPassword(...of));
}

/** The code of the authenticator app at the time of this test. */
async function proveTotp(agent: UserAgent, page: Page, { totp }: TotpUser): Promise<string> {
  expect(currentStep(page)).toBe('challenge:totp');
  const epoch = Math.floor(Date.now() / 1000) + later;
  return currentStep(
    await answerStep(agent, page, { 'credentials.passcode': await generate({ secret: totp, epoch }) }),
  );
}

/** A user who signed in with both factors in Vienna, ten days ago. */
async function usualUser(): Promise<{ readonly user: TotpUser; readonly agent: Traveller }> {
  const user = await userWithTotp(node);
  const agent = new Traveller();
  expect(await proveTotp(agent, await withPassword('shop', user, agent), user)).toBe('code');
  later += 10 * oneDay;
  return { user, agent };
}

test('what is usual asks for little, another country for more, and the audit log says why', async () => {
  const { user, agent } = await usualUser();
  expect(await passwordLeadsTo('payroll', user, agent)).toBe('code');
  later += oneDay;
  agent.ip = lisbon;
  expect(await proveTotp(agent, await withPassword('payroll', user, agent), user)).toBe('code');
  expect(node.audit.at(-1)).toMatchObject({
    event: 'sign_in.completed',
    rule: expect.stringContaining('app: Rule 3'),
    risk: 'medium: newNetwork 10, newCountry 30',
  });
});

test('a journey that no user can make is denied, once something is proved', async () => {
  const { user, agent } = await usualUser();
  expect(await proveTotp(agent, await withPassword('shop', user, agent), user)).toBe('code');
  later += oneHour;
  agent.ip = lisbon;
  expect(currentStep((await beginSignIn(node, 'payroll', agent)).page)).toBe('denied.rule');
  // Without a session it is told only to a user who has proved something.
  const another = new Traveller();
  another.ip = lisbon;
  const { page } = await beginSignIn(node, 'payroll', another);
  expect(currentStep(page)).toMatch(/^identify/);
  expect(currentStep(await identify(another, page, user))).toBe('denied.rule');
});

test('a thief with the password makes nothing usual at an app that asks for nothing else', async () => {
  const { user } = await usualUser();
  const thief = new Traveller();
  thief.ip = lisbon;
  expect(await passwordLeadsTo('payroll', user, new Traveller())).toBe('code');
  for (let day = 0; day < 3; day += 1) {
    later += oneDay;
    expect(await passwordLeadsTo('notes', user, thief)).toBe('code');
  }
  // In the session of the weak app, and in one of its own: the browser is new, and far away.
  expect(currentStep((await beginSignIn(node, 'payroll', thief)).page)).toBe('denied.rule');
  later += oneDay;
  expect(await passwordLeadsTo('payroll', user, thief)).toBe('denied.rule');
  // A browser that is new, and far away.
  const another = new Traveller();
  another.ip = lisbon;
  expect(await passwordLeadsTo('payroll', user, another)).toBe('denied.rule');
});

test('strangers who fail make a browser that is not known prove more, and never a known one', async () => {
  const { user, agent } = await usualUser();
  const stranger = new Traveller();
  const { page } = await beginSignIn(node, 'payroll', stranger);
  let answered = page;
  for (let tries = 0; tries < 5; tries += 1)
    answered = await identify(stranger, answered, { ...user, password: 'not the password' });
  expect(currentStep(answered)).toMatch(/^identify/);
  expect(await passwordLeadsTo('payroll', user, agent)).toBe('code');
  expect(await passwordLeadsTo('payroll', user, new Traveller())).toBe('challenge:totp');
  later += 2 * oneHour;
  expect(await passwordLeadsTo('payroll', user, new Traveller())).toBe('code');
});

test('a node that cannot read the file denies where it matters, and is not ready', async () => {
  const { user, agent } = await usualUser();
  const { networkData } = node.app.activeRevision.current()?.settings ?? {};
  expect(networkData?.country).toBe(join(dir, 'city.mmdb'));
  await node.configure({
    'stepgate.yaml': JSON.stringify({
      brand: { name: 'Test' },
      trustedProxies: 1,
      networkData: { country: join(dir, 'none.mmdb') },
      authenticators: { password: { enabled: true }, totp: { enabled: true } },
    }),
  });
  expect(await passwordLeadsTo('payroll', user, agent)).toBe('code');
  agent.ip = lisbon;
  expect(currentStep((await beginSignIn(node, 'payroll', agent)).page)).toBe('denied.condition_failed');
  expect((await fetch(`${node.issuer}/readyz`)).status).toBe(503);
});
