/** Facts to which two rules may both apply, made from their conditions: for analysis, never to decide. */
import type { ConditionName, ConditionOf, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Facts, Subject } from '../../model/facts.ts';
import { neutralFacts, neutralRequest } from '../../model/neutral-facts.ts';
import type { ConditionDescriptor, SampleFacts } from '../../policy/condition-descriptor.ts';
import { conditionDescriptors, conditionSets } from '../../policy/rules/condition-table.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';

/** Two rules at one app that must both apply, and all rules that might decide instead. */
export interface RulePair {
  readonly one: Conditions;
  readonly other: Conditions;
  /** Conditions of the remaining rules of both policies. */
  readonly rest: readonly Conditions[];
  readonly clientId: string;
}

const subject: Subject = {
  id: 'sample',
  status: 'active',
  identifiers: [],
  groups: [],
  profile: {},
  enrollments: [],
};

/** Values that no condition asks for. */
const plain = { now: 1_800_000_000, device: { known: false, platform: 'desktop', os: 'other' } } as const;

/**
 * Facts that fit both conditions as far as possible; the evaluator finds out whether they do. Empty: nothing is sure to
 * fit both, as two groups may have no member in common.
 */
export function sampleFacts(pair: RulePair): readonly Facts[] {
  const rest = pair.rest.flatMap(conditionSets);
  return variants(pair.one).flatMap((one) =>
    variants(pair.other).flatMap((other) => samplesOfSets({ ...pair, one, other, rest })),
  );
}

/**
 * One set for each alternative, with the conditions outside `any`. If both have a condition, the set has that of the
 * alternative; the evaluator finds out whether the other one holds, too.
 */
function variants({ any, ...when }: Conditions): readonly ConditionSet[] {
  return any === undefined ? [when] : any.map((alternative) => ({ ...when, ...alternative }));
}

function samplesOfSets(pair: RulePair): readonly Facts[] {
  const facts = neutralFacts({ ...plain, request: neutralRequest(pair.clientId), subject });
  const names = Object.keys(conditionDescriptors) as readonly ConditionName[];
  return names.reduce<readonly UserFacts[]>(
    (all, name) => samplesOf(name, pair).flatMap((sample) => all.map((base) => overlay(base, sample))),
    [facts],
  );
}

function samplesOf<Name extends ConditionName>(name: Name, { one, other, rest }: RulePair): readonly SampleFacts[] {
  const { samples }: ConditionDescriptor<Name> = conditionDescriptors[name];
  const conditionOf = (when: Conditions) => when[name] as ConditionOf<Name> | undefined;
  return samples({
    one: conditionOf(one),
    other: conditionOf(other),
    rest: rest.map(conditionOf).filter((condition) => condition !== undefined),
  });
}

/** Facts with what a sample says: groups of facts member by member. */
export function overlay(base: UserFacts, sample: SampleFacts): UserFacts {
  return {
    ...base,
    ...sample,
    request: { ...base.request, ...sample.request },
    network: { ...base.network, ...sample.network },
    device: { ...base.device, ...sample.device },
    subject: { ...base.subject, ...sample.subject },
  };
}
