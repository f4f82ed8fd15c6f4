/** Rules that ask how the user signed in say the same at the sign-in and at the exchange for tokens. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { redeemCode, refresh } from '../../support/clients/raw-client.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  passcode,
  signOnPolicy,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  const rules = [
    { name: 'Codes', when: { authenticated: { any: ['totp'] } }, then: {} },
    { name: 'Others', then: { required: ['webauthn'] } },
  ];
  node = await startNode({
    authenticators: ['password', 'totp', 'webauthn'],
    files: {
      ...appFile('codes', { signOnPolicy: 'codes' }),
      ...signOnPolicy('codes', { then: { allow: { factors: 1, possession: { authenticators: ['totp'] } } } }),
      ...appFile('plain', { signOnPolicy: 'plain', client: { grant_types: ['authorization_code', 'refresh_token'] } }),
      ...signOnPolicy('plain', { then: { allow: { factors: 1, knowledge: { authenticators: ['password'] } } } }),
      'policies/enrollment.yaml': JSON.stringify({ rules }),
    },
  });
});
afterAll(() => node.stop());

test('an earlier proof of the session counts for the tokens as it did for the sign-in', async () => {
  const user = await userWithTotp(node);
  const agent = new UserAgent();
  const first = await beginSignIn(node, 'codes', agent);
  const challenge = await answerStep(agent, first.page, { identifier: user.identifier });
  expect(currentStep(challenge)).toBe('challenge:totp');
  expect(currentStep(await answerStep(agent, challenge, await passcode(user)))).toBe('code');
  const second = await beginSignIn(node, { client_id: 'plain', scope: 'openid offline_access' }, agent);
  expect(currentStep(second.page)).toBe('challenge:password');
  const done = await answerStep(agent, second.page, { 'credentials.passcode': user.password });
  // No passkey is asked for, since the user signed in with a code, too.
  expect(currentStep(done)).toBe('code');
  const { status, tokens } = await redeemCode(node.origin, second.request, done.url);
  expect([status, tokens?.refresh_token]).toEqual([200, expect.any(String)]);
  expect((await refresh(node.origin, 'plain', tokens?.refresh_token ?? '')).status).toBe(200);
  await node.app.directory.resetAuthenticators(user.id, 'totp');
  expect((await refresh(node.origin, 'plain', tokens?.refresh_token ?? '')).status).toBe(400);
});
