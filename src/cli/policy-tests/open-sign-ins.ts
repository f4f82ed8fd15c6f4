/**
 * All sign-ins that a policy test leaves open: one for each combination of facts that the policies of its app
 * distinguish. Facts that the test sets are the same in all of them.
 */
import { factsTogether } from '../../core/analysis/space/facts-together.ts';
import { ruleSpace } from '../../core/analysis/space/rule-space.ts';
import type { ConditionSet } from '../../core/model/conditions.ts';
import type { Facts } from '../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../core/model/neutral-facts.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { compileConditions, conditionSets } from '../../core/policy/rules/condition-table.ts';
import {
  type Formula,
  plainTime,
  type Universe,
  type UserFacts,
  type Variable,
  withProof,
} from '../../core/policy/theories/theory.ts';
import { knownIn } from '../../policy/analysis/analysed/configuration.ts';
import type { App } from '../../policy/model/app.ts';
import { enabledAuthenticators } from '../../policy/revision/enabled-authenticators.ts';
import { refusing } from '../../policy/revision/refused-scopes.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import { decisionsBy, signatureBy } from './distinct-facts.ts';
import { askedFacts, asksTime, unstatedFacts } from './expression-facts-read.ts';
import { type MergeFacts, merging } from './merged-facts.ts';
import {
  combinationCount,
  combinations,
  factsOfCombinations,
  type LeftOpen,
  type OpenChoice,
  spread,
  widestParts,
} from './open-choices.ts';
import { type OpenRules, type OtherFacts, openRules, otherFacts } from './open-expressions.ts';
import { isKnownBrowserIn } from './test-facts.ts';
import type { TestedConfiguration } from './unknown-names.ts';

export interface OpenSignIns {
  readonly facts: readonly Facts[];
  /** Why there may be others, in one sentence. */
  readonly isPartial?: string;
  /** Facts that the test does not state, by which expressions of rules may come to something else, or fail. */
  readonly unstated: readonly string[];
  /** The locations of the rules with such an expression, in these facts. */
  readonly openRules: OpenRules;
  /** A rule compares something with the present. */
  readonly isTimed: boolean;
}

/** The most sign-ins to try. They prove nothing then, but one of them may refute the test. */
const most = 4_000;

/** The most facts to sort into kinds. */
const mostPlacements = 100_000;

/** The most facts to make up for expressions that the test leaves open. */
const mostMadeUp = 2_000;

export async function openSignIns(
  test: PolicyTest,
  app: App,
  configuration: TestedConfiguration,
): Promise<OpenSignIns> {
  const { snapshot } = configuration;
  const policies = await snapshot.policies(app);
  const rules = rulesOfSignIns(policies);
  const sets = rules.flatMap(({ when }) => conditionSets(when));
  const refused = refusing(snapshot.settings.scopes)(app);
  const universe = { ...knownIn(snapshot.settings), clientIds: [app.clientId], refused: () => refused };
  const merge = merging(test, { app, sets }, configuration);
  const choices = relevantChoices(variablesOf(rules, universe), merge);
  const unknown = choices.find(({ isComplete }) => !isComplete);
  const enrolled = test.user?.enrolled === undefined ? enrollmentSets(configuration) : [test.user.enrolled];
  const open = { choices, enrolled, plain: plainFacts() };
  const arise = arising(test, sets, universe);
  const unstated = unstatedFacts(sets, test);
  const isOpen: OpenRules = unstated.length > 0 ? openRules(rules, test) : () => [];
  const told = { arise, merge: mergingAny(open, merge), signature: signatureBy(policies, isOpen) };
  const distinct = distinctPlacements(open, told);
  const count = (distinct?.length ?? combinationCount(open)) * enrolled.length;
  const made = madeUp(distinct ?? [], {
    ...told,
    ...otherFacts(rules, test, universe),
    openRules: isOpen,
    signature: decisionsBy(policies, isOpen),
  });
  const tried = distinct && count <= most ? combinations([...distinct, ...made], enrolled) : spread(most, open);
  const found = new Map<string, Facts>();
  for (const { placed, enrolled: keys } of tried) {
    if (!arise(placed)) continue;
    const facts = merge(placed, keys);
    if (facts !== undefined) found.set(JSON.stringify(facts), facts);
  }
  const reason =
    count > most
      ? `it leaves ${count} sign-ins open, and ${most} were tried: say more in it, first of all ${widestParts(open)}`
      : unknown && `whether \`${unknown.name}\` holds is not known beforehand: say more in it`;
  return {
    facts: [...found.values()],
    unstated,
    openRules: isOpen,
    isTimed: asksTime(policies, askedFacts(sets, snapshot.settings.attributes)),
    ...(reason && { isPartial: reason }),
  };
}

interface Distinguishing {
  readonly arise: (placed: UserFacts) => boolean;
  readonly merge: (placed: UserFacts) => UserFacts | undefined;
  readonly signature: (facts: UserFacts) => string;
}

/** With the first set of authenticators that the test allows. */
function mergingAny({ enrolled, plain }: LeftOpen, merge: MergeFacts): Distinguishing['merge'] {
  const keys = enrolled.find((set) => merge(plain, set) !== undefined) ?? [];
  return (placed) => merge(placed, keys);
}

/** One of each kind that the policies tell apart. Undefined if there are too many to look at. */
function distinctPlacements(
  open: LeftOpen,
  { arise, merge, signature }: Distinguishing,
): readonly UserFacts[] | undefined {
  if (combinationCount(open) > mostPlacements) return undefined;
  const kinds = new Map<string, UserFacts>();
  for (const placed of factsOfCombinations(open.choices, open.plain)) {
    if (!arise(placed)) continue;
    const facts = merge(placed);
    const kind = facts && signature(facts);
    if (kind !== undefined && !kinds.has(kind)) kinds.set(kind, placed);
  }
  return [...kinds.values()];
}

interface MadeUp extends Distinguishing, OtherFacts {
  readonly openRules: OpenRules;
}

/** Further facts, in which what the test leaves open of an expression comes to something else. There may be more. */
function madeUp(
  known: readonly UserFacts[],
  { arise, merge, signature, others, results, openRules: isOpen }: MadeUp,
): readonly UserFacts[] {
  const kinds = new Set<string>();
  const isNew = (placed: UserFacts): boolean => {
    const facts = merge(placed);
    if (facts === undefined || isOpen(facts).length === 0) return false;
    const before = kinds.size;
    return kinds.add(JSON.stringify([signature(facts), results(facts)])).size > before;
  };
  const found: UserFacts[] = [];
  const queue = known.filter(isNew);
  let left = mostMadeUp;
  for (const placed of queue)
    for (const other of others(placed)) {
      if (left === 0) return found;
      left -= 1;
      if (!arise(other) || !isNew(other)) continue;
      found.push(other);
      queue.push(other);
    }
  return found;
}

/** Whether these facts can occur together. Risk and distances can do so with all else if the test itself sets one. */
function arising(test: PolicyTest, sets: readonly ConditionSet[], universe: Universe): (placed: UserFacts) => boolean {
  const { requests, onceProved, always } = factsTogether(sets, universe);
  const isSet = test.risk !== undefined || test.distance !== undefined;
  const conditions = [...requests, ...(isSet ? [] : [...onceProved, ...always])].flatMap(compileConditions);
  return (placed) => {
    const device = { ...placed.device, known: isKnownBrowserIn(test, placed, sets) };
    return conditions.every(({ test: holds }) => holds(withProof({ ...placed, device })) === 'hit');
  };
}

/** Setting up an authenticator in a sign-in is a change of the account, too. */
export function rulesOfSignIns({ session, app, enrollment, profile, ...set }: PolicySet): readonly RuleHead[] {
  const policies: readonly ({ readonly rules: readonly { readonly rule: RuleHead }[] } | undefined)[] = [
    session,
    app,
    enrollment,
    profile,
    ...set.authenticators.map(({ key }) => set.accountPolicy?.about({ action: 'add', of: key })),
  ];
  return policies.flatMap((policy) => policy?.rules.map(({ rule }) => rule) ?? []);
}

function variablesOf(rules: readonly RuleHead[], universe: Universe): readonly Variable[] {
  const conditions = rules.map(({ when }) => when);
  const space = ruleSpace(conditions, universe);
  const within = (formula: Formula): readonly Variable[] => {
    if ('variable' in formula) return [formula.variable];
    return ('all' in formula ? formula.all : formula.any).flatMap(within);
  };
  return [...new Set(conditions.flatMap((when) => space.parts(when).flatMap(({ formula }) => within(formula))))];
}

/** Variables that still make a difference after the test's facts are applied. */
function relevantChoices(variables: readonly Variable[], merge: MergeFacts): readonly OpenChoice[] {
  const plain = plainFacts();
  const choices = variables.flatMap(({ name, classes }): readonly OpenChoice[] => {
    const places = classes.flatMap(({ applyTo }) => applyTo ?? []);
    const isComplete = places.length === classes.length;
    const outcomes = new Set(places.map((place) => JSON.stringify(merge(place(plain), []))));
    return outcomes.size > 1 || !isComplete ? [{ name, places, isComplete }] : [];
  });
  // The time comes first, because ages are relative to it.
  return choices.toSorted((a, b) => Number(b.name === 'time') - Number(a.name === 'time'));
}

/** Every set of authenticators that users can set up, except the empty one. */
function enrollmentSets({ snapshot, authenticators }: TestedConfiguration): readonly (readonly string[])[] {
  const keys = enabledAuthenticators(authenticators, snapshot.settings)
    .filter(({ enrollable }) => enrollable)
    .map(({ key }) => key);
  const sets = keys.reduce<readonly (readonly string[])[]>(
    (all, key) => all.concat(all.map((set) => set.concat(key))),
    [[]],
  );
  return sets.filter((set) => set.length > 0);
}

/** A new browser, and a user about whom nothing is known. */
function plainFacts(): UserFacts {
  return neutralFacts({
    now: plainTime,
    request: neutralRequest('', ['openid']),
    device: { known: false, platform: 'desktop', os: 'other' },
    subject: { id: 'assumed', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] },
  });
}
