/** What the thread of a `BackgroundCheck` runs: it answers one request, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { authenticatorKinds } from './authenticators/index.ts';
import type { CheckAnswer, CheckRequest } from './background-check.ts';
import { analyse } from './policy/analysis/findings/analyse.ts';
import { loadConfiguration } from './policy/load.ts';
import { changedKeys, documentHashes } from './policy/revision/document-store.ts';

async function checked({ configDir, variables, inbox, lastApplied }: CheckRequest): Promise<CheckAnswer> {
  const authenticators = authenticatorKinds;
  const loaded = await loadConfiguration(configDir, { authenticators, variables, inbox });
  if (!loaded.ok) return { kind: 'refused', findings: loaded.findings };
  const { documents } = loaded;
  if (lastApplied && changedKeys(lastApplied, documentHashes(documents)).length === 0) return { kind: 'same' };
  const findings = await analyse(loaded, { authenticators, now: Math.floor(Date.now() / 1000) });
  return { kind: 'checked', documents, findings };
}

parentPort?.postMessage(await checked(workerData));
