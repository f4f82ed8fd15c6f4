/** Where users may add authenticators, and who gets in there. */
import type { Conditions } from '../../model/conditions.ts';
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { hasExpression } from '../../policy/rules/condition-table.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import type { RuleSpace } from '../space/rule-space.ts';

export interface AdditionPlaces {
  /** Client ids of places where no sign-on policy is looked at: the account pages, and apps. */
  readonly open: readonly string[];
  /** The other places, by their sign-on policy. */
  readonly behind: readonly PlacesBehind[];
}

/** Apps whose sign-on policy may deny users. */
interface PlacesBehind {
  readonly clientIds: readonly string[];
  readonly entry: EntryRules;
}

/** The rules of a policy that say whether users get in. Those that only say how are left out. */
export interface EntryRules {
  readonly rules: readonly Rule[];
  /** Whether users get in about whom none of them decides. */
  readonly isOpenBelow: boolean;
}

export function entryRules({ rules: compiled }: CompiledPolicy): EntryRules {
  const rules: Rule[] = [];
  let isOpenBelow = false;
  // Whether all users get in about whom the rules below decide.
  let isOpen = false;
  for (const { rule } of compiled.toReversed()) {
    const isAlways = Object.keys(rule.when).length === 0;
    if (rule.then.kind === 'allow' && isAlways) {
      rules.length = 0;
      isOpenBelow = true;
      isOpen = true;
      // Where an expression fails, the rule denies.
    } else if (rule.then.kind === 'deny' || !isOpen || hasExpression(rule.when)) {
      rules.push(rule);
      isOpen = false;
    }
  }
  return { rules: rules.toReversed(), isOpenBelow };
}

/** The conditions of the places and of their rules, for a space. */
export function conditionsOfPlaces({ behind }: AdditionPlaces): readonly Conditions[] {
  if (behind.length === 0) return [];
  const ofPolicies = behind.flatMap(({ clientIds, entry }) => [
    atApps(clientIds),
    ...entry.rules.map(({ when }) => when),
  ]);
  return [elsewhereThan(behind), ...ofPolicies];
}

/**
 * What must hold for a user to be at one of the places, and to be let in there: one list of formulas for each policy.
 * `space`: made of the conditions of the places, too, in a universe of the places.
 */
export function placeFormulas({ behind }: AdditionPlaces, space: RuleSpace): readonly (readonly Formula[])[] {
  if (behind.length === 0) return [[]];
  // First what most users may do: then the others are seldom asked about.
  return [
    [space.applies(elsewhereThan(behind))],
    ...behind.map(({ clientIds, entry }) => [...space.always, space.applies(atApps(clientIds)), letInBy(entry, space)]),
  ];
}

function letInBy({ rules, isOpenBelow }: EntryRules, space: RuleSpace): Formula {
  return rules.reduceRight<Formula>(
    (below, { when, then }) => {
      const goesOn: Formula = { all: [space.misses(when), below] };
      return then.kind === 'deny' ? goesOn : { any: [space.applies(when), hasExpression(when) ? goesOn : below] };
    },
    isOpenBelow ? { all: [] } : { any: [] },
  );
}

function elsewhereThan(behind: AdditionPlaces['behind']): Conditions {
  return { apps: { none: behind.flatMap(({ clientIds }) => clientIds) } };
}

function atApps(clientIds: readonly string[]): Conditions {
  return { apps: { any: clientIds } };
}
