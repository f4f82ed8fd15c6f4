/** What commands take for granted about the past of users, where rules ask about it. */
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Facts } from '../../core/model/facts.ts';
import type { FactOptions } from './fact-options.ts';

/** Conditions about the past of a user, each of which has an option of its name. */
const aboutThePast = ['distance', 'lastSignIn', 'risk'] as const;

/** The conditions about the past of which the options say nothing. */
export function pastLeftAside(sets: readonly ConditionSet[], options: FactOptions): readonly string[] {
  return aboutThePast.filter(
    (name) => options[name] === undefined && sets.some((set) => set[name] !== undefined && !isAnswered(set, name)),
  );
}

/** Whether a condition asks only what is known of each sign-in: a browser that the account does not know is new. */
export function isAnswered({ risk }: ConditionSet, name: string): boolean {
  if (name !== 'risk' || risk === undefined) return false;
  const named = [...(risk.any ?? []), ...(risk.none ?? [])];
  return risk.atLeast === undefined && risk.below === undefined && named.every((signal) => signal === 'newDevice');
}

const words: Readonly<Record<string, string>> = {
  distance: 'distance',
  lastSignIn: 'lastSignIn',
  risk: 'risk other than that of a new browser',
};

/** For example `distance and lastSignIn`. */
export function conditionNamesText(names: readonly string[]): string {
  const all = names.map((name) => words[name] ?? name);
  return [all.slice(0, -1).join(', '), ...all.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** Facts without a risk that nobody gave and no rule asks about. A user who has not identified has none yet. */
export function asFarAsAsked(facts: Facts, sets: readonly ConditionSet[], { risk: given }: FactOptions): Facts {
  const isAsked = sets.some(({ risk }) => risk !== undefined) && facts.subject !== undefined;
  if (isAsked || given !== undefined) return facts;
  const { risk: _, ...others } = facts;
  return others;
}
