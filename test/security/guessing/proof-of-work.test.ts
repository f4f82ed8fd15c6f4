/** Work for browsers whose network registers or recovers often: what is free, what counts, and what does not. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { networkRequestsCounter } from '../../../src/stores/keys.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { allMailTo, codeIn, mailTo } from '../../support/messages/mail.ts';
import { answerOf, type Task, taskOf } from '../../support/messages/proof-of-work.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

const enabled = ['password', 'totp', 'email'];
const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
for (const { key } of authenticatorKinds) settings.setIn(['authenticators', key, 'enabled'], enabled.includes(key));
settings.set('proofOfWork', { free: 2, difficulty: 6 });

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    demo: true,
    authenticators: enabled,
    files: {
      'stepgate.yaml': settings.toString(),
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['email'] } } } }],
      }),
      'policies/profile/open.yaml': JSON.stringify({
        name: 'open',
        rules: [{ name: 'New users', then: { register: 'allow' } }],
      }),
      ...appFile('open', { profilePolicy: 'open' }),
    },
  });
});
afterAll(() => node.stop());
beforeEach(async () => {
  const counters = ['127.0.0.1', '0:0:0:0::/64', '::1'].map(networkRequestsCounter);
  await node.store.commit(counters.map((counter) => ({ op: 'reset', counter })));
});

const newAddress = () => `${randomName()}@new.test`;

interface Tab {
  readonly agent: UserAgent;
  readonly page: Page;
}

async function form(): Promise<Tab> {
  const { agent, page } = await beginSignIn(node, 'open');
  return { agent, page: await agent.submit(page, formOf(page, 'register') as never) };
}

const register = ({ agent, page }: Tab, address: string, answer = '') =>
  answerStep(agent, page, { 'userProfile.email': address, ...(answer && { 'work.answer': answer }) });

/** A form that came back with a task. */
async function withTask(address: string): Promise<Tab & { readonly task: Task }> {
  for (let done = 0; done < 2; done += 1)
    expect(currentStep(await register(await form(), newAddress()))).toBe('challenge:email');
  const tab = await form();
  expect(taskOf(tab.page)).toBeUndefined();
  const page = await register(tab, address);
  const task = taskOf(page);
  expect([page.status, currentStep(page), page.messages]).toEqual([429, 'profile', ['requests.exceeded']]);
  if (task === undefined) throw new Error('the page has no task');
  return { ...tab, page, task };
}

test('beyond the free number a registration takes work; the typed text stays, and nothing is sent before', async () => {
  const address = newAddress();
  const { agent, page, task } = await withTask(address);
  expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(3000);
  expect(mainForm(page)?.fields).toMatchObject({ 'userProfile.email': address, 'work.answer': '' });
  expect(page.html).toMatch(/\/assets\/(?:\w+\+)?work\./);
  expect(await allMailTo(node, address)).toEqual([]);
  const sent = await register({ agent, page }, address, answerOf(task));
  expect(currentStep(sent)).toBe('challenge:email');
  const done = await answerStep(agent, sent, { 'credentials.passcode': codeIn(await mailTo(node, address)) });
  expect(currentStep(done)).toBe('code');
});

test.each<[string, (task: Task) => string]>([
  ['nothing', () => ''],
  ['a number that does not fit', (task) => answerOf(task, false)],
  ['something else', () => '1e1'],
  ['an endless number', () => '1'.repeat(40)],
])('%s is no answer, and the next task is another one', async (_what, answer) => {
  const address = newAddress();
  const { agent, page, task } = await withTask(address);
  const again = await register({ agent, page }, address, answer(task));
  expect(again.messages).toEqual(['requests.exceeded']);
  const next = taskOf(again);
  expect(next).toBeDefined();
  expect(next?.challenge).not.toBe(task.challenge);
  expect(await allMailTo(node, address)).toEqual([]);
});

test('an answer counts for its own sign-in alone, and once', async () => {
  const address = newAddress();
  const first = await withTask(address);
  const answer = answerOf(first.task);
  const other = await form();
  const refused = await register(other, newAddress(), answer);
  expect(refused.messages).toEqual(['requests.exceeded']);
  const both = await Promise.all([register(first, address, answer), register(first, address, answer)]);
  expect(both.map(currentStep)).toContain('challenge:email');
  expect(await allMailTo(node, address)).toHaveLength(1);
  const back = await first.agent.submit(both[0], formOf(both[0], 'restart') as never);
  const page = await first.agent.submit(back, formOf(back, 'register') as never);
  expect((await register({ ...first, page }, newAddress(), answer)).messages).toEqual(['requests.exceeded']);
});

test('after the wait no work is needed', async () => {
  const address = newAddress();
  const { agent, page } = await withTask(address);
  await node.store.commit([{ op: 'reset', counter: networkRequestsCounter('127.0.0.1') }]);
  expect(currentStep(await register({ agent, page }, address))).toBe('challenge:email');
});

test('a recovery takes it before it sends anything, for known and unknown users alike', async () => {
  const known = newAddress();
  await node.app.directory.create({
    identifiers: [known],
    credentials: [testPassword(node.app), emailCredential(known)],
  });
  for (let done = 0; done < 2; done += 1) await register(await form(), newAddress());
  for (const identifier of [known, newAddress()]) {
    const { agent, page } = await beginSignIn(node, 'notes');
    const recovering = await agent.submit(page, formOf(page, 'recover'));
    const asked = await answerStep(agent, recovering, { identifier });
    expect([asked.status, currentStep(asked), asked.messages]).toEqual([429, 'identify', ['requests.exceeded']]);
    expect(mainForm(asked)?.fields.identifier).toBe(identifier);
    expect(await allMailTo(node, identifier)).toEqual([]);
    const task = taskOf(asked);
    const answer = { identifier, 'work.answer': task ? answerOf(task) : '' };
    expect(currentStep(await answerStep(agent, asked, answer))).toMatch(/^challenge:/);
  }
  expect(await allMailTo(node, known)).toHaveLength(1);
  const { page } = await beginSignIn(node, 'notes');
  expect(taskOf(page)).toBeUndefined();
});
