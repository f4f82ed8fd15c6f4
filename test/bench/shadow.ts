/**
 * What `config shadow` costs the CPU of a node for each sign-in, with a draft and without: evaluation, and what goes
 * into the store. `node test/bench/shadow.ts` runs this alone; the store is in memory.
 */
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import type { Facts } from '../../src/core/model/facts.ts';
import type { ShadowSample } from '../../src/flow/services.ts';
import { ShadowWorker } from '../../src/flow/shadow.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { findingLine } from '../../src/policy/model/finding.ts';
import { startShadow } from '../../src/policy/revision/shadow-draft.ts';
import { snapshotOfDocuments } from '../../src/policy/revision/snapshot.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { userKey } from '../../src/stores/keys.ts';
import type { Op } from '../../src/stores/store.ts';
import { factsOf, proof, userWith } from '../core/support/fixtures.ts';
import { median } from './measure.ts';

const signIns = 2_000;
const rounds = 7;
/** So many wait until the worker looks. */
const batch = 100;

/** A user who has proved two factors at the app of the demo that asks for them. */
function factsOfUser(number: number): Facts {
  const subject = userWith(['password', 'totp'], { id: `user-${number}`, groups: ['staff'] });
  const evidence = [proof('password', 'now'), proof('totp', 'now')].map((proved) => ({
    ...proved,
    subject: subject.id,
    transaction: 'here',
  }));
  return factsOf({ subject, evidence, request: { clientId: 'payroll' }, transaction: { id: 'here', startedAt: 0 } });
}

type Drafted = 'no draft' | 'a draft' | 'a draft that asks about risk';

async function microseconds(drafted: Drafted): Promise<number> {
  const loaded = await loadConfiguration('config', { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticatorKinds);
  const app = await snapshot.app('payroll');
  if (app === undefined) throw new Error('the demo has no app named payroll');
  const asks = drafted === 'a draft that asks about risk';
  const draft = asks ? { ...snapshot, historySince: 1, recordsPlaces: true as const } : snapshot;
  const store = openEmbedded({ file: ':memory:' });
  if (drafted !== 'no draft') await startShadow(store, loaded.documents, { by: 'bench', dir: 'config', now: 0 });
  const worker = new ShadowWorker({ store, open: async () => draft, warn: () => undefined, alarm: () => undefined });
  await worker.pass();
  const samples = Array.from({ length: signIns }, (_, number): ShadowSample => {
    const facts = factsOfUser(number);
    const session = { uid: `session-${number}` };
    return { kind: 'sign_in', snapshot, app, facts, transaction: `t-${number}`, at: 0, isCompleted: true, session };
  });
  const users = samples.map((_, number): Op => ({ op: 'put', key: userKey(`user-${number}`), value: '{}' }));
  await store.commit(users);
  const before = process.cpuUsage();
  for (let from = 0; from < signIns; from += batch) {
    for (const sample of samples.slice(from, from + batch)) worker.take(sample);
    await worker.pass();
  }
  const { user, system } = process.cpuUsage(before);
  await store.close();
  return (user + system) / signIns;
}

for (const drafted of ['no draft', 'a draft', 'a draft that asks about risk'] as const) {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await microseconds(drafted));
  process.stdout.write(`${drafted}: ${median(all).toFixed(1)} us of CPU per sign-in\n`);
}
