/** Forms that need work: which are free, what the page returns with, and which answer counts. */

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Work } from '../../../../../src/core/step/step.ts';
import type { Transaction } from '../../../../../src/core/step/transaction.ts';
import {
  type Admission,
  admitted,
  admittedWithAnswer,
  askedBeforehand,
} from '../../../../../src/flow/actions/guessing/proof-of-work.ts';
import type { OpenTransaction } from '../../../../../src/flow/transaction/open-transaction.ts';
import type { ChallengeServiceSettings } from '../../../../../src/policy/model/settings.ts';
import { networkRequestsCounter } from '../../../../../src/stores/keys.ts';
import { createWorld, opened, type World } from '../../sign-in-fixture.ts';

const service: ChallengeServiceSettings = {
  script: 'https://challenge.test/api.js',
  verify: 'https://challenge.test/siteverify',
  siteKey: 'public',
  secretEnv: 'CHALLENGE_SECRET',
  origins: [],
  responseField: 'response',
  remoteip: false,
  timeout: 3,
};
const difficulty = 5;
const work: Work = { challenge: 'c', bits: difficulty };

interface WorldChanges {
  readonly free?: number;
  readonly service?: ChallengeServiceSettings;
  readonly secret?: string;
}

async function worldWith({ free = 1, secret, ...more }: WorldChanges = {}): Promise<World> {
  const world = createWorld();
  Object.assign(world.snapshot.settings, {
    proofOfWork: { free, difficulty, wrongPasswords: 2 },
    challengeService: more.service,
  });
  Object.assign(world.services, { secretIn: (name: string) => (name === 'CHALLENGE_SECRET' ? secret : undefined) });
  await world.beginSignIn();
  world.events();
  return world;
}

type Asked = Pick<Transaction, 'work' | 'challengeService'>;

/** The transaction has been asked so much, and a form with these fields comes. */
function send<T>(world: World, asked: Asked, run: (context: OpenTransaction) => Promise<T> | T): Promise<T> {
  return opened(world, (context) => run({ ...context, transaction: { ...context.transaction, ...asked } }));
}

/** What is left of what was asked, and what is said. */
function outcomeOf(admission: Admission) {
  const left = ({ version, transaction: { id, work: task, challengeService } }: OpenTransaction) => ({
    ...((version !== 1 || id !== 'tx') && { lost: 'the sign-in' }),
    ...(task && { bits: task.bits }),
    ...(challengeService && { challengeService }),
  });
  if (!admission.admitted) {
    const { context, notices } = admission.refusal;
    return { left: left(context), notices: notices.map(({ code, params }) => [code, params?.seconds]) };
  }
  return { afterwards: left(admission.afterwards), refused: left(admission.refused) };
}

/** The first answers from a number on that are right and wrong, by bits of the digest. */
function answersTo({ challenge, bits }: Work, from = 0) {
  const zeros = (answer: number) => {
    const digest = createHash('sha256').update(`${challenge}.${answer}`).digest();
    return Math.clz32(digest.readUInt32BE(0));
  };
  const first = (isMeant: (count: number) => boolean) => {
    let answer = from;
    while (!isMeant(zeros(answer))) answer += 1;
    return String(answer);
  };
  return {
    right: first((count) => count === bits),
    better: first((count) => count > bits),
    nearly: first((count) => count === bits - 1),
  };
}
const { right, better, nearly } = answersTo(work);

describe('without a challenge service', () => {
  test('so many forms of a network are free, and each one more returns with a new task', async () => {
    const world = await worldWith({ free: 2 });
    const form = () => send(world, {}, (context) => admitted(context, {}));
    const free = { afterwards: {}, refused: {} };
    expect([outcomeOf(await form()), outcomeOf(await form())]).toEqual([free, free]);
    const refused = [await form(), await form()];
    const withTask = { left: { bits: difficulty }, notices: [['requests.exceeded', 3600]] };
    expect(refused.map(outcomeOf)).toEqual([withTask, withTask]);
    const tasks = refused.map((admission) =>
      admission.admitted ? undefined : admission.refusal.context.transaction.work,
    );
    expect(new Set(tasks.map((task) => task?.challenge)).size).toBe(2);
    expect(tasks).toEqual(tasks.map(() => ({ bits: difficulty, challenge: expect.stringMatching(/^[\w-]{22}$/) })));
  });

  test('a network that has to wait for no time at all is told a second', async () => {
    const world = await worldWith({ free: 0 });
    jest.spyOn(world.store, 'reserve').mockResolvedValue({ granted: false, remaining: 0, retryAfter: 0 });
    const [refused, other] = [
      await send(world, {}, (context) => admitted(context, {})),
      await send(world, {}, (context) => admittedWithAnswer(context, {}, 7)),
    ];
    expect(outcomeOf(refused)).toEqual({ left: { bits: difficulty }, notices: [['requests.exceeded', 1]] });
    expect(outcomeOf(other)).toEqual({ left: { bits: difficulty }, notices: [['requests.exceeded', 7]] });
  });

  test('the counter is of the network, for an hour', async () => {
    const world = await worldWith();
    const reserve = jest.spyOn(world.store, 'reserve');
    await send(world, {}, (context) => admitted(context, {}));
    expect(reserve.mock.calls).toEqual([[networkRequestsCounter('192.0.2.1'), [{ limit: 1, window: 3600 }]]]);
  });

  const isRight = { afterwards: {}, refused: { bits: difficulty } };
  const again = { left: { bits: difficulty }, notices: [['requests.exceeded', 3600]] };
  test.each<[string, Asked, string | undefined, object]>([
    ['that is right', { work }, right, isRight],
    ['with more zeros than asked', { work }, better, isRight],
    ['with one zero less', { work }, nearly, again],
    ['that is missing', { work }, undefined, again],
    ['that is empty', { work }, '', again],
    ['that is right but for a blank', { work }, ` ${right}`, again],
    ['that is right but for a line break', { work }, `${right}\n`, again],
    ['that no task was given for', {}, right, again],
    ['to another task', { work: { ...work, challenge: 'd' } }, right, again],
  ])('an answer %s', async (_, asked, answer, expected) => {
    const world = await worldWith({ free: 0 });
    const fields = answer === undefined ? {} : { 'work.answer': answer };
    const admission = await send(world, asked, (context) => admitted(context, fields));
    expect(outcomeOf(admission)).toEqual(expected);
    const late = await send(world, asked, (context) => admittedWithAnswer(context, fields, 3600));
    expect(outcomeOf(late)).toEqual(expected);
  });

  test.each([
    [15, true],
    [16, false],
  ])('an answer of %d digits is read: %s', async (digits, isRead) => {
    const world = await worldWith({ free: 0 });
    const answer = answersTo(work, 10 ** (digits - 1)).right;
    const admission = await send(world, { work }, (context) => admitted(context, { 'work.answer': answer }));
    expect([answer.length, admission.admitted]).toEqual([digits, isRead]);
  });

  test('a form with the right answer uses no free form', async () => {
    const world = await worldWith({ free: 1 });
    const solved = () => send(world, { work }, (context) => admitted(context, { 'work.answer': right }));
    const free = () => send(world, {}, (context) => admitted(context, {}));
    const all = [await solved(), await solved(), await free(), await free()];
    expect(all.map((admission) => admission.admitted)).toEqual([true, true, true, false]);
  });
});

describe('a page with a task from the start', () => {
  test.each<[string, WorldChanges, Asked, object]>([
    ['gets one', {}, {}, { bits: difficulty }],
    ['keeps the one it has', {}, { work: { challenge: 'kept', bits: 3 } }, { bits: 3 }],
    ['asks the service', { service, secret: 's' }, {}, { challengeService: 'asked' }],
    ['has asked a service that is gone', {}, { challengeService: 'asked' }, { challengeService: 'asked' }],
    ['has asked the service', { service, secret: 's' }, { challengeService: 'asked' }, { challengeService: 'asked' }],
    ['was passed by it', { service, secret: 's' }, { challengeService: 'passed' }, { challengeService: 'passed' }],
    [
      'gets a task when the service has failed',
      { service, secret: 's' },
      { challengeService: 'failed' },
      { challengeService: 'failed', bits: difficulty },
    ],
    ['gets a task without the secret of the service', { service }, {}, { bits: difficulty }],
  ])('%s', async (_, changes, asked, expected) => {
    const world = await worldWith(changes);
    const { transaction, version } = await send(world, asked, askedBeforehand);
    const { id, work: task, challengeService } = transaction;
    expect([id, version]).toEqual(['tx', 1]);
    expect({ ...(task && { bits: task.bits }), ...(challengeService && { challengeService }) }).toEqual(expected);
  });
});

describe('with a challenge service', () => {
  let answers: readonly unknown[] = [];
  let bodies: string[] = [];
  beforeEach(() => {
    bodies = [];
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
      bodies.push(String(init?.body));
      return new Response(JSON.stringify(answers[bodies.length - 1]));
    });
  });
  afterEach(() => {
    (globalThis.fetch as unknown as { mockRestore(): void }).mockRestore();
  });

  const asks = { challengeService: 'asked' } as const;
  const accepts = { success: true };
  const refuses = { success: false, 'error-codes': ['timeout-or-duplicate'] };
  const isAsked = { left: asks, notices: [['challenge_service.exceeded', 3600]] };
  const isRefused = { left: asks, notices: [['challenge_service.refused', undefined]] };
  const isReplaced = {
    left: { challengeService: 'failed', bits: difficulty },
    notices: [['requests.exceeded', 3600]],
  };
  const passed = { challengeService: 'passed' } as const;

  test.each<[string, Asked, string | undefined, unknown, object, readonly string[]]>([
    ['is asked for', {}, undefined, accepts, isAsked, []],
    ['is not asked about before the page asked', {}, 'r', accepts, isAsked, []],
    ['is missing', asks, undefined, accepts, isAsked, []],
    ['is empty', asks, '', accepts, isAsked, []],
    ['is accepted', asks, 'r', accepts, { afterwards: {}, refused: passed }, []],
    ['was accepted before', passed, undefined, accepts, { afterwards: {}, refused: passed }, []],
    ['is refused', asks, 'r', refuses, isRefused, ['challenge_service.refused timeout-or-duplicate failure']],
    ['cannot be verified', asks, 'r', {}, isReplaced, ['challenge_service.failed SyntaxError failure']],
    ['failed before', { challengeService: 'failed' }, 'r', accepts, isReplaced, []],
  ])('a response that %s', async (_, asked, response, answer, expected, lines) => {
    answers = [answer];
    const world = await worldWith({ free: 0, service, secret: 'private' });
    const warned: string[] = [];
    Object.assign(world.services, { warn: (warning: string) => warned.push(warning) });
    const fields = response === undefined ? {} : { response };
    const admission = await send(world, asked, (context) => admitted(context, fields));
    expect(outcomeOf(admission)).toEqual(expected);
    expect(world.lines.map(({ event, reason, outcome }) => `${event} ${reason} ${outcome}`)).toEqual(lines);
    expect(world.lines.map(({ transaction, client }) => [transaction, client])).toEqual(
      lines.map(() => ['tx', 'notes']),
    );
    const isVerified = asked === asks && response === 'r';
    expect(bodies).toEqual(isVerified ? ['secret=private&response=r'] : []);
    const text = 'the challenge service did not answer as expected, and a proof of work replaces it: SyntaxError';
    expect(warned).toEqual(expected === isReplaced && isVerified ? [text] : []);
  });

  test('a refused response is refused where no form is free, too', async () => {
    answers = [refuses];
    const world = await worldWith({ service, secret: 'private' });
    const admission = await send(world, asks, (context) => admittedWithAnswer(context, { response: 'r' }, 7));
    expect(outcomeOf(admission)).toEqual(isRefused);
  });

  test('the failure of the service is remembered beyond the form', async () => {
    answers = [{}];
    const world = await worldWith({ free: 1, service, secret: 'private' });
    const admission = await send(world, asks, (context) => admitted(context, { response: 'r' }));
    const hasFailed = { challengeService: 'failed' };
    expect(outcomeOf(admission)).toEqual({ afterwards: hasFailed, refused: hasFailed });
  });

  test('without its secret it is not asked, and the page gets a task', async () => {
    const world = await worldWith({ free: 0, service });
    const admission = await send(world, asks, (context) => admitted(context, { response: 'r' }));
    expect(outcomeOf(admission)).toMatchObject({ notices: [['requests.exceeded', 3600]] });
    expect(bodies).toEqual([]);
  });
});
