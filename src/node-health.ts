/** Whether a node can serve, in codes, from its store, active revision and files (docs/operations.md, Health). */
import type { ActiveRevision } from './active-revision.ts';
import { authenticatorKinds } from './authenticators/index.ts';
import type { Health, Unready } from './http/health.ts';
import { modelFileFault } from './policy/revision/model-files.ts';
import type { Snapshot } from './policy/revision/snapshot.ts';
import type { StoreHealth } from './stores/store-health.ts';

interface Examined {
  readonly storeHealth: Pick<StoreHealth, 'unreadyBecause' | 'warning'>;
  readonly activeRevision: Pick<ActiveRevision, 'current' | 'unreadyBecause'>;
  /** The files of this node are refused. */
  readonly refusesFiles: () => boolean;
  /** It finishes what is under way, and takes nothing new. */
  readonly isGoingDown: () => boolean;
}

export function createHealth({ storeHealth, activeRevision, refusesFiles, isGoingDown }: Examined): Health {
  const active = () => activeRevision.current();
  return {
    unreadyBecause() {
      if (isGoingDown()) return { code: 'shutting_down', detail: 'it finishes what is under way' };
      const ofStore = storeHealth.unreadyBecause();
      if (ofStore !== undefined) return { code: 'store_unavailable', detail: ofStore };
      const ofRevision = activeRevision.unreadyBecause();
      return ofRevision ? { code: ofRevision.code, detail: ofRevision.message } : fileFault(active());
    },
    warnings: () =>
      [
        storeHealth.warning() !== undefined && 'store_alone',
        active()?.networkWarning()?.code,
        active()?.laterFaults().length && 'active_refused',
        refusesFiles() && 'files_refused',
      ].filter((code) => typeof code === 'string'),
  };
}

/** Why this node cannot do what the revision says: a file that it needs is missing or damaged here. */
function fileFault(active: Snapshot | undefined): Unready | undefined {
  const fault = active && (active.networkFault() ?? modelFileFault(active.settings, authenticatorKinds));
  return fault && { code: fault.code, detail: `${fault.message}: ${fault.advice}` };
}
