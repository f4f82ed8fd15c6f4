/** One app, or the pages of the account, under both configurations, as the search for weaker rules compares them. */
import type { RefusedParts } from '../../../../core/analysis/comparison/deciding-together.ts';
import { type RuleSpace, ruleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../core/model/conditions.ts';
import type { Seconds } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { compileAccountPolicy } from '../../../../core/policy/rules/account-policy.ts';
import {
  type CompiledAccountPolicy,
  type CompiledPolicy,
  compilePolicy,
  type PolicySet,
} from '../../../../core/policy/rules/compile.ts';
import type { Universe } from '../../../../core/policy/theories/theory.ts';
import { knownIn } from '../../../../policy/analysis/analysed/configuration.ts';
import { placesOnFile } from '../../../../policy/analysis/analysed/zones-on-file.ts';
import { canonicalJson } from '../../../../policy/revision/document-store.ts';
import { refusing } from '../../../../policy/revision/refused-scopes.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import { type BothZones, placedOnBoth } from '../compared/both-zones.ts';

/** An app under both configurations, with names for zones that differ if the zones do. */
export interface ComparedPair {
  readonly pair: AppPair;
  readonly active: PolicySet;
  readonly next: PolicySet;
  readonly refused?: RefusedParts;
  readonly zones: BothZones;
  readonly conditions: readonly Conditions[];
  readonly space: RuleSpace;
}

/** `since`: sign-ins before this time are over, and are not compared. */
export function comparedPair(pair: AppPair, zones: BothZones, since: Seconds): ComparedPair {
  const active = withZones(pair.active.policies, 'active', zones);
  const next = withZones(pair.next.policies, 'next', zones);
  const conditions = [active, next].flatMap(({ session, app, enrollment, recovery, accountPolicy }) => [
    ...[session, app, enrollment, recovery].flatMap((policy) => (policy?.rules ?? []).map(({ rule }) => rule.when)),
    ...(accountPolicy?.rules ?? []).map(({ when }) => when),
  ]);
  const { refused } = pair;
  const space = ruleSpace(conditions, { ...universeOf(pair, zones), since });
  return { pair, active, next, ...(refused && { refused }), zones, conditions, space };
}

/** The policies with each zone under its name in the common list, and with those rules only that decide. */
function withZones(policies: PolicySet, side: 'active' | 'next', zones: BothZones): PolicySet {
  const { session, app, enrollment, recovery, accountPolicy } = policies;
  const renamed = renaming(side, zones);
  return {
    ...policies,
    session: renamed(session),
    ...(app && { app: renamed(app) }),
    ...(enrollment && { enrollment: renamed(enrollment) }),
    ...(recovery && { recovery: renamed(recovery) }),
    ...(accountPolicy && { accountPolicy: renamedChanges(accountPolicy, side, zones) }),
  };
}

/** Cached by zones and policy: apps have most policies in common. */
const renamedPolicies = new WeakMap<BothZones, Record<'active' | 'next', WeakMap<object, unknown>>>();

/** Makes it once for the policy. */
function onceFor<Of extends object>(of: Of, side: 'active' | 'next', { zones, make }: RenamedOnce<Of>): Of {
  const known = renamedPolicies.get(zones) ?? { active: new WeakMap(), next: new WeakMap() };
  renamedPolicies.set(zones, known);
  const made = (known[side].get(of) as Of | undefined) ?? make();
  known[side].set(of, made);
  return made;
}

interface RenamedOnce<Of> {
  readonly zones: BothZones;
  readonly make: () => Of;
}

function renaming(side: 'active' | 'next', zones: BothZones) {
  return <Of extends RuleHead>(policy: CompiledPolicy<Of>): CompiledPolicy<Of> =>
    onceFor(policy, side, {
      zones,
      make: () => {
        const rules = policy.rules.map(({ rule }) => ({ ...rule, when: renamedIn(rule.when, side, zones) }));
        return compilePolicy({ name: policy.name, rules });
      },
    });
}

function renamedChanges(policy: CompiledAccountPolicy, side: 'active' | 'next', zones: BothZones) {
  const make = () => {
    const deciding = policy.rules.filter(({ off, reportOnly }) => !off && !reportOnly);
    const rules = deciding.map((rule) => ({ ...rule, when: renamedIn(rule.when, side, zones) }));
    return compileAccountPolicy({ name: 'account', rules });
  };
  return onceFor(policy, side, { zones, make });
}

/** The conditions with each zone under its name in the common list. */
export function renamedIn({ any, ...when }: Conditions, side: 'active' | 'next', zones: BothZones): Conditions {
  const name = (zone: string) => zones.nameOf(side, zone);
  const inSet = (set: ConditionSet): ConditionSet => {
    if (set.network === undefined) return set;
    const lists = Object.entries(set.network).map(([key, names]) => [key, names?.map(name)] as const);
    return { ...set, network: Object.fromEntries(lists) };
  };
  return { ...inSet(when), ...(any && { any: any.map(inSet) }) };
}

/** If the attribute schemas or the claims of scopes differ, any value is assumed possible, so nothing is missed. */
function universeOf({ active, next, clientIds }: AppPair, zones: BothZones): Universe {
  const places = placesOf.get(zones) ?? placesOnFile(placedOnBoth(active.side.snapshot, next.side.snapshot, zones));
  placesOf.set(zones, places);
  const [before, after] = [active.side.snapshot.settings, next.side.snapshot.settings];
  const isSame = canonicalJson(before.attributes) === canonicalJson(after.attributes);
  const known = isSame ? {} : { attribute: () => undefined, isKept: () => true };
  const isReleasedAlike = canonicalJson(before.scopes) === canonicalJson(after.scopes);
  const released = isReleasedAlike ? {} : { scopesOf: () => [] };
  const made = { ...knownIn(after), ...known, ...released, places };
  // What is refused now is refused whatever it was before.
  const refused = refusing(after.scopes)(next.app);
  return { ...made, clientIds: clientIds.slice(0, 1), refused: () => refused };
}

/** Cached by zones: each app has examples in the same ones. */
const placesOf = new WeakMap<BothZones, Universe['places']>();
