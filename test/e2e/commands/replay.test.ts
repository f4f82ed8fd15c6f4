/** `config diff --replay`: a draft on the sign-ins that the audit log kept. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { auditKey } from '../../../src/stores/keys.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { configOn } from '../../support/servers/config-on-node.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
let dir: string;
/** Seconds that the node is ahead. */
let later = 0;

function policy(name: string, ...rules: readonly object[]): string {
  return JSON.stringify({ name, rules: rules.map((rule, index) => ({ name: `Rule ${index + 1}`, ...rule })) });
}
const ask = (factors: 1 | 2) => ({ then: { allow: { factors } } });
const noStaff = { then: 'deny', when: { groups: { any: ['staff'] } } };

beforeAll(async () => {
  node = await startNode({
    ...{ demo: true, authenticators: 'demo' },
    now: () => Math.floor(Date.now() / 1000) + later,
  });
  await node.configure({
    'policies/enrollment.yaml': undefined,
    'invariants.yaml': undefined,
    'policies/sign-on/notes.yaml': policy('notes', ask(1)),
    'policies/sign-on/payroll.yaml': policy('payroll', ask(2)),
  });
  dir = await mkdtemp(join(tmpdir(), 'stepgate-replay-'));
  await cp('config', dir, { recursive: true });
  for (const file of ['policies/enrollment.yaml', 'invariants.yaml']) await rm(join(dir, file));
});
beforeEach(async () => {
  await node.store.commit([{ op: 'delete', key: auditKey }]);
  for (const [name, rule] of [
    ['notes', ask(1)],
    ['payroll', ask(2)],
  ] as const)
    await draft(name, rule);
});
afterAll(async () => {
  await node.stop();
  await rm(dir, { recursive: true, force: true });
});

async function draft(name: string, ...rules: readonly object[]): Promise<void> {
  await writeFile(join(dir, `policies/sign-on/${name}.yaml`), policy(name, ...rules));
}

const diff = (...words: readonly string[]) => configOn(node, 'diff', dir, ...words);

const replayed = async (...words: string[]) => {
  const text = await diff('--replay', ...words);
  return text.slice(text.indexOf('Replay: '));
};

test('it says which sign-ins would have come out otherwise, and for how many users', async () => {
  const staff = await userWithPassword(node, ['staff']);
  const guest = await userWithPassword(node, ['guests']);
  for (const user of [staff, staff, guest]) {
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
  }
  const two = await userWithTotp(node, ['guests']);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const code = await identify(agent, page, two);
  expect(currentStep(await answerStep(agent, code, await passcode(two)))).toBe('code');
  expect(await replayed('P30D')).toContain('4 sign-ins; none of them comes out otherwise\n');
  await draft('notes', noStaff, ask(2));
  await draft('payroll', ask(1));
  const text = await replayed('30d');
  expect(text).toContain(
    'Replay: the sign-ins of the last 30 d that the audit log kept, by users as they are now\n  4 sign-ins; 4 of them come out otherwise, for 3 users\n',
  );
  expect(text).toContain(`
notes: 1 user would be denied
  active    lets in after 1 proof, by session: Everybody; app: Rule 1
  draft     denies: a rule says so, by session: Everybody; app: Rule 1
`);
  expect(text).toContain('notes: 1 user would be asked for more\n');
  expect(text).toContain(`payroll: 1 user would be asked for less
  active    lets in after 2 proofs, by session: Everybody; app: Rule 1
  draft     lets in after 1 proof, by session: Everybody; app: Rule 1
`);
  const data = JSON.parse(await diff('--replay', 'P1D', '--json'));
  expect([data.ok, data.replay.replayed, data.replay.users]).toEqual([true, 4, 3]);
});

test('it counts what it leaves out: older lines, deleted accounts, facts that the log does not have', async () => {
  const user = await userWithPassword(node, ['staff']);
  const gone = await userWithPassword(node, ['staff']);
  for (const one of [user, gone]) {
    const { agent, page } = await beginSignIn(node, 'notes');
    await identify(agent, page, one);
  }
  await node.app.directory.delete(gone.id);
  const lines = (await node.store.tail(auditKey, undefined, 100)).map(({ value }) => JSON.parse(value));
  const { trace: _, ...line } = lines.find(({ event }) => event === 'sign_in.completed');
  const old = { ...lines.find(({ event }) => event === 'sign_in.completed'), time: '2020-01-01T00:00:00.000Z' };
  await node.store.commit(
    [line, old].map((entry) => ({ op: 'append', key: auditKey, value: JSON.stringify(entry), keep: 100_000 })),
  );
  const text = await replayed('P30D');
  expect(text).toContain('  1 sign-in; none of them');
  expect(text).toContain('  1 left out: the audit log has no trace of them\n');
  expect(text).toContain('  1 left out: the account is gone\n');
  await draft('notes', { then: 'deny', when: { device: { platform: ['mobile'] } } }, ask(1));
  expect(await replayed('P30D')).toContain(
    '1 left out: the audit log does not say what the files ask about the browser',
  );
});

test('it leaves out what an expression asks about, unless one of the active revision asked, too', async () => {
  const user = await userWithPassword(node, ['staff']);
  const signIn = async () => {
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
  };
  await signIn();
  const unknown = '1 left out: the audit log does not say what the files ask about the browser';
  for (const expression of [
    'device.os == "other"',
    'user.groups.exists(g, g == "staff") && device.platform == "other"',
  ]) {
    await draft('notes', { then: 'deny', when: { expression } }, ask(1));
    expect(await replayed('P1D')).toContain(unknown);
  }
  await draft('notes', { then: 'deny', when: { expression: '"office" in network.zones || device.known' } }, ask(1));
  const answered = await replayed('P1D');
  expect(answered).toContain('  1 sign-in; ');
  expect(answered).not.toContain('left out');
  const asking = {
    then: { allow: { factors: 2 } },
    when: { expression: 'device.os == "ios" || device.platform == "mobile"' },
  };
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', asking, ask(1)) });
  await signIn();
  await draft(
    'notes',
    { then: 'deny', when: { expression: 'device.os == "other" && device.platform == "other"' } },
    ask(1),
  );
  expect(await replayed('P1D')).toContain(
    `  1 sign-in; 1 of them comes out otherwise, for 1 user\n  ${unknown}, the device, claims or the past\n\nnotes: 1 user would be denied`,
  );
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', ask(1)) });
});

test('risk counts as it was at the sign-in, and only where a rule asked about it', async () => {
  const risky = { when: { risk: { any: ['newDevice'] } }, then: { allow: { factors: 2 } } };
  await node.configure({ 'policies/sign-on/payroll.yaml': policy('payroll', risky, ask(1)) });
  const user = await userWithTotp(node, ['guests']);
  const first = await beginSignIn(node, 'payroll');
  const code = await identify(first.agent, first.page, user);
  expect(currentStep(code)).toBe('challenge:totp');
  expect(currentStep(await answerStep(first.agent, code, await passcode(user)))).toBe('code');
  // In a later session the browser is a usual one.
  later += 10 * 86_400;
  const second = await beginSignIn(node, { client_id: 'payroll', prompt: 'login' }, first.agent);
  expect(currentStep(await identify(first.agent, second.page, user))).toBe('code');
  const denying = { ...risky, then: 'deny' };
  await draft('payroll', denying, ask(1));
  expect(await replayed('P1D')).toContain(
    '  2 sign-ins; 1 of them comes out otherwise, for 1 user\n\npayroll: 1 user would be denied',
  );
  await draft('payroll', ask(1));
  expect(await replayed('P1D')).toContain('payroll: 1 user would be asked for less\n');
  await draft('payroll', risky, ask(1));
  expect(await replayed('P1D')).toContain('2 sign-ins; none of them comes out otherwise');
  await draft('payroll', { when: { lastSignIn: { notWithin: 'P30D' } }, then: 'deny' }, ask(1));
  expect(await replayed('P1D')).toContain('2 left out: the audit log does not say what the files ask about');
  await node.configure({ 'policies/sign-on/payroll.yaml': policy('payroll', ask(2)) });
});

test('a denial counts once, however often its page was shown', async () => {
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', noStaff, ask(1)) });
  const user = await userWithPassword(node, ['staff']);
  const { agent, page } = await beginSignIn(node, 'notes');
  const denied = await identify(agent, page, user);
  expect(currentStep(denied)).toBe('denied.rule');
  await agent.open(denied.url);
  expect(node.audit.filter(({ event, subject }) => event === 'sign_in.denied' && subject === user.id)).toHaveLength(1);
  expect(await replayed('P1D')).toContain(
    '  1 sign-in; 1 of them comes out otherwise, for 1 user\n\nnotes: 1 user would no longer be denied',
  );
});

test('denials before the user identified are replayed, without a user', async () => {
  const noPhones = { then: 'deny', when: { device: { platform: ['mobile'] } } };
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', noPhones, ask(1)) });
  await draft('notes', noPhones, ask(1));
  for (let count = 0; count < 3; count += 1) {
    const phone = new UserAgent({ headers: { 'User-Agent': 'Mozilla/5.0 (iPhone) Mobile' } });
    const { agent, page } = await beginSignIn(node, 'notes', phone);
    expect(currentStep(page)).toBe('denied.rule');
    await agent.open(page.url);
  }
  const user = await userWithPassword(node, ['staff']);
  const { agent, page } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  expect(await replayed('P1D')).toContain('  4 sign-ins; none of them comes out otherwise\n');
  await draft('notes', noStaff, ask(1));
  expect(
    await replayed('P1D'),
  ).toContain(`  4 sign-ins; 4 of them come out otherwise, for 1 user; in 3 of them the user had not identified

notes: 1 user would be denied
`);
  await draft('notes', { ...ask(1), name: 'Rule 2' });
  expect(
    await replayed('P1D'),
  ).toContain(`  4 sign-ins; 3 of them come out otherwise; in 3 of them the user had not identified

notes: 3 sign-ins before the user identified would no longer be denied
  active    denies: a rule says so, by session: Everybody; app: Rule 1
  draft     asks the user to identify, by session: Everybody; app: Rule 2
`);
  const { replay } = JSON.parse(await diff('--replay', 'P1D', '--json'));
  expect(replay).toMatchObject({ replayed: 4, differing: 3, users: 0, unidentified: 3 });
  expect(replay.differences).toMatchObject([{ change: 'admitted', users: 0, signIns: 3 }]);
});

test('a request for another user than that of the session names no user where it is denied', async () => {
  const noPhones = { then: 'deny', when: { device: { platform: ['mobile'] } } };
  const phone = new UserAgent({ headers: { 'User-Agent': 'Mozilla/5.0 (iPhone) Mobile' } });
  const [user, other] = [await userWithPassword(node), await userWithPassword(node)];
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', ask(1)) });
  const { agent, page } = await beginSignIn(node, 'notes', phone);
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  await node.store.commit([{ op: 'delete', key: auditKey }]);
  await node.configure({ 'policies/sign-on/notes.yaml': policy('notes', noPhones, ask(1)) });
  for (const { id } of [user, other]) {
    const claims = JSON.stringify({ id_token: { sub: { value: id } } });
    const silent = { client_id: 'notes', prompt: 'none', claims };
    expect(currentStep((await beginSignIn(node, silent, agent)).page)).toBe('access_denied');
  }
  expect(await replayed('P1D')).toContain(
    '  2 sign-ins; 2 of them come out otherwise, for 1 user; in 1 of them the user had not identified\n',
  );
  const subjects = node.audit.filter(({ event }) => event === 'sign_in.denied').map(({ subject }) => subject);
  expect(subjects.slice(-2)).toEqual([user.id, undefined]);
});

test.each([
  [['--replay', 'yesterday'], '--replay takes how far back, like P30D'],
  [['--replay', 'P1D', '--from', 'config'], '--replay compares with the active revision'],
])('what cannot be meant is one sentence: %j', async (words, sentence) => {
  await expect(diff(...words)).rejects.toThrow(sentence);
});
