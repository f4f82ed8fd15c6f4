import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { password, startNode, type TestNode } from '../support/node.ts';
import { authorizationRequest, discover, redeem, signIn } from '../support/relying-party.ts';
import { UserAgent } from '../support/user-agent.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

test('one factor: identifier and password on one page, tokens with true assurance, userinfo', async () => {
  const config = await discover(node.issuer, 'notes');
  const request = await authorizationRequest(config);
  const agent = new UserAgent();
  const { page, asked } = await signIn(agent, request.url, { identifier: 'alice@demo.test', password });
  expect(asked).toEqual(['identify']);
  const tokens = await redeem(config, request, page.url);
  const claims = tokens.claims();
  expect(claims).toMatchObject({ acr: 'urn:okta:loa:1fa:pwd', amr: ['pwd'] });
  expect(Math.abs(Number(claims?.auth_time) - Date.now() / 1000)).toBeLessThan(30);
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
  expect(userinfo).toMatchObject({ email: 'alice@demo.test', groups: ['staff'] });
});
