/** What workers in the background log when they fail: a bug with its stack, and what is known with one line. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StepgateError, StoreUnavailable } from '../../../src/errors.ts';
import { DeletionWorker } from '../../../src/flow/deletion-worker.ts';
import { ShadowWorker } from '../../../src/flow/shadow.ts';
import type { App } from '../../../src/policy/model/app.ts';
import type { Snapshot } from '../../../src/policy/revision/snapshot.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { shadowKey, shadowTotalsKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { Directory } from '../../../src/users/directory/directory.ts';
import { factsOf } from '../../core/support/fixtures.ts';
import { testOutbox } from '../../support/messages/outbox.ts';
import { until } from '../../support/values/until.ts';
import { createWorld } from './sign-in-fixture.ts';

let store: Store;
beforeEach(() => {
  store = openEmbedded({ file: ':memory:' });
});
afterEach(() => store.close());

/** The texts of warnings, and the failures with their causes. */
interface Logged {
  readonly warnings: readonly string[];
  readonly alarms: readonly Error[];
}

type Run = (error: Error) => Promise<Logged>;

function failureLog() {
  const [warnings, alarms]: [string[], StepgateError[]] = [[], []];
  return {
    ...{ warnings, alarms },
    warn: (text: string) => void warnings.push(text),
    alarm: (error: StepgateError) => void alarms.push(error),
  };
}

const outbox: Run = async (error) => {
  const members = () => {
    throw error;
  };
  const { worker, warnings, alarms } = testOutbox({ ...store, members }, { channel: { send: async () => 'sent' } });
  worker.start();
  await until('it is logged', () => warnings.length + alarms.length > 0);
  await worker.stop();
  return { warnings, alarms };
};

const deletions: Run = async (error) => {
  const log = failureLog();
  const { services } = createWorld();
  const failing = {
    ...services,
    knownSnapshot() {
      throw error;
    },
  };
  const directory = new Directory(store, services.now);
  const worker = new DeletionWorker({ services: failing, directory, ...log });
  worker.start();
  await until('it is logged', () => log.warnings.length + log.alarms.length > 0);
  await worker.stop();
  return log;
};

const shadow: Run = async (error) => {
  const log = failureLog();
  const draft = { id: 'one', at: 0, until: 1, by: '', dir: '', documents: {} };
  await store.commit([{ op: 'put', key: shadowKey, value: JSON.stringify(draft) }]);
  await new ShadowWorker({ store, open: () => Promise.reject(error), ...log }).pass();
  return log;
};

/** The draft is compared with these sign-ins, of an app whose policies cannot be had: each fails with its error. */
async function comparing(errors: readonly unknown[]): Promise<Logged> {
  const log = failureLog();
  const draft = { id: 'one', at: 0, until: 1, by: '', dir: '', documents: {} };
  await store.commit([{ op: 'put', key: shadowKey, value: JSON.stringify(draft) }]);
  const worker = new ShadowWorker({ store, open: async () => ({}) as Snapshot, ...log });
  await worker.pass();
  for (const error of errors) {
    const snapshot = { policies: () => Promise.reject(error) } as Partial<Snapshot> as Snapshot;
    worker.take({ kind: 'token', snapshot, app: { clientId: 'wiki' } as App, facts: factsOf(), at: 0 });
  }
  await worker.pass();
  return log;
}

test('the first of each kind of failure of a comparison is logged with its stack', async () => {
  const failing = (text: string) => new TypeError(text);
  const other = new RangeError('too deep');
  const { warnings, alarms } = await comparing([failing('of the first'), failing('of the second'), other]);
  expect(warnings).toEqual([]);
  expect(alarms.map(({ message, cause }) => [message, cause])).toEqual([
    ['a sign-in cannot be compared with the draft: TypeError: of the first', failing('of the first')],
    ['a sign-in cannot be compared with the draft: RangeError: too deep', other],
  ]);
});

test('failures of comparisons in many places do not fill the log', async () => {
  const errors = Array.from({ length: 50 }, (_, line) =>
    Object.assign(new Error('x'), { stack: `Error: x\n    at compare (shadow.ts:${line}:1)` }),
  );
  expect((await comparing(errors)).alarms).toHaveLength(10);
});

test('what cannot be recorded is logged with its stack', async () => {
  const bug = new TypeError('x is not a function');
  const log = failureLog();
  const draft = { id: 'one', at: 0, until: 1, by: '', dir: '', documents: {} };
  const load = async (keys: readonly string[]) => {
    if (keys.includes(shadowTotalsKey)) throw bug;
    return { entries: new Map([[shadowKey, { value: JSON.stringify(draft), version: 1 }]]) };
  };
  const failing = { ...store, load } as unknown as Store;
  const worker = new ShadowWorker({ store: failing, open: async () => ({}) as Snapshot, ...log });
  await worker.pass();
  worker.take({ kind: 'token', snapshot: {} as Snapshot, app: { clientId: 'wiki' } as App, facts: factsOf(), at: 0 });
  await worker.pass();
  expect(log.alarms.at(-1)).toMatchObject({
    message: 'comparisons with the draft cannot be recorded: TypeError: x is not a function',
    cause: bug,
  });
});

test('a comparison for which the store does not answer is one warning', async () => {
  const away = () => new StoreUnavailable('no answer');
  const { warnings, alarms } = await comparing([away(), away()]);
  expect(warnings).toEqual(['a sign-in cannot be compared with the draft: no answer']);
  expect(alarms).toEqual([]);
});

describe.each<[string, Run, string]>([
  ['the outbox', outbox, 'cannot read the outbox'],
  ['the deletion of accounts', deletions, 'accounts that are due could not be deleted'],
  ['the draft', shadow, 'the draft of `config shadow` cannot be read'],
])('%s', (_, run, what) => {
  test('logs a bug with its stack', async () => {
    const bug = new TypeError('x is not a function');
    const { warnings, alarms } = await run(bug);
    expect(warnings).toEqual([]);
    expect(alarms[0]).toMatchObject({
      code: 'internal',
      message: `${what}: TypeError: x is not a function`,
      cause: bug,
    });
  });

  test('warns of a store that is away', async () => {
    const { warnings, alarms } = await run(new StoreUnavailable('no answer'));
    expect(warnings[0]).toBe(`${what}: no answer`);
    expect(alarms).toEqual([]);
  });
});
