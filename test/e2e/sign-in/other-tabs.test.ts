/** What other tabs and other browsers see of a sign-in that is over for them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo, passwordless, reader } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: ['password', 'email'], files: passwordless });
});
afterAll(() => node.stop());

async function finished(agent = new UserAgent()) {
  const user = await reader(node);
  const { page, uid } = await beginSignIn(node, 'notes', agent);
  const asked = await answerStep(agent, page, { identifier: user.identifier });
  const code = codeIn(await mailTo(node, user.address));
  const done = await answerStep(agent, asked, { 'credentials.passcode': code });
  expect(currentStep(done)).toBe('code');
  return { agent, asked, uid };
}

test('in the browser that finished it: that it is finished, for a page and for a form', async () => {
  const { agent, asked } = await finished();
  const shown = await agent.open(asked.url);
  expect([shown.status, shown.messages]).toEqual([410, ['error.sign_in_finished']]);
  const sent = await answerStep(agent, asked, { 'credentials.passcode': '123456' });
  expect([sent.status, sent.messages]).toEqual([410, ['error.sign_in_finished']]);
});

test('any other browser learns nothing: it gets the same answer as about a sign-in that never existed', async () => {
  const { uid, asked } = await finished();
  const signedInElsewhere = (await finished()).agent;
  const never = asked.url.replace(uid, 'A'.repeat(uid.length));
  const told = async (agent: UserAgent, url: string) => (await agent.open(url)).messages;
  for (const url of [asked.url, never]) {
    expect(await told(signedInElsewhere, url)).toEqual(['error.sign_in_expired']);
    expect(await told(new UserAgent(), url)).toEqual(['error.cookies_missing']);
  }
});

test('a mark that an attacker made up, or took from another sign-in, says nothing', async () => {
  const { asked, uid, agent } = await finished();
  const other = await finished();
  const mark = agent.cookies(node.issuer).filter(({ name }) => name.startsWith('stepgate-finished'));
  expect(mark.map(({ path }) => path)).toEqual([`/signin/${uid}`, `/signin/${uid}`]);
  const forged = new UserAgent();
  forged.setCookie(node.issuer, `stepgate-finished=${uid}; path=/`);
  expect((await forged.open(asked.url)).messages).toEqual(['error.sign_in_expired']);
  const replayed = new UserAgent();
  for (const { name, value } of mark) replayed.setCookie(node.issuer, `${name}=${value}; path=/`);
  expect((await replayed.open(other.asked.url)).messages).toEqual(['error.sign_in_expired']);
});

test('a browser that sends no cookies gets an explanation, and what else may be wrong', async () => {
  const { page } = await beginSignIn(node, 'notes');
  const blocked = await new UserAgent().open(page.url);
  expect([blocked.status, blocked.messages]).toEqual([410, ['error.cookies_missing']]);
  expect(blocked.html).toContain('allow cookies for this site');
  const german = await new UserAgent({ headers: { 'accept-language': 'de' } }).open(page.url);
  expect(german.html).toContain('erlauben Sie Cookies');
  const json = await fetch(page.url, { headers: { accept: 'application/json' } });
  expect([json.status, await json.json()]).toMatchObject([410, { error: 'cookies_missing' }]);
});

test('a sign-in that was cancelled was not finished', async () => {
  const { agent, page } = await beginSignIn(node, 'notes');
  const cancelled = await agent.submit(page, formOf(page, 'cancel'));
  expect(currentStep(cancelled)).toBe('access_denied');
  expect((await agent.open(page.url)).messages).not.toContain('error.sign_in_finished');
});
