/** What rules ask about that answers about many sign-ins do not go through. */
import { conditionsAbout } from '../../../core/policy/rules/condition-table.ts';
import { withConditionsInside } from '../../../core/policy/rules/expression-parts.ts';
import { signInConditions } from '../../../core/queries/sign-in-conditions.ts';
import type { App } from '../../../policy/model/app.ts';
import { isAnswered, readsLeftAside } from '../../explain/unanswered-conditions.ts';
import type { AskedSignIns } from './fresh-sign-ins.ts';

/** Conditions that need no note: groups and user type answer them, or the answer goes through their values. */
const shown: readonly string[] = ['groups', 'userType', 'users', ...conditionsAbout('circumstance', 'app', 'evidence')];
const knownOfUser = conditionsAbout('user', 'account');

/** Whether an answer about a user described only by groups and type ignores this condition. */
export function isLeftAside(condition: string): boolean {
  return !shown.includes(condition);
}

/** Names of the conditions that the answer ignores: other facts about the user or the request may change it. */
export async function conditionsLeftAside(
  apps: readonly App[],
  { snapshot }: AskedSignIns,
  { realUser }: { readonly realUser: boolean },
): Promise<readonly string[]> {
  const names = new Set<string>();
  // Answers about made-up users go through the times since the last sign-in.
  const seen = ['expression', ...conditionsAbout('past'), ...shown, ...(realUser ? knownOfUser : [])];
  for (const app of apps) {
    const sets = signInConditions(await snapshot.policies(app));
    for (const set of withConditionsInside(sets))
      for (const name of Object.keys(set)) if (!(isAnswered(set, name) || seen.includes(name))) names.add(name);
    for (const name of readsLeftAside(sets, { realUser })) names.add(name);
  }
  return [...names].sort();
}
