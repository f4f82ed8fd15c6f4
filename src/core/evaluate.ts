/** The one evaluator: it serves enforcing, explaining, simulating and analysing (Law 3). */
import { assuranceOf } from './assurance.ts';
import type { PolicySet } from './compile.ts';
import { admissible, countedEvidence } from './counted-evidence.ts';
import { firstProof } from './first-proof.ts';
import {
  type Denial,
  type Layer,
  overallMaxAge,
  type PolicyLayers,
  policyLayers,
  requestLayers,
  traceOf,
} from './layers.ts';
import { type Means, usableEnrollments } from './means.ts';
import type { Decision, Facts, Outcome, Subject } from './model.ts';
import type { Goal } from './requirement.ts';
import { type WayOn, wayOn } from './way-on.ts';
import { extendWitness } from './witness.ts';

export { type CompiledPolicy, compilePolicy, type PolicySet } from './compile.ts';
export { evaluateRefresh } from './refresh.ts';

/**
 * Decides what happens next: allow, deny, or what the person must do. Session policy, app policy and request must all agree; whatever
 * is unknown, broken or cannot be met denies (Law 4). Without a transaction (single sign-on, `prompt=none`) everything that is
 * neither `allow` nor `deny` means that an interaction is needed.
 */
export function evaluate(policies: PolicySet, facts: Facts): Decision {
  const policy = policyLayers(policies, facts);
  const requests = requestLayers(facts.request, policies.acrValues);
  const denial = policy.denial ?? requests[0].denial ?? noAuthenticator(policies);
  if (facts.subject !== undefined) return evaluateSubject(facts.subject, { policies, facts, policy, requests, denial });
  const trace = traceOf([...policy.layers, requests[0]], facts.request, []);
  return denial ? { kind: 'deny', ...denial, trace } : { kind: 'identify', trace };
}

function noAuthenticator({ authenticators }: PolicySet): Denial | undefined {
  return authenticators.length === 0 ? { reason: 'unsatisfiable' } : undefined;
}

interface Case {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policy: PolicyLayers;
  readonly requests: readonly [Layer, ...Layer[]];
  /** What policies and request deny, whatever the person has shown. */
  readonly denial: Denial | undefined;
}

function evaluateSubject(subject: Subject, given: Case): Decision {
  const { policies, facts, policy } = given;
  const counted = countedEvidence(subject, policies, facts);
  const shown = admissible(counted, overallMaxAge(facts, policy.session));
  const means: Means = { shown, enrollments: usableEnrollments(subject, policies), policies };
  const { request, goals, way } = chooseRequest(given, means);
  const trace = traceOf([...policy.layers, request], facts.request, shown);
  const denial = given.denial ?? inactive(subject) ?? impossible(way, request, policy, means);
  if (denial === undefined) return { ...proceed(way, given, means), trace };
  if (counted.length > 0) return { kind: 'deny', ...denial, trace };
  const general = evaluate(policies, anonymous(facts));
  if (general.kind === 'deny') return { ...general, trace };
  return { kind: 'challenge', options: firstProof(goals, means), withheld: denial, trace };
}

/** The best of what the request may add that this person can reach; the last, if none. */
function chooseRequest({ policy, requests }: Case, means: Means) {
  let chosen = tryRequest(requests[0], policy, means);
  for (const request of requests.slice(1)) {
    if (chosen.way.kind !== 'impossible') break;
    chosen = tryRequest(request, policy, means);
  }
  return chosen;
}

function tryRequest(request: Layer, policy: PolicyLayers, means: Means) {
  const goals: readonly Goal[] = request.goal ? [...policy.goals, request.goal] : policy.goals;
  return { request, goals, way: wayOn(goals, means) };
}

function inactive(subject: Subject): Denial | undefined {
  return subject.status === 'active' ? undefined : { reason: 'account_inactive' };
}

/** Blames the `acr` demand if everything else could be met. */
function impossible(way: WayOn, request: Layer, policy: PolicyLayers, means: Means): Denial | undefined {
  if (way.kind !== 'impossible') return undefined;
  const isPossible = (goals: readonly Goal[]) => wayOn(goals, means).kind !== 'impossible';
  if (request.goal && isPossible(policy.goals)) return { reason: 'acr_unattainable', layer: 'request' };
  if (policy.minimumAcr && isPossible(policy.goals.filter((goal) => goal !== policy.minimumAcr))) {
    return { reason: 'acr_unattainable', layer: 'app' };
  }
  return { reason: 'unsatisfiable' };
}

function proceed(way: WayOn, { policies, facts, policy }: Case, means: Means): Outcome {
  if (way.kind === 'impossible') return { kind: 'deny', reason: 'unsatisfiable' };
  if (way.kind !== 'met') return way;
  const witness = extendWitness(way.witness, means.shown);
  return {
    kind: 'allow',
    assurance: assuranceOf(witness, policies.acrValues, facts.request.acrValues),
    rule: policy.appRule ?? '',
    ...(policy.session && { session: policy.session }),
  };
}

function anonymous({ subject: _, ...facts }: Facts): Facts {
  return facts;
}
