/** What one decision of the core costs, by the number of rules that miss before the last one allows. */

import { evaluate } from '../../src/core/decision/evaluate.ts';
import type { Conditions } from '../../src/core/model/conditions.ts';
import type { Facts } from '../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../src/core/policy/rules/compile.ts';
import {
  acrLevels,
  allow,
  always,
  descriptor,
  enrolled,
  factors,
  factsOf,
  proof,
  userWith,
} from '../core/support/fixtures.ts';
import { median } from './measure.ts';

export interface DecisionCost {
  readonly rules: number;
  /** CPU of one decision (microseconds). */
  readonly micros: number;
}

export const ruleCounts = [1, 100, 10_000] as const;

/** Conditions that the user of `factsOfUser` does not meet, of every kind. */
const misses: readonly Conditions[] = [
  { groups: { any: ['contractors', 'interns'] } },
  { network: { any: ['office', 'branch'] } },
  { groups: { any: ['staff'] }, network: { any: ['office'] } },
  { users: { any: ['bob@example.org', 'carol@example.org'] } },
  { scopes: { any: ['payments'] } },
  { device: { platform: ['mobile'], os: ['ios', 'android'] } },
  { attributes: { department: { equals: 'finance' } } },
  { attributes: { department: { matches: 'sales-*' } } },
  { time: { zone: 'Europe/Berlin', from: 0, to: 1 } },
];

function policies(rules: number): PolicySet {
  const missing = Array.from({ length: rules - 1 }, (_, number) => ({
    name: `rule ${number}`,
    when: misses[number % misses.length] ?? {},
    then: { kind: 'deny' } as const,
  }));
  const last = { name: 'all others', when: {}, then: allow(factors(2)) };
  return {
    session: compilePolicy(always(allow(factors(1)))),
    app: compilePolicy({ name: 'app', rules: [...missing, last] }),
    acrLevels,
    authenticators: Object.values(descriptor),
  };
}

/** A user with two factors proved, whom the last rule lets in. */
function factsOfUser(): Facts {
  const subject = userWith(['password', 'totp', 'webauthn'], {
    identifiers: ['ann@example.org'],
    groups: ['staff', 'engineers'],
    profile: { department: 'engineering' },
  });
  const [password, totp] = enrolled('password', 'totp');
  if (!password || !totp) throw new Error('nothing is enrolled');
  return factsOf({ subject, evidence: [proof('password', 60), proof('totp', 30)] });
}

/** `budget`: about how long each count of rules may take (ms of CPU). */
export function measureDecisions(budget: number): readonly DecisionCost[] {
  return ruleCounts.map((rules) => ({ rules, micros: decisionCost(policies(rules), factsOfUser(), budget) }));
}

function decisionCost(set: PolicySet, facts: Facts, budget: number): number {
  const kind = evaluate(set, facts).kind;
  if (kind !== 'allow') throw new Error(`the last rule should have allowed: ${kind}`);
  const batch = Math.max(1, Math.round(2000 / (set.app?.rules.length ?? 1)));
  const micros: number[] = [];
  // The first fifth warms up.
  for (let elapsed = 0, rounds = 0; elapsed < budget * 1000 || rounds < 10; rounds += 1) {
    const before = process.cpuUsage();
    for (let time = 0; time < batch; time += 1) evaluate(set, facts);
    const { user, system } = process.cpuUsage(before);
    elapsed += user + system;
    micros.push((user + system) / batch);
  }
  return median(micros.slice(Math.ceil(micros.length / 5)));
}
