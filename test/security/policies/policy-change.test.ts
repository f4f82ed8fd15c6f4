/** The newest policy decides at the next step, at the end, and on every node (Law 5). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { passwordCredential } from '../../../src/authenticators/password/credential.ts';
import { hashPassword } from '../../../src/authenticators/password/hash.ts';
import { claimsOf, redeemCode, refresh } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  passcode,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { password, type TestNode } from '../../support/servers/node.ts';
import { startTwoNodes, type TwoNodes } from '../../support/servers/two-nodes.ts';
import { until } from '../../support/values/until.ts';

let two: TwoNodes;
let node: TestNode;
beforeAll(async () => {
  two = await startTwoNodes();
  node = two.nodes[0];
});
afterAll(() => two.stop());

const one = { allow: { factors: 1 } };
const both = { allow: { factors: 2 } };
const denied = 'deny';
/** Sets the rules of notes on one node; sign-ins go through the other. */
const decide = (then: unknown) => node.configure(signOnPolicy('notes', ...rulesFor(then)));

/** An app that no user could ever enter is refused, so a denial is about a scope that all requests here have. */
const rulesFor = (then: unknown) =>
  then === denied ? [{ when: { scopes: { any: ['openid'] } }, then }, { then: one }] : [{ then }];

afterEach(() => decide(one));

/** The browser talks to the node that did not apply the change. */
const elsewhere = (agent: UserAgent): UserAgent => agent.via({ [two.issuer]: two.nodes[1].origin });

/** Posts the last answer, and stops at the address that would end the sign-in. */
async function lastAnswer(agent: UserAgent, page: Page, fields: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ ...mainForm(page)?.fields, ...fields });
  const answer = await agent.send(page.url, { method: 'POST', body });
  const resume = new URL(answer.headers.get('location') ?? '', two.issuer).href;
  expect(resume).toContain('/oauth2/v1/authorize/');
  return resume;
}

describe('between two steps', () => {
  test('allow becomes deny: nothing that is proved afterwards helps', async () => {
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const named = await answerStep(agent, begun.page, { identifier: user.identifier, 'credentials.passcode': '' });
    await decide(denied);
    const end = await answerStep(agent, named, { 'credentials.passcode': user.password });
    expect([end.status, end.messages]).toEqual([403, ['denied.rule']]);
    const back = await agent.submit(end, formOf(end, 'cancel'));
    expect(currentStep(back)).toBe('access_denied');
    expect(new URL(back.url).searchParams.get('error_description')).toBe('the policies deny this sign-in');
  });

  test('one factor becomes two: the second is asked for', async () => {
    const user = await userWithTotp(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    await decide(both);
    const next = await identify(agent, begun.page, user);
    expect(currentStep(next)).toBe('challenge:totp');
    expect(currentStep(await answerStep(agent, next, await passcode(user)))).toBe('code');
  });

  test('two factors become one: the page continues by itself with the existing proof', async () => {
    await decide(both);
    const user = await userWithTotp(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const atTotp = await identify(agent, begun.page, user);
    expect(currentStep(atTotp)).toBe('challenge:totp');
    await decide(one);
    const end = await agent.open(atTotp.url, {}, redirectUri);
    expect(currentStep(end)).toBe('code');
    const { tokens } = await redeemCode(node.origin, begun.request, end.url);
    expect(claimsOf(tokens?.id_token).amr).toEqual(['pwd']);
  });

  test('deny becomes allow: the sign-in continues', async () => {
    await decide(denied);
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'payroll');
    const agent = elsewhere(begun.agent);
    await node.configure(signOnPolicy('payroll', ...rulesFor(denied)));
    const refused = await identify(agent, begun.page, user);
    expect(refused.status).toBe(403);
    await node.configure(signOnPolicy('payroll', { then: one }));
    expect(currentStep(await agent.open(refused.url, {}, redirectUri))).toBe('code');
    await node.configure(signOnPolicy('payroll', { then: both }));
  });

  test('an enrollment is no longer asked for: its confirmation enrolls nothing', async () => {
    await decide(both);
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const offer = await identify(agent, begun.page, user);
    expect(currentStep(offer)).toBe('enroll:totp');
    await decide(denied);
    const end = await answerStep(agent, offer, await passcode({ ...user, totp: offer.secret ?? '' }));
    expect(currentStep(end)).not.toBe('code');
    expect(eventsOf({ audit: two.audit() }, user.id)).not.toContain('authenticator.enrolled:totp');
    const stored = await node.app.directory.get(user.id);
    expect(stored?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password']);
  });
});

describe('between the last answer and the redirect', () => {
  test('allow becomes deny: no code', async () => {
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const resume = await lastAnswer(agent, begun.page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    await decide(denied);
    const end = await agent.open(resume, {}, redirectUri);
    expect(currentStep(end)).not.toBe('code');
    expect(end.messages.join()).toContain('denied');
  });

  test('one factor becomes two: the user is asked for the second, in the same request', async () => {
    const user = await userWithTotp(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const resume = await lastAnswer(agent, begun.page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    await decide(both);
    const next = await agent.open(resume, {}, redirectUri);
    expect(currentStep(next)).toBe('challenge:totp');
    const end = await answerStep(agent, next, await passcode(user));
    expect(currentStep(end)).toBe('code');
    const { tokens } = await redeemCode(node.origin, begun.request, end.url);
    expect(claimsOf(tokens?.id_token).amr).toEqual(['mfa', 'otp', 'pwd']);
  });

  test('the account is suspended: no code', async () => {
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const resume = await lastAnswer(agent, begun.page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    await node.app.directory.setStatus(user.id, 'suspended');
    expect(currentStep(await agent.open(resume, {}, redirectUri))).not.toBe('code');
  });

  const resets: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    'is taken away': (id) => node.app.directory.resetAuthenticators(id, 'password'),
    'is replaced': async (id) =>
      node.app.directory.setPassword(id, passwordCredential(await hashPassword(node.app.hashing, 'another password'))),
    'is replaced by the same': async (id) =>
      node.app.directory.setPassword(id, passwordCredential(await hashPassword(node.app.hashing, password))),
  };

  test.each(Object.keys(resets))('the password %s: proofs by the old one no longer count', async (reset) => {
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const agent = elsewhere(begun.agent);
    const resume = await lastAnswer(agent, begun.page, {
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    await resets[reset]?.(user.id);
    expect(currentStep(await agent.open(resume, {}, redirectUri))).not.toBe('code');
  });
});

describe('a code that is out already', () => {
  test.each(['suspended', 'deactivated'] as const)('is worth nothing once the account is %s', async (status) => {
    const user = await userWithPassword(node);
    const begun = await beginSignIn(two, 'notes');
    const end = await identify(begun.agent, begun.page, user);
    await node.app.directory.setStatus(user.id, status);
    expect((await redeemCode(two.nodes[1].origin, begun.request, end.url)).error).toBe('invalid_grant');
    await node.app.directory.setStatus(user.id, 'active');
    expect((await redeemCode(two.nodes[1].origin, begun.request, end.url)).error).toBe('invalid_grant');
  });
});

test('a refresh token and a session feel a deny on the other node at once, and a tightened policy at the next authorization', async () => {
  const user = await userWithTotp(node);
  const begun = await beginSignIn(two, 'notes');
  const agent = elsewhere(begun.agent);
  const end = await identify(agent, begun.page, user);
  const { tokens } = await redeemCode(two.nodes[1].origin, begun.request, end.url);
  await decide(both);
  const silent = await beginSignIn(two, { client_id: 'notes', prompt: 'none' }, agent);
  expect(currentStep(silent.page)).toBe('interaction_required');
  await decide(denied);
  expect(currentStep((await beginSignIn(two, { client_id: 'notes', prompt: 'none' }, agent)).page)).toBe(
    'access_denied',
  );
  expect((await refresh(two.nodes[1].origin, 'notes', tokens?.refresh_token ?? '')).error).toBe('invalid_grant');
});

test('settings that a node keeps in process follow by themselves', async () => {
  const brand = `Renamed ${Date.now()}`;
  await node.configure({
    'stepgate.yaml': `${JSON.stringify({ brand: { name: brand }, authenticators: { password: { enabled: true }, totp: { enabled: true } } })}\n`,
  });
  await until(
    'the other node to follow',
    () => two.nodes[1].app.activeRevision.current()?.settings.brand.name === brand,
  );
  for (const path of ['/signin/aaaaaaaaaaaa', '/nowhere']) {
    const html = await (await fetch(`${two.nodes[1].origin}${path}`, { headers: { accept: 'text/html' } })).text();
    expect(html).toContain(brand);
  }
});

test('nothing went wrong inside', () => {
  const errors = two.nodes.flatMap((each) => each.errors);
  expect(errors.filter((error) => ((error as { status?: number }).status ?? 500) >= 500)).toEqual([]);
});
