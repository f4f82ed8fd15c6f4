/**
 * What decisions cost that once took long: many groups and rules over them, chains and many enrollments. `node
 * test/bench/hard-decisions.ts` runs these alone, and needs no store.
 */

import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Enrollment, Facts } from '../../src/core/model/facts.ts';
import type { ChainStep, Requirement } from '../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../src/core/policy/rules/compile.ts';
import {
  allow,
  descriptor,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../core/support/fixtures.ts';
import { median } from './measure.ts';

export interface HardDecision {
  readonly what: string;
  /** CPU of one decision (microseconds). */
  readonly micros: number;
  /** The budget (microseconds). */
  readonly limit: number;
}

interface Case {
  readonly what: string;
  readonly limit: number;
  readonly policies: PolicySet;
  /** Of several users, so that nothing that is remembered of one helps. */
  readonly facts: readonly Facts[];
}

const keys = Object.keys(descriptor) as Key[];
const step = (...authenticators: readonly Key[]): ChainStep => ({ authenticators });

/** Ten enrollments of each kind: as many as an account may have. */
const tenOfEach: readonly Enrollment[] = keys.flatMap((key) =>
  Array.from({ length: 10 }, (_, index) => ({ ...descriptor[key], id: `${key} ${index}`, authenticator: key })),
);

function groupRules(count: number): PolicySet {
  const rules = Array.from({ length: count - 1 }, (_, index) => ({
    name: `rule ${index}`,
    when: { groups: { any: [`project ${index}`, `area ${index}`] } },
    then: { kind: 'deny' } as const,
  }));
  const app = compilePolicy({ name: 'app', rules: [...rules, { name: 'others', when: {}, then: allow(factors(2)) }] });
  return { ...policiesOf(), app };
}

const evidence = [proof('password', 60), proof('totp', 30)];

function membersOf(groups: number): readonly Facts[] {
  const name = (user: number, group: number) => `team ${group} of ${user}`;
  return Array.from({ length: 20 }, (_, user) => {
    const own = Array.from({ length: groups }, (__, group) => name(user, group));
    return factsOf({ subject: userWith(['password', 'totp'], { groups: own }), evidence });
  });
}

const holder = [factsOf({ subject: userWith([], { enrollments: tenOfEach }) })];
const open = step(...keys);

/** Chains whose steps have authenticators in common, so that nothing can be decided step by step. */
function crossed(from: number): Requirement {
  const first = keys.slice(from, from + 5);
  return { chains: first.map((key) => [step(key, 'totp'), step('phone', 'email'), step(key, 'webauthn')]) };
}

const cases: readonly Case[] = [
  { what: '100 rules over groups, a user in 500', limit: 10, policies: groupRules(100), facts: membersOf(500) },
  { what: '1,000 rules over groups, a user in 500', limit: 10, policies: groupRules(1000), facts: membersOf(500) },
  {
    what: 'a chain of three open steps, ten enrollments of each kind',
    limit: 1000,
    policies: policiesOf({ app: { chains: [[open, open, open]] } }),
    facts: holder,
  },
  {
    what: 'two layers of five chains, ten enrollments of each kind',
    limit: 5000,
    policies: policiesOf({
      app: crossed(0),
      minimumAcr: 'chains',
      acrLevels: [{ value: 'chains', requirement: crossed(2) }],
    }),
    facts: holder,
  },
];

/** `budget`: about how long each case may take (ms of CPU). */
export function measureHardDecisions(budget: number): readonly HardDecision[] {
  return cases.map(({ what, limit, policies, facts }) => ({ what, limit, micros: costOf(policies, facts, budget) }));
}

function costOf(policies: PolicySet, facts: readonly Facts[], budget: number): number {
  const micros: number[] = [];
  // The first fifth warms up.
  for (let elapsed = 0, rounds = 0; elapsed < budget * 1000 || rounds < 10; rounds += 1) {
    const before = process.cpuUsage();
    for (let time = 0; time < 10; time += 1) for (const one of facts) evaluate(policies, one);
    const { user, system } = process.cpuUsage(before);
    elapsed += user + system;
    micros.push((user + system) / (10 * facts.length));
  }
  return median(micros.slice(Math.ceil(micros.length / 5)));
}

if (import.meta.main) {
  for (const { what, micros, limit } of measureHardDecisions(1500))
    process.stdout.write(`${what}: ${micros.toFixed(1)} us (budget ${limit})\n`);
}
