/**
 * Outcomes of simulated sign-ins. A simulation depends on what the deciding rules ask for, not on the user or the app.
 * So each is run once for all users who are asked for the same.
 */
import { evaluate } from '../../decision/evaluate.ts';
import type { Facts } from '../../model/facts.ts';
import type { RuleHead } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../policy/rules/compile.ts';
import { findRule, possiblePositions } from '../../policy/rules/rules.ts';
import { type UserFacts, withProof } from '../../policy/theories/theory.ts';
import { hasPast } from '../../policy/values/risk.ts';
import { identifierPageSecret } from '../../queries/identifier-page-secret.ts';
import { cachedAnswers, rulesAhead } from '../../queries/rules-ahead.ts';
import { type Numbering, numberingFor } from './numbering.ts';
import { type SignInOutcome, simulatedOutcome } from './simulated-outcome.ts';

/** By the authenticators that the user has, and those that the user never sets up. */
type Outcomes = Map<string, SignInOutcome>;

/** Cached by the configuration's authenticators, and by all else that the outcome depends on (`outcomeKey`). */
const cachedOutcomes = new WeakMap<PolicySet['authenticators'], Map<string, Outcomes>>();

/** Authenticators that the user has, each as often as it is named, and others that the user sets up nowhere. */
export interface HadKeys {
  readonly keys: readonly string[];
  readonly never?: readonly string[];
}

/** The outcome of the sign-in of a user who has these. */
export function signInOutcome(
  policies: PolicySet,
  facts: UserFacts,
  { keys: had, never = [] }: HadKeys,
): SignInOutcome {
  const outcomes = outcomesOf(policies, outcomeKey(policies, facts));
  const key = JSON.stringify([had, never]);
  const outcome = outcomes.get(key) ?? simulatedOutcome(without(policies, never), facts, had);
  outcomes.set(key, outcome);
  return outcome;
}

function outcomesOf({ authenticators }: PolicySet, key: string): Outcomes {
  const all = cachedOutcomes.get(authenticators) ?? new Map<string, Outcomes>();
  cachedOutcomes.set(authenticators, all);
  const outcomes = all.get(key) ?? new Map<string, SignInOutcome>();
  all.set(key, outcomes);
  return outcomes;
}

function without(policies: PolicySet, never: readonly string[]): PolicySet {
  if (never.length === 0) return policies;
  const authenticators = policies.authenticators.map((descriptor) =>
    never.includes(descriptor.key) ? { ...descriptor, enrollable: false } : descriptor,
  );
  return { ...policies, authenticators };
}

/** Cached by facts, and by policies: a search asks about the same user many times, also as if policies were others. */
const keys = new WeakMap<UserFacts, { readonly policies: PolicySet; readonly key: string }[]>();

/** Cache key: sign-ins with equal keys have equal outcomes. */
export function outcomeKey(policies: PolicySet, facts: UserFacts): string {
  const made = keys.get(facts) ?? [];
  const known = made.find((kept) => kept.policies === policies);
  if (known) return known.key;
  const key = keyFor(policies, facts, askedOf(policies).layers);
  made.push({ policies, key });
  keys.set(facts, made);
  return key;
}

/** Key of how a sign-in begins and what it asks for, whatever the account policy says. */
export function entryKey(policies: PolicySet, facts: UserFacts): string {
  return keyFor(policies, facts, askedOf(policies).layers.slice(0, entryLayers));
}

/** Session policy, sign-on policy and enrollment policy. */
const entryLayers = 3;

function keyFor(policies: PolicySet, facts: UserFacts, layers: AskedPolicies['layers']): string {
  const { signedInWith: _, ...rest } = facts;
  // Before the first proof the past does not count, and other rules may decide.
  const before = { ...rest, evidence: [] };
  const proved = hasPast(before) ? withProof(before) : before;
  const { numbering, others } = askedOf(policies);
  const { request, now, subject } = facts;
  return [
    others,
    ...layers.map((policy) => termsIn(policy, before, numbering)),
    ...(proved === before ? [] : layers.map((policy) => termsIn(policy, proved, numbering))),
    mayDecideLater(policies.enrollment, proved, numbering),
    firstPageOf(policies, before),
    now,
    // Other conditions about the account are in the rules above; only those of the profile policy are not.
    policies.profile && subject.createdAt,
    JSON.stringify(subject.skipped),
    JSON.stringify([request.acrValues, request.acrEssential, request.promptLogin]),
  ].join('|');
}

/** What keys are made of. */
interface AskedPolicies {
  readonly numbering: Numbering;
  /** The policies that decide about a sign-in, and about what is added in it. */
  readonly layers: readonly (PolicyWithTerms | undefined)[];
  /** A number for everything in the set except the session policy and the sign-on policy. */
  readonly others: number;
}

/** Cached by policies. */
const asked = new WeakMap<PolicySet, AskedPolicies>();

function askedOf(policies: PolicySet): AskedPolicies {
  const known = asked.get(policies);
  if (known) return known;
  const { session, app, enrollment, accountPolicy, authenticators } = policies;
  const numbering = numberingFor(policies);
  // About many authenticators the same rules decide.
  const added = new Set(authenticators.map(({ key: of }) => accountPolicy?.about({ action: 'add', of })));
  const layers = [session, app, enrollment && beforeSignIn(enrollment), ...added];
  const made = { numbering, layers, others: othersOf(policies, numbering) };
  asked.set(policies, made);
  return made;
}

type PolicyWithTerms = CompiledPolicy<RuleHead & { readonly then: object }>;

function termsIn(policy: PolicyWithTerms | undefined, facts: UserFacts, numbering: Numbering): number | undefined {
  const rule = policy && findRule(policy, facts).rule;
  return rule && numbering.of(rule.then);
}

/** Rules that ask how the user signed in, as far as the user is known. */
function mayDecideLater(enrollment: PolicySet['enrollment'], facts: UserFacts, numbering: Numbering): string {
  if (enrollment?.beforeSignIn === undefined) return '';
  const { traces } = findRule(enrollment, facts);
  return possiblePositions(traces)
    .map((at) => `${numbering.of(enrollment.rules[at]?.rule.then ?? none)}:${numbering.of(traces[at] ?? none)}`)
    .join();
}

/** Cached by policies, and by all facts but those of the user. */
const pagesByFacts = new WeakMap<PolicySet, Map<string, string>>();

/** What the first page asks for besides the identifier, or the layer that denies every user. */
function firstPageOf(policies: PolicySet, { subject: _, ...anonymous }: UserFacts): string {
  const known = pagesByFacts.get(policies) ?? new Map<string, string>();
  pagesByFacts.set(policies, known);
  const key = JSON.stringify(anonymous);
  const page = known.get(key) ?? findFirstPage(policies, anonymous);
  known.set(key, page);
  return page;
}

/** Cached by the rules ahead, and by what the request asks for. */
const pagesAhead = cachedAnswers<string>();

function findFirstPage(policies: PolicySet, anonymous: Facts): string {
  const { acrValues, acrEssential } = anonymous.request;
  return pagesAhead(rulesAhead(policies, anonymous), JSON.stringify([acrValues, acrEssential]), () => {
    const decision = evaluate(policies, anonymous);
    return decision.kind === 'deny' ? `denied by ${decision.layer}` : (identifierPageSecret(policies, anonymous) ?? '');
  });
}

function othersOf(policies: PolicySet, numbering: Numbering): number {
  const { session: _, app: __, enrollment, accountPolicy, password, recovery, profile, ...rest } = policies;
  // What is said of additions is among the layers. The account app asks for other changes besides.
  const account = rest.isAccountApp ? accountPolicy : (accountPolicy?.apartFromAdditions ?? accountPolicy);
  const compiled = [enrollment, account, password, recovery, profile];
  // Sets that differ in a policy share the others, whose numbers are known.
  const members = Object.entries(rest).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'object' && value !== null ? numbering.of(value) : [value],
  ]);
  return numbering.of([compiled.map((policy) => policy && numbering.identityOf(policy)), members]);
}

const none = {};
