/**
 * Explains how a sign-in would end and why: the evaluator's trace, what is missing, and the steps that the user would
 * see.
 */

import { factsAt, simulate, walkThrough } from '../core/analysis/simulation/simulate.ts';
import type { SimulatedStep } from '../core/analysis/simulation/simulated-answers.ts';
import { evaluate } from '../core/decision/evaluate.ts';
import { assessedEvidence, type MissingEvidence, missingOf } from '../core/decision/missing-evidence.ts';
import { evaluateService, type ServiceDenial } from '../core/decision/service-issuance.ts';
import type { Conditions } from '../core/model/conditions.ts';
import type { DecisionOutcome } from '../core/model/decision.ts';
import type { EnrollmentTerms } from '../core/model/enrollment-policy.ts';
import type { Evidence, Facts, RequestFacts, Seconds, Subject } from '../core/model/facts.ts';
import { locationKey } from '../core/model/location-key.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import type { AcrLevel, AllowTerms, Requirement, RuleHead } from '../core/model/policy.ts';
import type { ProfileTerms } from '../core/model/profile-policy.ts';
import type { Risk } from '../core/model/risk.ts';
import type { LayerTrace, RuleTrace } from '../core/model/trace.ts';
import type { CompiledPolicy, PolicySet } from '../core/policy/rules/compile.ts';
import { enrollmentRuling } from '../core/policy/rules/enrollment-terms.ts';
import { signInOnceProved } from '../core/policy/rules/once-proved.ts';
import type { App, ServiceTerms } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Store } from '../stores/store.ts';
import { UnitOfWork } from '../stores/unit-of-work.ts';
import { decidingRule } from './audit-trace.ts';
import { freshPast } from './facts/gather.ts';

export interface ExplainedRule extends RuleTrace {
  readonly when: Conditions;
}

/** What the deciding rule of a session or sign-on policy says, beside its requirement. */
type GrantedTerms = Partial<Omit<AllowTerms, 'kind' | 'requirement'>>;

export interface ExplainedLayer extends LayerTrace, GrantedTerms {
  readonly rules: readonly ExplainedRule[];
  /** The number of rules after the deciding one. */
  readonly notReached: number;
  /** One of these must be met. */
  readonly requirements: readonly Requirement[];
  /** One entry for each alternative or chain of the requirements. Empty if nothing is missing. */
  readonly missing: readonly MissingEvidence[];
  /** Profile policy: the terms of the deciding rule. */
  readonly profile?: ProfileTerms;
  /** Enrollment policy: the terms of the deciding rule. */
  readonly enrollment?: EnrollmentTerms;
}

export interface Explanation {
  readonly revision: number;
  readonly app: Pick<App, 'clientId' | 'name'> & { readonly signOnPolicy: string };
  /** Epoch seconds. */
  readonly at: Seconds;
  readonly request: RequestFacts;
  readonly network: Facts['network'];
  readonly device: Facts['device'];
  readonly subject?: Subject;
  readonly evidence: readonly Evidence[];
  /** Signals of risk. They count once something is proved. */
  readonly risk?: Risk;
  readonly distance?: Facts['distance'];
  readonly layers: readonly ExplainedLayer[];
  /** The decision at this point. */
  readonly outcome: DecisionOutcome;
  /** The rules that decided, in the form of the audit line of a real sign-in. */
  readonly rule: string;
  readonly steps: readonly SimulatedStep[];
}

/**
 * Explains a request to this app under these facts. Rejects with `StoreUnavailable`, or `not_configured` if a policy
 * cannot be read.
 */
async function explain(snapshot: Snapshot, app: App, facts: Facts): Promise<Explanation> {
  const policies = await snapshot.policies(app);
  const { trace, ...outcome } = evaluate(policies, facts);
  const { clientId, name } = app;
  return {
    revision: snapshot.revision,
    app: { clientId, name, signOnPolicy: policies.app?.name ?? '' },
    at: facts.now,
    request: facts.request,
    network: facts.network,
    device: facts.device,
    ...(facts.subject && { subject: facts.subject }),
    evidence: facts.evidence,
    ...omitUndefined({ risk: facts.risk, distance: facts.distance }),
    layers: trace.layers.map((layer) => explainLayer(layer, policies, facts)),
    outcome,
    rule: decidingRule({ ...outcome, trace }),
    steps: simulate(policies, facts),
  };
}

/** What a sign-in comes to, with the rules that decide once something is proved. */
export interface DecidedSignIn extends Pick<Explanation, 'subject' | 'layers' | 'rule' | 'steps'> {
  /** The layers before the first proof. The same ones where no rule can tell the two moments apart. */
  readonly first: Explanation['layers'];
}

/**
 * What this sign-in comes to. Before the first proof the past of the account does not count, and a denial is withheld,
 * so the rules are those after it. Rejects like `explain`.
 */
export async function decidedSignIn(snapshot: Snapshot, app: App, facts: Facts): Promise<DecidedSignIn> {
  const explanation = await explain(snapshot, app, facts);
  const { subject, layers: first, rule, steps } = explanation;
  const policies = await snapshot.policies(app);
  const proved = signInOnceProved(policies, facts);
  const whole = { ...omitUndefined({ subject }), steps, first };
  if (proved === facts) return { ...whole, layers: first, rule };
  const { trace } = evaluate(policies, proved);
  const layers = trace.layers.map((layer) => explainLayer(layer, policies, proved));
  return { ...whole, layers, rule: decidingRule({ trace }) };
}

/** An explanation, with the rules that decide later in the same sign-in. */
export interface WholeExplanation extends Explanation {
  /**
   * Layers for which another rule decides after a proof, in the order in which this happens. Risk, distance and how the
   * user signed in count only from then on.
   */
  readonly later: readonly ExplainedLayer[];
}

/** Like `explain`, but covers every decision up to the end of the predicted steps. */
export async function explainWhole(snapshot: Snapshot, app: App, facts: Facts): Promise<WholeExplanation> {
  const explanation = await explain(snapshot, app, facts);
  return { ...explanation, later: laterLayers(await snapshot.policies(app), facts, explanation.layers) };
}

/** The account policy is left out, since it decides about each enrollment and not about the sign-in. */
function laterLayers(policies: PolicySet, facts: Facts, first: readonly LayerTrace[]): readonly ExplainedLayer[] {
  const seen = new Set(first.map(rulingKey));
  return walkThrough(policies, facts).turns.flatMap(({ from }) => {
    const there = factsAt(from, facts);
    return evaluate(policies, there).trace.layers.flatMap((layer) => {
      const key = rulingKey(layer);
      if (layer.layer === 'account' || layer.decidedBy === undefined || seen.has(key)) return [];
      seen.add(key);
      return [explainLayer(layer, policies, there)];
    });
  });
}

function rulingKey({ layer, decidedBy, rules }: LayerTrace): string {
  const rule = rules.at(-1);
  return decidedBy === undefined || rule === undefined ? layer : `${layer} ${locationKey(rule)} ${decidedBy}`;
}

/** Why a service would or would not get a token. */
export interface ServiceExplanation {
  readonly revision: number;
  readonly app: Pick<App, 'clientId' | 'name'> & { readonly resources: ServiceTerms['resources'] };
  /** Epoch seconds. */
  readonly at: Seconds;
  readonly scopes: readonly string[];
  readonly network: Facts['network'];
  /** Empty if the app has no service policy. */
  readonly layers: readonly ExplainedLayer[];
  readonly outcome: { readonly kind: 'allow' } | { readonly kind: 'deny'; readonly reason: ServiceDenial };
  /** The deciding rule, in the form of the audit line. */
  readonly rule: string;
}

/** Explains a request by the app on its own behalf. Rejects like `explain`. */
export async function explainService(snapshot: Snapshot, app: App, facts: Facts): Promise<ServiceExplanation> {
  const policy = await snapshot.servicePolicy(app);
  const decision = evaluateService(policy, facts);
  const { clientId, name, service } = app;
  return {
    revision: snapshot.revision,
    app: { clientId, name, resources: service?.resources ?? [] },
    at: facts.now,
    scopes: facts.request.scopes,
    network: facts.network,
    layers: decision.trace.layers.map((layer) => ({
      ...layer,
      ...ruleDetails(layer, policy),
      requirements: [],
      missing: [],
    })),
    outcome: decision.allow ? { kind: 'allow' } : { kind: 'deny', reason: decision.reason },
    rule: decidingRule(decision),
  };
}

/**
 * What the store knows of a user's past, as a fresh sign-in finds it. `isKnown`: the browser is a usual one of the
 * account. Parts that no active revision has asked for are not recorded, and absent. Rejects with `StoreUnavailable`.
 */
export function pastInStore(
  store: Store,
  snapshot: Snapshot,
  { subject, ...signIn }: Parameters<typeof freshPast>[2] & { readonly subject: Subject },
): ReturnType<typeof freshPast> {
  const { id, createdAt = signIn.now } = subject;
  return freshPast({ unit: new UnitOfWork(store), snapshot }, { id, createdAt }, signIn);
}

function ruleDetails(
  layer: LayerTrace,
  policy: CompiledPolicy<RuleHead> | undefined,
): Pick<ExplainedLayer, 'rules' | 'notReached'> {
  return {
    rules: layer.rules.map((rule, index) => ({ ...rule, when: conditionsOf(policy, index) })),
    notReached: policy ? policy.rules.length - layer.rules.length : 0,
  };
}

function explainLayer(layer: LayerTrace, policies: PolicySet, facts: Facts): ExplainedLayer {
  const policy = policyOf(layer, policies);
  const requirements = requirementsOf(layer, policies.acrLevels);
  const missing = requirements.map((requirement) => missingOf(requirement, assessedEvidence(policies, facts)));
  const enrollment = layer.layer === 'enrollment' ? decidedIn(policies.enrollment, layer)?.then : undefined;
  // What may be used is decided without the rules that ask how the user signed in.
  const { disabled = [], useOnly, models } = enrollmentRuling(policies, facts).terms ?? {};
  const profile = layer.layer === 'profile' ? decidedIn(policies.profile, layer)?.then : undefined;
  return {
    ...layer,
    ...ruleDetails(layer, policy),
    requirements,
    missing: layer.satisfied || missing.some((options) => options.length === 0) ? [] : missing.flat(),
    ...grantedBy(layer, policies),
    ...(enrollment && { enrollment: { ...enrollment, disabled, ...omitUndefined({ useOnly, models }) } }),
    ...(profile && { profile }),
  };
}

function grantedBy(layer: LayerTrace, policies: PolicySet): GrantedTerms {
  if (layer.layer !== 'session' && layer.layer !== 'app') return {};
  const then = decidedIn(policies[layer.layer], layer)?.then;
  if (then?.kind !== 'allow') return {};
  const { kind: _, requirement: __, ...granted } = then;
  return granted;
}

function policyOf({ layer, rules, change }: LayerTrace, policies: PolicySet): CompiledPolicy<RuleHead> | undefined {
  if (rules.length === 0) return undefined;
  if (layer === 'account') return change && policies.accountPolicy?.about(change);
  return layer === 'request' || layer === 'service' ? undefined : policies[layer];
}

function decidedIn<Of extends RuleHead>(policy: CompiledPolicy<Of> | undefined, layer: LayerTrace): Of | undefined {
  return layer.decidedBy === undefined ? undefined : policy?.rules[layer.rules.length - 1]?.rule;
}

function conditionsOf(policy: CompiledPolicy<RuleHead> | undefined, index: number): Conditions {
  return policy?.rules[index]?.rule.when ?? {};
}

function requirementsOf({ requirement, requiredAcr = [] }: LayerTrace, known: readonly AcrLevel[]): Requirement[] {
  if (requirement) return [requirement];
  return requiredAcr.flatMap((value) => known.find((acr) => acr.value === value)?.requirement ?? []);
}
