/** The security question: enrolled behind what the account has, asked last, counted only where a policy names it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { authorizationRequest, discover, redeem } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  attemptsOf,
  beginSignIn,
  currentStep,
  eventsOf,
  formOf,
  identify,
  signOnPolicy,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode } from '../../support/servers/node.ts';

type TestUser = Awaited<ReturnType<typeof userWithTotp>>;

const answer = 'Ottokar von Bärbach';
const question = 'credentials.questionKey';
const toy = { [question]: 'stuffed_toy', 'credentials.passcode': answer };

let node: TestNode;
let ahead = 0;

beforeAll(async () => {
  const policies: Readonly<Record<string, unknown>> = {
    one: { factors: 1 },
    two: { factors: 2 },
    asking: { factors: 2, possession: {}, knowledge: { authenticators: ['security_question'] } },
    chain: { chains: [[{ authenticators: ['security_question'] }, { authenticators: ['totp'] }]] },
  };
  const files = Object.entries(policies).map(([name, allow]) => ({
    ...signOnPolicy(name, { then: { allow } }),
    ...appFile(name, { signOnPolicy: name }),
  }));
  node = await startNode({
    files: Object.assign({}, ...files),
    authenticators: ['password', 'totp', 'security_question'],
    now: () => Math.floor(Date.now() / 1000) + ahead,
    users: false,
  });
});
afterAll(() => node.stop());

interface Position {
  readonly agent: UserAgent;
  readonly page: Page;
  readonly asked: readonly string[];
}

/**
 * Answers with password and app as often as they are asked for; `setUp`: what to enter where a question is set up or
 * asked.
 */
async function go(app: string, user: TestUser, setUp: Readonly<Record<string, string>> = {}, agent?: UserAgent) {
  const begun = await beginSignIn(node, app, agent);
  let { page } = begun;
  const asked: string[] = [];
  for (let steps = 0; steps < 8; steps += 1) {
    const at = currentStep(page);
    asked.push(at);
    const fields = await answerTo(at, user, setUp);
    // Why something is asked for is no refusal.
    if (!fields || page.messages.some((code) => code !== 'enroll.prove_first')) break;
    page = at === 'identify' ? await identify(begun.agent, page, user) : await answerStep(begun.agent, page, fields);
  }
  return { agent: begun.agent, page, asked } satisfies Position;
}

async function answerTo(at: string, user: TestUser, setUp: Readonly<Record<string, string>>) {
  if (at === 'identify') return {};
  if (at === 'challenge:password') return { 'credentials.passcode': password };
  if (at === 'challenge:totp') {
    // Each code counts once.
    ahead += 30;
    return codeAhead(user);
  }
  const asks = ['challenge:security_question', 'enroll:security_question'].includes(at);
  return asks && Object.keys(setUp).length > 0 ? setUp : undefined;
}

async function codeAhead(user: TestUser): Promise<Record<string, string>> {
  const { generate } = await import('otplib');
  const epoch = Math.floor(Date.now() / 1000) + ahead;
  return { 'credentials.passcode': await generate({ secret: user.totp, epoch }) };
}

async function questioned(): Promise<TestUser> {
  const user = await userWithTotp(node);
  const { asked } = await go('asking', user, toy);
  expect(asked.at(-2)).toBe('enroll:security_question');
  expect(asked.at(-1)).toBe('code');
  return user;
}

test('is set up behind everything that the account has, and then asked for last', async () => {
  const user = await userWithTotp(node);
  const first = await go('asking', user, toy);
  expect(first.asked.toSorted()).toEqual(
    ['identify', 'challenge:password', 'challenge:totp', 'enroll:security_question', 'code'].toSorted(),
  );
  const again = await go('asking', user, { 'credentials.passcode': ' OTTOKAR von-barbach! ' });
  expect(again.asked).toEqual(['identify', 'challenge:totp', 'challenge:security_question', 'code']);
  expect(eventsOf(node, user.id)).toContain('authenticator.verified:security_question');
  expect(JSON.stringify([node.audit, node.errors])).not.toMatch(/ottokar|barbach/i);
});

test('also where a chain has it first; the page shows it only then', async () => {
  const user = await questioned();
  const begun = await go('chain', user);
  expect(begun.asked).toEqual(['identify', 'challenge:totp', 'challenge:security_question']);
  expect(begun.page.html).toContain('What was the name of your first stuffed toy?');
  expect(currentStep(await answerStep(begun.agent, begun.page, { 'credentials.passcode': answer }))).toBe('code');
});

test('its tokens state what it is: kba, and never mfa', async () => {
  const user = await questioned();
  const config = await discover(node.issuer, 'asking');
  const request = await authorizationRequest(config);
  const agent = new UserAgent();
  let page = await agent.open(request.url, {}, 'http://127.0.0.1');
  page = await identify(agent, page, user);
  ahead += 30;
  page = await answerStep(agent, page, await codeAhead(user));
  page = await answerStep(agent, page, { 'credentials.passcode': answer });
  const claims = (await redeem(config, request, page.url)).claims();
  expect(claims).toMatchObject({ amr: ['kba', 'otp'], acr: 'urn:okta:loa:1fa:any' });
});

test('counts as nothing where no policy names it', async () => {
  const user = await questioned();
  const { asked, agent } = await go('asking', user, { 'credentials.passcode': answer });
  expect(asked.at(-1)).toBe('code');
  expect((await go('one', user, {}, agent)).asked).toEqual(['code']);
  // One-time code and question are proved in this session: the password is still missing.
  expect((await go('two', user, {}, agent)).asked).toEqual(['challenge:password', 'code']);
});

test('a step-up in a session shows the question at once', async () => {
  const user = await questioned();
  const { agent, asked } = await go('two', user);
  expect(asked.at(-1)).toBe('code');
  const next = await go('asking', user, {}, agent);
  expect(next.asked).toEqual(['challenge:security_question']);
  expect(next.page.html).toContain('What was the name of your first stuffed toy?');
});

test('wrong answers are throttled per account, over transactions; another option stays open', async () => {
  const user = await questioned();
  const { agent, page } = await go('asking', user);
  let at = page;
  for (let guess = 0; guess < 3; guess += 1) {
    at = await answerStep(agent, at, { 'credentials.passcode': `guess ${guess}` });
    expect(at.messages).toEqual(['credentials.invalid']);
  }
  const other = await go('asking', user);
  at = other.page;
  for (let guess = 0; guess < 2; guess += 1)
    at = await answerStep(other.agent, at, { 'credentials.passcode': `other ${guess}` });
  at = await answerStep(other.agent, at, { 'credentials.passcode': answer });
  expect([at.status, at.messages]).toEqual([429, ['attempts.exceeded']]);
  expect(await attemptsOf(node, user.id, { authenticator: 'security_question', window: 900 })).toBe(5);
  expect((await go('two', user)).asked.at(-1)).toBe('code');
});

test('one’s own question is shown as written, as text', async () => {
  const user = await userWithTotp(node);
  const own = '<b>Which</b> boat did I sink & why?';
  const setUp = { [question]: 'custom', 'credentials.question': own, 'credentials.passcode': 'Nepomuk' };
  expect((await go('asking', user, setUp)).asked.at(-1)).toBe('code');
  const { page } = await go('asking', user);
  expect(page.html).toContain('&lt;b&gt;Which&lt;/b&gt; boat did I sink &amp; why?');
});

test.each([
  [{ 'credentials.passcode': answer }, 'question.required'],
  [{ [question]: 'custom', 'credentials.passcode': answer }, 'question.unwritten'],
  [{ [question]: 'custom', 'credentials.question': 'Boat?', 'credentials.passcode': answer }, 'question.malformed'],
  [{ [question]: 'stuffed_toy', 'credentials.passcode': 'abc' }, 'answer.too_short'],
  [{ [question]: 'stuffed_toy', 'credentials.passcode': 'Teddy' }, 'answer.obvious'],
] as readonly (readonly [Readonly<Record<string, string>>, string])[])(
  '%j is refused when it is set up',
  async (fields, code) => {
    const user = await userWithTotp(node);
    const { agent, page } = await go('asking', user);
    expect(currentStep(page)).toBe('enroll:security_question');
    const refused = await answerStep(agent, page, fields);
    expect([refused.status, refused.messages]).toEqual([422, [code]]);
    // What was typed is there again; the answer is not.
    const chosen = /<option value="(\w+)" selected>/.exec(refused.html)?.[1];
    const { 'credentials.question': own = '', 'credentials.passcode': none } = formOf(refused, 'enroll')?.fields ?? {};
    expect([chosen, own, none]).toEqual([fields[question], fields['credentials.question'] ?? '', '']);
    expect(currentStep(await answerStep(agent, refused, toy))).toBe('code');
  },
);

test('no user is asked a question before something is proved, whether they exist or not', async () => {
  const user = await questioned();
  for (const identifier of [user.identifier, 'nobody@demo.test', 'nobody-else@demo.test']) {
    const { agent, page } = await beginSignIn(node, 'asking');
    const next = await answerStep(agent, page, { identifier });
    expect(next.html).not.toMatch(/security_question|stuffed toy/);
    const list = formOf(next, 'select');
    if (list) expect((await agent.submit(next, list)).html).not.toContain('security_question');
  }
});
