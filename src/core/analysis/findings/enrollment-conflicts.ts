/**
 * Finds sign-on rules that no user can meet because of an enrollment rule that disables what they take, before a user
 * runs into one.
 */

import { bestEvidence } from '../../evidence/attainable-acr.ts';
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { Conditions } from '../../model/conditions.ts';
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Facts } from '../../model/facts.ts';
import type { Requirement, Rule } from '../../model/policy.ts';
import { beforeSignIn, type CompiledPolicy } from '../../policy/rules/compile.ts';
import { conditionSets } from '../../policy/rules/condition-table.ts';
import { applyRules, findRule } from '../../policy/rules/rules.ts';
import { namesIn } from '../../policy/theories/membership-theory.ts';
import type { Universe } from '../../policy/theories/theory.ts';
import { sampleFacts } from '../space/sample-facts.ts';

/** Two rules that both decide in some case, although one disables what the other requires. */
export interface EnrollmentConflict {
  readonly enrollment: EnrollmentRule;
  readonly rule: Rule;
}

/** The policies to search for conflicts. */
export interface Analysed {
  /** Session policy or sign-on policy. */
  readonly policy: CompiledPolicy;
  readonly enrollment: CompiledPolicy<EnrollmentRule>;
  /** The enabled ones. */
  readonly authenticators: readonly AuthenticatorDescriptor[];
  readonly clientId: string;
  /** Requirements of the app in addition to the policy: its minimum `acr`. */
  readonly besides: readonly Requirement[];
  /** The statements about devices that sources can make. */
  readonly devices: Universe['devices'];
}

/** All pairs of rules that conflict, each reported once. */
export function enrollmentConflicts(all: Analysed): readonly EnrollmentConflict[] {
  const analysed = { ...all, enrollment: beforeSignIn(all.enrollment) };
  const { enrollment: disabling, policy } = analysed;
  const pairs = disabling.rules.flatMap(({ rule: enrollment }) =>
    policy.rules.map(({ rule }): EnrollmentConflict => ({ enrollment, rule })),
  );
  return pairs.filter((pair) => cannotBeMet(pair, analysed) && decideTogether(pair, analysed));
}

/** The sign-on rule can be met, and cannot be met any more without what the enrollment rule disables. */
function cannotBeMet({ enrollment, rule }: EnrollmentConflict, { authenticators, besides }: Analysed): boolean {
  if (rule.then.kind === 'deny') return false;
  const requirements = [rule.then.requirement, ...besides];
  const usable = authenticators.filter(({ key }) => !enrollment.then.disabled.includes(key));
  return !canMeet(requirements, usable) && canMeet(requirements, authenticators);
}

function decideTogether(pair: EnrollmentConflict, { policy, enrollment, clientId, devices }: Analysed): boolean {
  const rest = [...enrollment.rules, ...policy.rules].map(({ rule }) => rule.when);
  const samples = sampleFacts({ one: pair.enrollment.when, other: pair.rule.when, rest, clientId });
  return believed(samples, rest, devices).some(
    (facts) => findRule(enrollment, facts).rule === pair.enrollment && applyRules(policy, facts).rule === pair.rule,
  );
}

/** Repeats the facts with each device that sources can describe, if rules ask what they say. */
function believed(
  samples: readonly Facts[],
  rules: readonly Conditions[],
  devices: Universe['devices'],
): readonly Facts[] {
  const tests = rules.flatMap(conditionSets).flatMap(({ device }) => device ?? []);
  if (!tests.some(({ registered, managed, assurance }) => (registered ?? managed ?? assurance) !== undefined))
    return samples;
  const known = devices([...new Set(tests.flatMap(({ assurance }) => (assurance ? namesIn(assurance) : [])))]);
  if (known === undefined) return samples;
  return samples.flatMap(({ device: { platform, os, known: isKnown }, ...facts }) =>
    known.map((signals) => ({ ...facts, device: { platform, os, known: isKnown, ...signals } })),
  );
}

function canMeet(requirements: readonly Requirement[], authenticators: readonly AuthenticatorDescriptor[]): boolean {
  return requirements.every((requirement) => meetsRequirement(requirement, bestEvidence(requirement, authenticators)));
}
