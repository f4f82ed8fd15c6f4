/** `explain --transaction`: the story of real sign-ins, from what the audit log kept of them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { explainCommand } from '../../../src/cli/explain/explain.ts';
import type { SignInStory } from '../../../src/cli/explain/sign-in-story.ts';
import { accountClientId } from '../../../src/policy/model/account-client-id.ts';
import { auditKey } from '../../../src/stores/keys.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  passcode,
  signOnPolicy,
  userWithPassword,
  userWithTotp,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { visit } from '../../support/users/account-visits.ts';
import { randomName } from '../../support/values/random-name.ts';

let node: TestNode;
let time = Math.floor(Date.now() / 1000);
const today = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(time * 1000).getUTCDay()];
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: ['password', 'totp', 'email'], now: () => time });
});
afterAll(() => node.stop());

const explained = (...words: string[]) => explainedAt(node, ...words);

async function explainedAt({ store }: TestNode, ...words: string[]): Promise<string> {
  let output = '';
  const context = {
    openStore: async () => ({ ...store, close: async () => undefined }),
    stdout: (text: string) => {
      output += text;
    },
    stderr: () => undefined,
    paint: (_colour: unknown, text: string) => text,
    authenticators: authenticatorKinds,
    variables: {},
    now: () => time,
    setExitCode: () => undefined,
  };
  await explainCommand(context).exitOverride().parseAsync(words, { from: 'user' });
  return output;
}

/** Times are those of the machine that writes the log. */
async function told(transaction: string): Promise<string> {
  const text = await explained('--transaction', transaction);
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME');
}

async function data(transaction: string): Promise<SignInStory> {
  return JSON.parse(await explained('--transaction', transaction, '--json')) as SignInStory;
}

const referenceOf = (event: string, client: string) =>
  String(node.audit.findLast((line) => line.event === event && line.client === client)?.transaction);

test('a sign-in with two factors: what happened, which layer asked for what and why, and the proofs', async () => {
  const user = await userWithTotp(node);
  const { agent, page, uid } = await beginSignIn(node, 'payroll');
  const code = await identify(agent, page, user);
  expect(await told(uid)).toContain('  It is under way, and waits for totp.\n');
  const again = await answerStep(agent, code, { 'credentials.passcode': await wrongCode(user) });
  expect(currentStep(await answerStep(agent, again, await passcode(user)))).toBe('code');
  expect(await told(uid)).toBe(`Sign-in ${uid} to Payroll (payroll)
  who       ${user.identifier}
  from      127.0.0.1; in no zone; a browser that is not known
  request   scope openid email profile groups

What happened, in UTC
  TIME  proved password
  TIME  more was asked for by Sign-on policy payroll, "Everybody else"
  TIME  totp was refused: the answer is wrong (credentials.invalid)
  TIME  proved totp
  TIME  signed in: acr urn:okta:loa:2fa:any, amr mfa otp pwd

Why: the decision of TIME, by revision 1
  Session policy
    by the rule "Everybody"  policies/session.yaml:7:5
    asked for one factor
    met
  Sign-on policy payroll
    not by "No contractors": groups any: [contractors] does not hold
    not by "One factor in the office": network any: [office] does not hold
    by the rule "Everybody else"  policies/sign-on/payroll.yaml:24:5
    asked for two distinct factor types; knowledge by password at most 12 h old; possession not by email or phone at most 1 h old
           or two distinct factor types; possession by webauthn, with user verification, at most 8 h old
    met
  Proved at that time
    totp (possession, device-bound), just then, in this sign-in
    password (knowledge), just then, in this sign-in
`);
});

test('a step-up says what the session had proved, and how old it was', async () => {
  const user = await userWithTotp(node);
  // Codes of an authenticator app are made by the clock of the machine.
  time -= 600;
  const { agent, page } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  time += 600;
  const { page: code, uid } = await beginSignIn(node, 'payroll', agent);
  expect(currentStep(code)).toBe('challenge:totp');
  const asked = await data(uid);
  expect(asked.open).toEqual({ waitsFor: 'totp' });
  expect(asked.decisions.map(({ line, proved }) => [line.event, proved])).toEqual([
    ['sign_in.asked', [expect.objectContaining({ authenticator: 'password', age: 600, earlier: true })]],
  ]);
  const [{ layers } = { layers: [] }] = asked.decisions;
  expect(layers.map(({ layer, met }) => [layer, met])).toEqual([
    ['session', true],
    ['app', false],
    ['request', undefined],
  ]);
  // The page that is shown again asks for nothing new.
  await agent.open(code.url);
  expect((await data(uid)).events).toHaveLength(1);
  expect(currentStep(await answerStep(agent, code, await passcode(user)))).toBe('code');
  const { decisions } = await data(uid);
  expect(decisions.map(({ line, proved }) => [line.event, ...proved.map(({ age }) => age)])).toEqual([
    ['sign_in.completed', 0, 600],
  ]);
});

test('a sign-in without a page has a reference of its own', async () => {
  const user = await userWithPassword(node);
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  const { page: silent } = await beginSignIn(node, 'notes', agent);
  expect(currentStep(silent)).toBe('code');
  const reference = referenceOf('sign_in.completed', 'notes');
  expect(reference).not.toBe(uid);
  expect(await told(reference)).toContain('password (knowledge), just then, before this sign-in\n');
});

describe('a request that could not be met without a page', () => {
  const askedLines = (client: string, subject = '') =>
    node.audit.filter((line) => line.event === 'sign_in.asked' && line.client === client && line.subject === subject);
  const silently = async (client: string, agent: UserAgent, more: Readonly<Record<string, string>> = {}) =>
    currentStep((await beginSignIn(node, { client_id: client, prompt: 'none', ...more }, agent)).page);

  test('has a reference and a story', async () => {
    const user = await userWithPassword(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
    expect(await silently('payroll', agent)).toBe('interaction_required');
    const [line] = askedLines('payroll', user.id);
    expect(line).toMatchObject({ outcome: 'pending', reason: 'interaction_required', ip: '127.0.0.1' });
    const text = await told(String(line?.transaction));
    expect(text).toContain(`What happened, in UTC
  TIME  the app asked for no page (prompt=none), and was told interaction_required: more was asked for by Sign-on policy payroll, "Everybody else"

Why: the decision of TIME`);
    expect(text).toContain('\n    not met\n');
    expect(text).toContain('password (knowledge), just then, before this sign-in\n');
  });

  test('is recorded once, while nothing else is asked for and nothing was proved', async () => {
    const user = await userWithTotp(node);
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
    const began = time;
    const counted: number[] = [];
    const ask = async (error: string, more: Readonly<Record<string, string>> = {}) => {
      expect(await silently('payroll', agent, more)).toBe(error);
      counted.push(askedLines('payroll', user.id).length);
    };
    try {
      await ask('interaction_required');
      await ask('interaction_required');
      // One that alternates with it is another, and each is recorded once.
      await ask('login_required', { max_age: '0' });
      await ask('interaction_required');
      await ask('login_required', { max_age: '0' });
      time += 30;
      const again = await beginSignIn(node, { client_id: 'notes', prompt: 'login' }, agent);
      expect(currentStep(await identify(agent, again.page, user))).toBe('code');
      await ask('interaction_required');
      await ask('interaction_required');
      expect(counted).toEqual([1, 1, 2, 2, 2, 3, 3]);
    } finally {
      time = began;
    }
  });

  test('is recorded again on the next day', async () => {
    const user = await userWithPassword(node);
    const began = time;
    time += 86_399 - (time % 86_400);
    try {
      const { agent, page } = await beginSignIn(node, 'notes');
      expect(currentStep(await identify(agent, page, user))).toBe('code');
      expect(await silently('payroll', agent)).toBe('interaction_required');
      time += 1;
      expect(await silently('payroll', agent)).toBe('interaction_required');
      expect(await silently('payroll', agent)).toBe('interaction_required');
      expect(askedLines('payroll', user.id)).toHaveLength(2);
    } finally {
      time = began;
    }
  });

  test('is not recorded of a browser without a session', async () => {
    const before = node.audit.length;
    expect(await silently('payroll', new UserAgent())).toBe('login_required');
    expect(node.audit).toHaveLength(before);
  });
});

test('the reference on a denied page leads to the rule that denied, and shows that the user left', async () => {
  const user = await userWithPassword(node, ['contractors']);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const denied = await identify(agent, page, user);
  expect(currentStep(denied)).toBe('denied.rule');
  const reference = referenceOf('sign_in.denied', 'payroll');
  expect(denied.html).toContain(reference);
  const text = await told(reference);
  expect(text).toContain('TIME  denied: a rule says so\n\nWhy');
  expect(text).toContain('by the rule "No contractors"  policies/sign-on/payroll.yaml:8:5\n    denied\n');
  await agent.submit(denied, formOf(denied, 'cancel'), {});
  expect(await told(reference)).toContain('TIME  the user gave up\n');
});

test('an identifier without an account is reported as such', async () => {
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  await identify(agent, page, { identifier: 'nobody@demo.test', password: 'wrong password 123' });
  const text = await told(uid);
  expect(text).toContain('who       nobody that has an account\n');
  expect(text).toContain('password was refused: the answer is wrong (credentials.invalid)\n');
  expect(text).not.toContain('\nWhy: ');
});

test('the policy may change: the story is about the revision that decided', async () => {
  const user = await userWithPassword(node);
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 2 } } }));
  const [decision] = (await data(uid)).decisions;
  const app = decision?.layers.find(({ layer }) => layer === 'app');
  expect(app).toMatchObject({ outcome: 'allow', requirements: [{ anyOf: [expect.objectContaining({ factors: 1 })] }] });
});

test('a recovery is reported with the policy that let the user set a new password', async () => {
  await node.configure({
    ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
    'policies/recovery.yaml':
      'rules:\n  - { name: By mail, then: { allow: { possession: { authenticators: [email] } } } }\n',
  });
  const identifier = `${randomName()}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  await node.app.directory.create({ identifiers: [identifier], groups: [], credentials });
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  const recovery = await agent.submit(page, formOf(page, 'recover'));
  const asked = await answerStep(agent, recovery, { identifier });
  const code = codeIn(await mailTo(node, identifier));
  const enroll = await answerStep(agent, asked, { 'credentials.passcode': code });
  expect(currentStep(await answerStep(agent, enroll, { 'credentials.passcode': 'seven green umbrellas' }))).toBe(
    'code',
  );
  const text = await told(uid);
  expect(text).toContain(`  TIME  began to recover password
  TIME  a message was sent for email
  TIME  proved email.code
  TIME  may set a new password, by Recovery policy, "By mail"
  TIME  set a new password
`);
  expect(text.replaceAll(/by revision \d+/g, 'by revision N')).toContain(`Why: the decision of TIME, by revision N
  Recovery policy
    by the rule "By mail"  policies/recovery.yaml:2:5
    asked for possession by email
    met
  Proved at that time
    email.code (possession), just then, in this sign-in, to recover

Why: the decision of TIME`);
  expect((await data(uid)).decisions.map(({ line }) => line.event)).toEqual(['sign_in.asked', 'sign_in.completed']);
});

test('where the address is not known, the story says so', async () => {
  const proxied = await startNode({
    demo: true,
    authenticators: ['password'],
    files: { 'stepgate.yaml': 'brand: { name: Test }\ntrustedProxies: 1\n' },
  });
  try {
    const { agent, page, uid } = await beginSignIn(proxied, 'notes');
    const refused = await identify(agent, page, { identifier: 'nobody@demo.test', password: 'wrong password 123' });
    const output = () => explainedAt(proxied, '--transaction', uid);
    expect(await output()).toContain('\n  from      an unknown address\n');
    await identify(agent, refused, await userWithPassword(proxied));
    expect(await output()).toContain('\n  from      an unknown address; in no zone; a browser that is not known\n');
  } finally {
    await proxied.stop();
  }
});

test('where rules ask about unusual facts, the story names them', async () => {
  const user = await userWithPassword(node);
  const strict = { when: { risk: { any: ['newDevice'] } }, then: 'deny' };
  await node.configure(signOnPolicy('notes', strict, { then: { allow: { factors: 1 } } }));
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('denied.rule');
  expect(await told(uid)).toContain('    denied\n  Unusual\n    low: newDevice 20\n  Proved at that time\n');
});

test('a sign-in to the account pages has its rules, too: no document describes this app', async () => {
  const user = await userWithPassword(node);
  await visit(node, user);
  const text = await told(referenceOf('sign_in.completed', accountClientId));
  expect(text).not.toContain('is not in the store any more');
  expect(text).toContain(
    '  Sign-on policy stepgate-account\n    by the rule "Own account"\n    asked for one factor\n',
  );
});

test('what follows a sign-in that began anew is part of its story, by either reference', async () => {
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
  const user = await userWithPassword(node);
  const { agent, page, uid } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  const line = { time: '2030-01-01T00:00:00.000Z', event: 'token.refreshed', outcome: 'success', client: 'notes' };
  const value = JSON.stringify({ ...line, subject: user.id, transaction: `${uid}.2` });
  await node.store.commit([{ op: 'append', key: auditKey, value, keep: 100_000 }]);
  const text = await told(uid);
  expect(text).toContain('new tokens by the refresh token, the last time\n');
  expect(await told(`${uid}.2`)).toBe(text);
});

test.each([
  ['message.limited', { reason: 'new_browser' }, 'the user was not notified of a new browser: too many messages'],
  [
    'message.limited',
    { authenticator: 'email', reason: 'account' },
    'no message was sent for email: too many (account)',
  ],
  [
    'message.undeliverable',
    { authenticator: 'phone', reason: 'phone.country' },
    'no message was sent for phone: phone.country',
  ],
  ['message.failed', { reason: 'expired' }, 'a message could not be delivered: expired'],
  ['challenge_service.refused', { reason: 'hostname' }, 'the challenge service refused the response: hostname'],
  ['challenge_service.failed', { reason: 'ECONNREFUSED' }, 'the challenge service could not be asked: ECONNREFUSED'],
])('%s is told in words: %j', async (event, about, words) => {
  const transaction = `told-${randomName()}`;
  const line = { time: '2030-01-01T00:00:00.000Z', event, outcome: 'failure', transaction, ...about };
  await node.store.commit([{ op: 'append', key: auditKey, value: JSON.stringify(line), keep: 100_000 }]);
  expect(await told(transaction)).toContain(`  TIME  ${words}\n`);
});

test.each([
  ['the network', { network: { none: ['office'] } }],
  ['the time', { time: { days: [today], zone: 'UTC' } }],
  ['the device', { device: { platform: ['desktop', 'mobile', 'other'] } }],
  ['the app', { apps: { any: ['notes'] }, network: { none: ['office'] } }],
  ['an expression', { expression: '!("office" in network.zones)' }],
])('a denial by %s, before the user identified, is told by the reference on its page', async (_, when) => {
  const rest = { then: { allow: { factors: 1 } } };
  await node.configure({
    ...signOnPolicy('notes', { when, then: 'deny' }, rest),
    'policies/enrollment.yaml': JSON.stringify({
      rules: [
        { name: 'Payroll', when: { apps: { any: ['payroll'] } }, then: { required: [{ anyOf: ['totp'] }] } },
        { name: 'Auditors', when: { groups: { any: ['auditors'] } }, then: { required: [{ anyOf: ['totp'] }] } },
        { name: 'Everybody else', then: {} },
      ],
    }),
  });
  const { page } = await beginSignIn(node, 'notes');
  expect(currentStep(page)).toBe('denied.rule');
  const reference = referenceOf('sign_in.denied', 'notes');
  expect(page.html).toContain(reference);
  const text = await told(reference);
  expect(text).toContain('  who       a user who did not identify\n');
  expect(text).toContain('by the rule "Rule 1"  policies/sign-on/notes.yaml:1:26\n    denied\n');
  // Nothing is said of the rules below the one that depends on the user.
  expect(text).toContain(`
  Enrollment policy
    not by "Payroll": apps any: [payroll] does not hold
    not by "Auditors": groups any: [auditors] is not known yet
    not decided yet
`);
});

test.each([
  ['an unknown reference', ['--transaction', 'abcdefghijklmnop'], 'the audit log has nothing about abcdefghijklmnop'],
  ['no reference', ['--transaction', 'no such'], 'no such is no reference of a sign-in: those are on the page, and'],
  ['other options', ['--transaction', 'abcdefghijklmnop', '--app', 'notes'], '--transaction takes no other facts'],
  ['nothing', [], 'give --app, or --transaction'],
])('%s is refused', async (_, words, sentence) => {
  await expect(explained(...words)).rejects.toThrow(sentence);
});
