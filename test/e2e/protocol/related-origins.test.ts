/** `/.well-known/webauthn`: which other origins may use the passkeys (Web Authentication Level 3 section 5.11). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp', 'webauthn'] });
});
afterAll(() => node.stop());

const settings = (webauthn: object) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true }, totp: { enabled: true }, webauthn },
  }),
});

test('it lists the issuer and the origins of the settings, as JSON that may be kept for a while', async () => {
  await node.configure(settings({ enabled: true, origins: ['https://id.example.net'] }));
  const answer = await fetch(`${node.issuer}/.well-known/webauthn`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  expect(await answer.json()).toEqual({ origins: [node.issuer, 'https://id.example.net'] });
});

test('it is not there where passkeys are off', async () => {
  const without = await startNode({ authenticators: ['password', 'totp'] });
  expect((await fetch(`${without.issuer}/.well-known/webauthn`)).status).toBe(404);
  await without.stop();
});
