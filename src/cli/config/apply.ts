/** `stepgate config apply`. */
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { StepgateError } from '../../errors.ts';
import { createKeyring } from '../../oidc/keys/keyring.ts';
import type { Documents } from '../../policy/model/documents.ts';
import { type Applied, Revisions } from '../../policy/revision/revisions.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import { operatorName } from '../shared/operator.ts';
import { type Orphaned, orphanedBy } from '../shared/orphaned-credentials.ts';
import { printResult, type ResultOptions } from '../shared/print-result.ts';
import { withStore } from '../shared/with-store.ts';
import { checkedFiles, refuseErrors } from './checked-files.ts';
import type { ConfigContext } from './config-context.ts';
import { newIdentifiers, newIdentifiersText } from './new-identifiers.ts';
import { refuseOrphaned } from './orphaned.ts';
import { quantity, shortened } from './quantities.ts';

interface ApplyOptions extends ResultOptions {
  readonly message?: string;
  readonly by?: string;
  readonly init: boolean;
  readonly orphanPasskeys: boolean;
}

/** `applied` is absent where the configuration would orphan passkeys. */
interface Outcome {
  readonly orphaned: readonly Orphaned[];
  readonly applied?: Applied;
  /** Attributes that identify users from now on. */
  readonly newIdentifiers?: readonly string[];
}

export function applyCommand(context: ConfigContext): Command {
  return newCommand('config apply')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('-m, --message <text>', 'why')
    .option('--by <name>', 'who (default: the user of this process)')
    .option('--init', 'an empty Redis is a new store: make its keys', false)
    .option('--orphan-passkeys', 'change the relying party although passkeys stop working', false)
    .action(async (dir: string, options: ApplyOptions) => {
      const checked = await checkedFiles(context, dir, options);
      if (checked === undefined) return;
      const { documents, warnings, findings, invariants } = checked;
      // What is in use already stays in use, whatever a newer analysis says of it.
      if (!(await isInUse(context, documents)) && refuseErrors(context, checked, options)) return;
      const outcome = await applied(context, documents, options);
      if (outcome.applied === undefined) return refuseOrphaned(context, outcome.orphaned, options);
      const { revision, changed } = outcome.applied;
      const changes = `${quantity(changed.length, 'change')}: ${shortened(changed)}`;
      const inUse = `revision ${revision} is in use`;
      context.stderr(newIdentifiersText(outcome.newIdentifiers ?? []));
      printResult(context, options, {
        text: changed.length === 0 ? `no change: ${inUse}\n` : `${inUse}: ${changes}\n`,
        data: { ok: true, revision, changed, warnings, findings, invariants },
      });
    });
}

/** Without a store, or on one that is empty, nothing is. */
async function isInUse(context: ConfigContext, documents: Documents): Promise<boolean> {
  try {
    return await withStore(context, async (store) => {
      const changed = await new Revisions(store, context).changedBy(documents);
      return changed.length === 0;
    });
  } catch (error) {
    if (error instanceof StepgateError) return false;
    throw error;
  }
}

/** A new store gets its keys first, and the pointer to the configuration last: with it, the store is whole. */
async function applied(
  context: ConfigContext,
  documents: Documents,
  { message, by = operatorName(), init, orphanPasskeys }: ApplyOptions,
): Promise<Outcome> {
  const apply = (store: Store): Promise<Applied> =>
    new Revisions(store, { authenticators: context.authenticators }).apply(documents, {
      by,
      ...omitUndefined({ message }),
    });
  let first: Applied | undefined;
  const openStore = (): Promise<Store> =>
    context.openNewStore(init, async (store) => {
      await createKeyring(store, Math.floor(Date.now() / 1000));
      first = await apply(store);
    });
  return withStore({ openStore }, async (store): Promise<Outcome> => {
    if (first !== undefined) return { orphaned: [], applied: first };
    const orphaned = orphanPasskeys ? [] : await orphanedBy(store, documents, context);
    if (orphaned.length > 0) return { orphaned };
    return { orphaned, newIdentifiers: await newIdentifiers(store, documents, context), applied: await apply(store) };
  });
}
