/**
 * What changed policies let users in with, compared with brute force: for each pair of policies, every user, address
 * and set of proofs of a small universe is put to the evaluator on both sides.
 */

import { describe, expect, test } from '@jest/globals';
import { newlyWeaker } from '../../../../src/core/analysis/comparison/newly-weaker.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor, Facts } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

const authenticators: readonly AuthenticatorDescriptor[] = [
  { key: 'password', factors: ['knowledge'], characteristics: [], enrollable: true },
  { key: 'totp', factors: ['possession'], characteristics: [], enrollable: true },
  { key: 'key', factors: ['possession'], characteristics: ['phishingResistant'], enrollable: true },
];
const places = [
  { ip: '203.0.113.7', zones: [] },
  { ip: '192.0.2.7', zones: ['office'] },
];
const groups = [[], ['a'], ['b'], ['a', 'b']];

const one: Requirement = { anyOf: [{ factors: 1, demands: [] }] };
const two: Requirement = { anyOf: [{ factors: 2, demands: [] }] };
const resistant: Requirement = { anyOf: [{ factors: 1, demands: [{ characteristics: ['phishingResistant'] }] }] };
const aged: Requirement = { anyOf: [{ factors: 1, demands: [], maxAge: 600 }] };
const steps = (...keys: readonly string[]) => keys.map((key) => ({ authenticators: key.split(' ') }));
const chain: Requirement = { chains: [steps('password', 'totp key')] };
const narrower: Requirement = { chains: [steps('totp', 'password')] };
const longer: Requirement = { chains: [steps('password', 'totp', 'key'), steps('key')] };

let names = 0;
function rule(asks: Requirement | 'deny', when: Conditions = {}): Rule {
  names += 1;
  const then = asks === 'deny' ? { kind: 'deny' as const } : { kind: 'allow' as const, requirement: asks };
  return { name: `R${names}`, when, then, location: { file: 'f', line: names } };
}

const inA: Conditions = { groups: { any: ['a'] } };
const notB: Conditions = { groups: { none: ['b'] } };
const atWork: Conditions = { network: { any: ['office'] } };
const either: Conditions = { any: [{ groups: { any: ['a'] } }, { network: { any: ['office'] } }] };

const policies: readonly (readonly Rule[])[] = [
  [rule(one)],
  [rule(two)],
  [rule('deny', inA), rule(one)],
  [rule(one, atWork), rule(two)],
  [rule(resistant, inA), rule(two, notB), rule(one)],
  [rule(two, either), rule(one)],
  [rule(aged, atWork), rule(resistant)],
  [rule(chain), rule('deny')],
  [rule(narrower, either), rule(chain)],
  [rule(longer, inA), rule(narrower)],
  [rule('deny', { groups: { all: ['a', 'b'] } }), rule(two, inA), rule(aged)],
];

function setOf(rules: readonly Rule[]): PolicySet {
  const policy = (own: readonly Rule[]) => compilePolicy({ name: 'p', rules: own });
  return { session: policy([rule(one)]), app: policy(rules), acrLevels: [], authenticators };
}

/** All facts of the universe: each proof fresh, old, or not given. */
function allFacts(): readonly Facts[] {
  const ages = [undefined, 0, 3600];
  const proofs = ages.flatMap((a) => ages.flatMap((b) => ages.map((c) => [a, b, c])));
  return groups.flatMap((own) =>
    places.flatMap((network) => proofs.map((proof) => factsFor({ groups: own, network, proof }))),
  );
}

interface Given {
  readonly groups: readonly string[];
  readonly network: Facts['network'];
  readonly proof: readonly (number | undefined)[];
}

const now = 1_800_000_000;

function factsFor({ groups: own, network, proof }: Given): Facts {
  const enrollments = authenticators.map(({ key, factors, characteristics }) => ({
    id: key,
    authenticator: key,
    factors,
    characteristics,
  }));
  const evidence = enrollments.flatMap(({ id, ...rest }, at) => {
    const age = proof[at];
    if (age === undefined) return [];
    const shown = { ...rest, enrollment: id, subject: 'u', amr: [], at: now - age, transaction: `t${age}` };
    return [{ ...shown, origin: 'sign_in' as const }];
  });
  return neutralFacts({
    now,
    request: neutralRequest('app'),
    network,
    device: { known: false, platform: 'desktop', os: 'other' },
    subject: { id: 'u', status: 'active', identifiers: [], groups: own, profile: {}, enrollments },
    evidence,
  });
}

const everything = universe({ clientIds: ['app'], places, attribute: () => undefined, isKept: () => true });
const facts = allFacts();
const sets = policies.map(setOf);

describe.each(sets.map((active, at) => [at, active] as const))('from policy %i', (before, active) => {
  test.each(sets.map((next, at) => [at, next] as const))('to policy %i', (after, next) => {
    const rules = [...(policies[before] ?? []), ...(policies[after] ?? [])];
    const space = ruleSpace(
      rules.map(({ when }) => when),
      everything,
    );
    const { found, undecided } = newlyWeaker({ active, next }, space);
    const isWeaker = facts.some((signIn) => enters(next, signIn) && !enters(active, signIn));
    // Nothing that happens is missed, and what is the same is never called weaker.
    if (isWeaker) expect(found.length + undecided.length).toBeGreaterThan(0);
    if (before === after) expect(found).toEqual([]);
    for (const { facts: shown, proved: by } of found) {
      const { evidence } = by ?? {};
      expect([enters(next, proved(shown, evidence)), enters(active, proved(shown, evidence))]).toEqual([true, false]);
    }
    expect([undecided, found.length > 0]).toEqual([[], isWeaker]);
  });
});

function enters(set: PolicySet, signIn: Facts): boolean {
  return evaluate(set, signIn).kind === 'allow';
}

/** A user who was denied gives every proof. */
function proved(
  shown: UserFacts,
  evidence: readonly { authenticator: string; age: number | 'now' }[] | undefined,
): Facts {
  const ages = authenticators.map(({ key }) => {
    if (evidence === undefined) return 0;
    // The youngest of several proofs with one authenticator.
    const given = evidence.filter(({ authenticator }) => authenticator === key);
    const own = given.map(({ age }) => (age === 'now' ? 0 : Math.min(age, 1_000_000)));
    return own.length === 0 ? undefined : Math.min(...own);
  });
  return factsFor({ groups: shown.subject.groups, network: shown.network, proof: ages });
}
