/** Many wrong passwords from one network: work for each form of the first page, and none for used browsers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { guessingNetworkKey, networkFailuresCounter } from '../../../src/stores/keys.ts';
import { cookieOf } from '../../support/clients/returning-browser.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { answerOf, answers, taskOf } from '../../support/messages/proof-of-work.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { countingStore } from '../../support/stores/counting-store.ts';

const counting = countingStore();
let now = Math.floor(Date.now() / 1000);
let node: TestNode;
beforeAll(async () => {
  const settings = {
    brand: { name: 'Stepgate' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { password: { enabled: true } },
    proofOfWork: { wrongPasswords: 3, difficulty: 6 },
  };
  const files = { 'stepgate.yaml': JSON.stringify(settings) };
  node = await startNode({ store: counting.store, files, now: () => now });
});
afterAll(async () => {
  await node.stop();
  await counting.store.close();
});

const networks = ['127.0.0.1', '0:0:0:0::/64', '::1'];
beforeEach(async () => {
  await node.store.commit([
    ...networks.map((network) => ({ op: 'reset' as const, counter: networkFailuresCounter(network) })),
    ...networks.map((network) => ({ op: 'delete' as const, key: guessingNetworkKey(network) })),
  ]);
});

let serial = 0;
const unknownName = (): string => {
  serial += 1;
  return `nobody-${serial}@demo.test`;
};

async function guess(identifier = unknownName(), where = node, more: Readonly<Record<string, string>> = {}) {
  const { agent, page } = await beginSignIn(where, 'notes');
  const next = await answerStep(agent, page, { identifier, 'credentials.passcode': 'a wrong password', ...more });
  return { agent, page, next };
}

const said = ({ status, messages }: Page) => `${status} ${messages.join()}`;

async function guessTooOften(): Promise<void> {
  for (let tries = 0; tries < 4; tries += 1) expect(said((await guess()).next)).toBe('422 credentials.invalid');
}

/**
 * A page and the answer to the task before its own. One old answer in 64 fits the next task as well: that task is
 * answered, too, until the old answer does not fit.
 */
async function reusing(
  agent: UserAgent,
  page: Page,
  old: string,
  typed: Readonly<Record<string, string>>,
): Promise<[Page, Readonly<Record<string, string>>]> {
  const task = taskOf(page);
  if (!task) throw new Error('no task');
  if (!answers(task, old)) return [page, { ...typed, 'work.answer': old }];
  const next = answerOf(task);
  return reusing(agent, await answerStep(agent, page, { ...typed, 'work.answer': next }), next, typed);
}

describe('a network that guessed too often', () => {
  test('works for each account that it names; each answer counts once', async () => {
    await guessTooOften();
    const { agent, page } = await beginSignIn(node, 'notes');
    const task = taskOf(page);
    expect(task).toBeDefined();
    const hashes = node.app.hashing.stats.started;
    const typed = { identifier: unknownName(), 'credentials.passcode': 'a wrong password' };
    const without = await answerStep(agent, page, typed);
    expect(said(without)).toBe('429 requests.exceeded');
    expect(node.app.hashing.stats.started).toBe(hashes);
    const again = taskOf(without);
    if (!again) throw new Error('no task');
    const solved = await answerStep(agent, without, { ...typed, 'work.answer': answerOf(again) });
    expect([said(solved), node.app.hashing.stats.started]).toEqual(['422 credentials.invalid', hashes + 1]);
    const reused = await answerStep(agent, ...(await reusing(agent, solved, answerOf(again), typed)));
    expect(said(reused)).toBe('429 requests.exceeded');
  });

  test('lets the right password in once the task is solved', async () => {
    const user = await userWithPassword(node);
    await guessTooOften();
    const { agent, page } = await beginSignIn(node, 'notes');
    const task = taskOf(page);
    if (!task) throw new Error('no task');
    const typed = { identifier: user.identifier, 'credentials.passcode': user.password };
    expect(currentStep(await answerStep(agent, page, { ...typed, 'work.answer': answerOf(task) }))).toBe('code');
  });

  test('does not stop a browser that the account has used, and does stop it at another account', async () => {
    const [user, stranger] = [await userWithPassword(node), await userWithPassword(node)];
    const agent = new UserAgent();
    const first = await beginSignIn(node, 'notes', agent);
    expect(currentStep(await identify(agent, first.page, user))).toBe('code');
    await guessTooOften();
    const typed = { identifier: stranger.identifier, 'credentials.passcode': 'a wrong password' };
    const foreign = new UserAgent();
    // Only what says that the browser is known: without its session the first page comes.
    foreign.setCookie(node.issuer, `stepgate-device=${cookieOf(agent, node.issuer, 'stepgate-device')}; Path=/`);
    const elsewhere = await beginSignIn(node, 'notes', foreign);
    expect(taskOf(elsewhere.page)).toBeUndefined();
    expect(said(await answerStep(foreign, elsewhere.page, typed))).toBe('429 requests.exceeded');
    const own = await beginSignIn(node, 'notes', foreign);
    const mine = { identifier: user.identifier, 'credentials.passcode': user.password };
    expect(currentStep(await answerStep(foreign, own.page, mine))).toBe('code');
  });

  test('is free again after a while', async () => {
    await guessTooOften();
    now += 3700;
    try {
      expect(taskOf((await beginSignIn(node, 'notes')).page)).toBeUndefined();
    } finally {
      now -= 3700;
    }
  });
});

test('known and unknown accounts cost the same, before and after', async () => {
  const user = await userWithPassword(node);
  const costs: unknown[] = [];
  for (const identifier of [
    user.identifier,
    unknownName(),
    user.identifier,
    unknownName(),
    user.identifier,
    unknownName(),
    user.identifier,
    unknownName(),
  ]) {
    const { agent, page } = await beginSignIn(node, 'notes');
    const [trips, hashes] = [counting.trips(), node.app.hashing.stats.started];
    const next = await answerStep(agent, page, { identifier, 'credentials.passcode': 'a wrong password' });
    costs.push([said(next), counting.trips() - trips, node.app.hashing.stats.started - hashes]);
  }
  for (const at of [0, 2, 4, 6]) expect(costs[at]).toEqual(costs[at + 1]);
  expect(costs.at(-1)).toEqual(['429 requests.exceeded', expect.any(Number), 0]);
});

test('right passwords count nothing', async () => {
  const user = await userWithPassword(node);
  for (let tries = 0; tries < 6; tries += 1) {
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, user))).toBe('code');
  }
  expect(taskOf((await beginSignIn(node, 'notes')).page)).toBeUndefined();
});
