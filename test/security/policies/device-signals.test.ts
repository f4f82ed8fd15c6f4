/** Signals of strangers: headers that say a device is managed count from the configured proxies only. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { authorization, redeemCode } from '../../support/clients/raw-client.ts';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
const settings = (proxies: readonly string[], trustedProxies: number) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Test' },
    trustedProxies,
    deviceSignals: { proxy: { proxies }, assurances: { encrypted: { signals: ['diskEncryption'] } } },
    authenticators: { password: { enabled: true }, totp: { enabled: true } },
  }),
});
const loopback = ['127.0.0.0/8', '::1'];
beforeAll(async () => {
  node = await startNode({
    files: {
      ...settings(loopback, 0),
      ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
      ...signOnPolicy(
        'payroll',
        { when: { device: { managed: false } }, then: 'deny' },
        { when: { device: { assurance: { none: ['encrypted'] } } }, then: 'deny' },
        { then: { allow: { factors: 1 } } },
      ),
      'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'All', then: {} }] }),
    },
  });
});
afterAll(() => node.stop());

async function leadsTo(headers: Readonly<Record<string, string>>): Promise<string> {
  const user = await userWithPassword(node);
  const agent = new UserAgent({ headers });
  const { page } = await beginSignIn(node, 'payroll', agent);
  const first = currentStep(page);
  return first.startsWith('identify') ? currentStep(await identify(agent, page, user)) : first;
}

const says = 'managed, diskEncryption';

test('what a proxy says counts', async () => {
  expect(await leadsTo({ 'x-device-signals': says })).toBe('code');
  expect(await leadsTo({ 'x-device-signals': 'managed' })).toBe('denied.rule');
  expect(await leadsTo({})).toBe('denied.rule');
});

test('a proxy that only adds its own header behind that of a stranger says nothing', async () => {
  expect(await leadsTo({ 'x-device-signals': `${says}, managed;` })).toBe('denied.rule');
});

/** What a request without a page comes to that sends the header as often as there are values. */
async function silently(...values: readonly string[]): Promise<string> {
  const { url } = authorization(node.issuer, 'payroll', { prompt: 'none' });
  const [answer] = (await once(get(url, { headers: { 'x-device-signals': [...values] } }), 'response')) as [
    IncomingMessage,
  ];
  answer.resume();
  return new URL(answer.headers.location ?? '').searchParams.get('error') ?? '';
}

test('a header that comes twice says nothing: a proxy may have added its own to that of a stranger', async () => {
  expect(await silently(says)).toBe('login_required');
  expect(await silently(says, 'os=ios')).toBe('access_denied');
  expect(await silently('os=ios', says)).toBe('access_denied');
});

test.each([0, 1])('the same from a stranger does not, behind %d proxies', async (trustedProxies) => {
  await node.configure(settings(['192.0.2.0/24'], trustedProxies));
  const spoofed = { 'x-forwarded-for': '192.0.2.7, 192.0.2.7', forwarded: 'for=192.0.2.7', 'x-real-ip': '192.0.2.7' };
  expect(await leadsTo({ 'x-device-signals': says })).toBe('denied.rule');
  expect(await leadsTo({ 'x-device-signals': says, ...spoofed })).toBe('denied.rule');
  expect(await leadsTo({ x_device_signals: says, 'client-cert': says, 'x-device-agent': says })).toBe('denied.rule');
  await node.configure(settings(loopback, 0));
});

test('tokens rest on the device of the authorization, not on that of the app', async () => {
  const user = await userWithPassword(node);
  const agent = new UserAgent({ headers: { 'x-device-signals': says } });
  const { page, request } = await beginSignIn(node, 'payroll', agent);
  const done = await identify(agent, page, user);
  expect(currentStep(done)).toBe('code');
  expect((await redeemCode(node.issuer, request, done.url)).status).toBe(200);
});
