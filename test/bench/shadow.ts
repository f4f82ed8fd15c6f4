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

async function microseconds(withDraft: boolean): Promise<number> {
  const loaded = await loadConfiguration('config', { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticatorKinds);
  const app = await snapshot.app('payroll');
  if (app === undefined) throw new Error('the demo has no app named payroll');
  const store = openEmbedded({ file: ':memory:' });
  if (withDraft) await startShadow(store, loaded.documents, { by: 'bench', dir: 'config', now: 0 });
  const worker = new ShadowWorker({ store, open: async () => snapshot, warn: () => undefined });
  await worker.pass();
  const samples = Array.from({ length: signIns }, (_, number): ShadowSample => {
    return { kind: 'sign_in', snapshot, app, facts: factsOfUser(number), transaction: `t-${number}`, at: 0 };
  });
  const before = process.cpuUsage();
  for (let from = 0; from < signIns; from += batch) {
    for (const sample of samples.slice(from, from + batch)) worker.take(sample);
    await worker.pass();
  }
  const { user, system } = process.cpuUsage(before);
  await store.close();
  return (user + system) / signIns;
}

for (const withDraft of [false, true]) {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await microseconds(withDraft));
  process.stdout.write(`${withDraft ? 'with a draft' : 'without'}: ${median(all).toFixed(1)} us of CPU per sign-in\n`);
}
