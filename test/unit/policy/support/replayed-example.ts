/** Runs the example of a finding as `explain` would, from its options on. */
import { Command } from 'commander';
import { type FactOptions, withFactOptions } from '../../../../src/cli/explain/fact-options.ts';
import { factsFromOptions } from '../../../../src/cli/explain/facts-from-options.ts';
import { simulate } from '../../../../src/core/analysis/simulation/simulate.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { AuthenticatorKind } from '../../../../src/policy/model/authenticator-kind.ts';
import type { Documents } from '../../../../src/policy/model/documents.ts';
import { withAccountApp } from '../../../../src/policy/revision/account-app.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';

/** What `explain` says about the options of an example. */
export interface Replayed {
  readonly facts: Facts;
  /** Kind of the decision. */
  readonly outcome: string;
  /** Name of the rule of each layer that decided, in the order of the layers. */
  readonly rules: readonly string[];
  /** Kind of the last step. */
  readonly ending: string | undefined;
}

/** `example`: options of `explain`. */
export async function replayed(
  example: readonly string[],
  {
    documents,
    authenticators,
    now,
  }: { readonly documents: Documents; readonly authenticators: readonly AuthenticatorKind[]; readonly now: number },
): Promise<Replayed> {
  const command = withFactOptions(new Command().option('--app <id>').option('--user <identifier>').exitOverride());
  command.parse([...example], { from: 'user' });
  const options = command.opts<FactOptions & { readonly app: string }>();
  const snapshot = withAccountApp(await snapshotOfDocuments(documents, authenticators), 'https://login.test');
  const app = await snapshot.app(options.app);
  if (app === undefined) throw new Error(`no app ${options.app}`);
  const facts = factsFromOptions(options, { snapshot, app, authenticators, now });
  const policies = await snapshot.policies(app);
  const { kind, trace } = evaluate(policies, facts);
  return {
    facts,
    outcome: kind,
    rules: trace.layers.flatMap(({ decidedBy }) => decidedBy ?? []),
    ending: simulate(policies, facts).at(-1)?.kind,
  };
}
