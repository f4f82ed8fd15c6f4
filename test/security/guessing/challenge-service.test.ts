/**
 * A challenge service in place of the proof of work: what it is asked, what counts, and what happens where it fails or
 * is not there.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { networkRequestsCounter } from '../../../src/stores/keys.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import {
  type Behaviour,
  type ChallengeService,
  openChallengeService,
  serviceSettings,
  siteSecret,
} from '../../support/messages/challenge-service.ts';
import { allMailTo, mailTo } from '../../support/messages/mail.ts';
import { answerOf, taskOf } from '../../support/messages/proof-of-work.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

const enabled = ['password', 'totp', 'email'];
const field = 'g-recaptcha-response';

function settingsWith(section?: object): string {
  const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
  for (const { key } of authenticatorKinds) settings.setIn(['authenticators', key, 'enabled'], enabled.includes(key));
  settings.set('proofOfWork', { free: 0, difficulty: 6 });
  if (section) settings.set('challengeService', section);
  return settings.toString();
}

let service: ChallengeService;
let node: TestNode;
beforeAll(async () => {
  service = await openChallengeService();
  node = await startNode({
    demo: true,
    authenticators: enabled,
    variables: { CHALLENGE_SECRET: siteSecret },
    files: {
      'stepgate.yaml': settingsWith(serviceSettings(service)),
      'policies/recovery.yaml': JSON.stringify({
        rules: [{ name: 'All', then: { allow: { possession: { authenticators: ['email'] } } } }],
      }),
      'policies/profile/open.yaml': JSON.stringify({
        name: 'open',
        rules: [{ name: 'New users', then: { register: { password: true } } }],
      }),
      ...appFile('open', { profilePolicy: 'open' }),
    },
  });
});
afterAll(async () => {
  await node.stop();
  await service.close();
});
beforeEach(async () => {
  service.behaviour = 'honest';
  service.asked.length = 0;
  const counters = ['127.0.0.1', '0:0:0:0::/64', '::1'].map(networkRequestsCounter);
  await node.store.commit(counters.map((counter) => ({ op: 'reset', counter })));
});

const newAddress = () => `${randomName()}@new.test`;
const goodPassword = 'a long and winding password';

interface Tab {
  readonly agent: UserAgent;
  readonly page: Page;
}

async function form(): Promise<Tab> {
  const { agent, page } = await beginSignIn(node, 'open');
  return { agent, page: await agent.submit(page, formOf(page, 'register') as never) };
}

const register = ({ agent, page }: Tab, address: string, more: Readonly<Record<string, string>> = {}) =>
  answerStep(agent, page, { 'userProfile.email': address, 'credentials.passcode': goodPassword, ...more });

/** A form that came back with the challenge. */
async function challenged(address: string): Promise<Tab> {
  const tab = await form();
  const page = await register(tab, address);
  expect([page.status, currentStep(page), page.messages]).toEqual([429, 'profile', ['challenge_service.exceeded']]);
  return { ...tab, page };
}

const policyOf = ({ headers }: Page): string => headers.get('content-security-policy') ?? '';
const lastLine = () => node.audit.findLast(({ event }) => String(event).startsWith('challenge_service.'));

test('a response that the service takes lets the form through; it learns the response and nothing else', async () => {
  const address = newAddress();
  const tab = await challenged(address);
  expect(tab.page.html).toContain(`class="g-recaptcha" data-challenge-service="${service.origin}/api.js"`);
  expect(tab.page.html).toMatch(/Without JavaScript, try again in <bdi>1 hour<\/bdi>/);
  expect(Number(tab.page.headers.get('retry-after'))).toBeGreaterThan(3000);
  expect(mainForm(tab.page)?.fields['userProfile.email']).toBe(address);
  expect(taskOf(tab.page)).toBeUndefined();
  expect(service.asked).toEqual([]);
  expect(await allMailTo(node, address)).toEqual([]);
  const response = service.response();
  expect(currentStep(await register(tab, address, { [field]: response }))).toBe('challenge:email');
  await mailTo(node, address);
  expect(service.asked.map((asked) => Object.fromEntries(asked))).toEqual([{ secret: siteSecret, response }]);
});

test('only the page with the challenge lets the origins of the service in', async () => {
  const extra = 'https://*.challenge.test';
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service, { origins: [extra] })) });
  const tab = await form();
  const policies = [(await beginSignIn(node, 'open')).page, tab.page].map(policyOf);
  for (const policy of policies) {
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('frame-src');
    expect(policy).not.toContain(service.origin);
  }
  const shown = await register(tab, newAddress());
  for (const directive of ["script-src 'self'", "style-src 'self'", "connect-src 'self'", 'frame-src'])
    expect(policyOf(shown)).toContain(`${directive} ${service.origin} ${extra};`);
  const sent = await register({ ...tab, page: shown }, newAddress(), { [field]: service.response() });
  expect(currentStep(sent)).toBe('challenge:email');
  expect(policyOf(sent)).not.toContain(service.origin);
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service)) });
});

test.each<[string, Behaviour, () => string, string, number]>([
  ['a response that nobody gave out', 'honest', () => 'made-up', 'timeout-or-duplicate', 1],
  ['a response of another site', 'foreign', () => service.response(), 'hostname', 1],
  ['an endless response, which is not sent', 'honest', () => 'x'.repeat(9000), 'malformed', 0],
  ['what a firewall of the service might object to', 'honest', () => "' or 1=1 --", 'malformed', 0],
])('%s is refused at the page, and what was typed stays', async (_what, behaviour, response, reason, asked) => {
  const address = newAddress();
  const tab = await challenged(address);
  service.behaviour = behaviour;
  const page = await register(tab, address, { [field]: response() });
  expect([page.status, currentStep(page), page.messages]).toEqual([422, 'profile', ['challenge_service.refused']]);
  expect(mainForm(page)?.fields['userProfile.email']).toBe(address);
  expect(page.html).toContain('data-challenge-service=');
  expect(policyOf(page)).toContain(service.origin);
  expect(await allMailTo(node, address)).toEqual([]);
  expect(service.asked).toHaveLength(asked);
  expect(lastLine()).toMatchObject({ event: 'challenge_service.refused', outcome: 'failure', reason, client: 'open' });
  service.behaviour = 'honest';
  const sent = await register({ ...tab, page }, address, { [field]: service.response() });
  expect(currentStep(sent)).toBe('challenge:email');
});

test.each<[Behaviour, string | RegExp]>([
  ['silent', 'TimeoutError'],
  ['broken', 'status 500'],
  ['nonsense', 'SyntaxError'],
  ['misconfigured', 'invalid-input-secret'],
  ['sends elsewhere', expect.any(String) as never],
])('a service that is %s leaves this sign-in to the proof of work', async (behaviour, reason) => {
  if (behaviour === 'silent')
    await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service, { timeout: 'PT3S' })) });
  const address = newAddress();
  const tab = await challenged(address);
  service.behaviour = behaviour;
  const response = service.response();
  const page = await register(tab, address, { [field]: response });
  expect([page.status, currentStep(page), page.messages]).toEqual([429, 'profile', ['requests.exceeded']]);
  expect(mainForm(page)?.fields['userProfile.email']).toBe(address);
  expect(page.html).not.toContain('data-challenge-service=');
  expect(policyOf(page)).not.toContain(service.origin);
  expect(lastLine()).toMatchObject({ event: 'challenge_service.failed', outcome: 'failure', reason });
  expect(service.asked).toHaveLength(1);
  service.behaviour = 'honest';
  const unanswered = await register({ ...tab, page }, address, { [field]: response });
  expect(unanswered.messages).toEqual(['requests.exceeded']);
  expect(await allMailTo(node, address)).toEqual([]);
  const task = taskOf(unanswered);
  const sent = await register({ ...tab, page: unanswered }, address, { 'work.answer': task ? answerOf(task) : '' });
  expect(currentStep(sent)).toBe('challenge:email');
  expect(service.asked).toHaveLength(1);
  expect(await challenged(newAddress())).toBeDefined();
  if (behaviour === 'silent') await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service)) });
});

test('a service that is not there leaves it to the proof of work, too', async () => {
  const gone = { origin: `http://127.0.0.1:${await freePort()}` };
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(gone)) });
  const tab = await challenged(newAddress());
  const page = await register(tab, newAddress(), { [field]: 'any' });
  expect(page.messages).toEqual(['requests.exceeded']);
  expect(lastLine()).toMatchObject({ event: 'challenge_service.failed', reason: 'ECONNREFUSED' });
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service)) });
});

test('a response counts once: not in another sign-in, and not for a second message', async () => {
  const address = newAddress();
  const first = await challenged(address);
  const second = await challenged(newAddress());
  const response = service.response();
  const sent = await register(first, address, { [field]: response });
  expect(currentStep(sent)).toBe('challenge:email');
  const elsewhere = await register(second, newAddress(), { [field]: response });
  expect(elsewhere.messages).toEqual(['challenge_service.refused']);
  const back = await first.agent.submit(sent, formOf(sent, 'restart') as never);
  const page = await first.agent.submit(back, formOf(back, 'register') as never);
  const again = await register({ ...first, page }, newAddress(), { [field]: response });
  expect(again.messages).toEqual(['challenge_service.exceeded']);
  const stored = JSON.stringify(await node.store.load([`transaction:{${first.page.url.split('/').at(-1)}}`]));
  expect(stored).not.toContain(response);
});

test('a form that is refused for something else needs no second response, and then one for the next form', async () => {
  const address = newAddress();
  const tab = await challenged(address);
  const weak = { 'credentials.passcode': 'short', [field]: service.response() };
  const refused = await register(tab, address, weak);
  expect([refused.status, currentStep(refused)]).toEqual([422, 'profile']);
  expect(refused.html).not.toContain('data-challenge-service=');
  const sent = await register({ ...tab, page: refused }, address);
  expect(currentStep(sent)).toBe('challenge:email');
  expect(service.asked).toHaveLength(1);
  const back = await tab.agent.submit(sent, formOf(sent, 'restart') as never);
  const page = await tab.agent.submit(back, formOf(back, 'register') as never);
  expect((await register({ ...tab, page }, newAddress())).messages).toEqual(['challenge_service.exceeded']);
});

test('a response that no page asked for is not sent to the service', async () => {
  const page = await register(await form(), newAddress(), { [field]: service.response() });
  expect(page.messages).toEqual(['challenge_service.exceeded']);
  expect(service.asked).toEqual([]);
});

test('with `remoteip` the service learns the address, by the field that is configured', async () => {
  const section = serviceSettings(service, { remoteip: true, responseField: 'h-captcha-response' });
  await node.configure({ 'stepgate.yaml': settingsWith(section) });
  const tab = await challenged(newAddress());
  expect(tab.page.html).toContain('class="h-captcha"');
  const sent = await register(tab, newAddress(), { 'h-captcha-response': service.response() });
  expect(currentStep(sent)).toBe('challenge:email');
  expect(service.asked[0]?.get('remoteip')).toMatch(/^(127\.0\.0\.1|::1)$/);
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service)) });
});

test('without its secret, and without the section, there is the proof of work alone', async () => {
  for (const section of [serviceSettings(service, { secretEnv: 'NOT_SET' }), undefined]) {
    await node.configure({ 'stepgate.yaml': settingsWith(section) });
    const page = await register(await form(), newAddress());
    expect(page.messages).toEqual(['requests.exceeded']);
    expect(taskOf(page)).toBeDefined();
  }
  await node.configure({ 'stepgate.yaml': settingsWith(serviceSettings(service)) });
});

test('a recovery asks in the same way, for known and unknown users alike', async () => {
  const known = newAddress();
  await node.app.directory.create({
    identifiers: [known],
    credentials: [testPassword(node.app), emailCredential(known)],
  });
  for (const identifier of [known, newAddress()]) {
    const { agent, page } = await beginSignIn(node, 'notes');
    const recovering = await agent.submit(page, formOf(page, 'recover'));
    const asked = await answerStep(agent, recovering, { identifier });
    expect([asked.status, currentStep(asked), asked.messages]).toEqual([
      429,
      'identify',
      ['challenge_service.exceeded'],
    ]);
    const refused = await answerStep(agent, asked, { identifier, [field]: 'made-up' });
    expect([refused.status, refused.messages]).toEqual([422, ['challenge_service.refused']]);
    expect(mainForm(refused)?.fields.identifier).toBe(identifier);
    expect(await allMailTo(node, identifier)).toEqual([]);
    const sent = await answerStep(agent, refused, { identifier, [field]: service.response() });
    expect(currentStep(sent)).toMatch(/^challenge:/);
  }
  expect(await allMailTo(node, known)).toHaveLength(1);
});
