/**
 * Rules about the past of an account decide otherwise once something is proved. What is said of a fresh sign-in,
 * against all ways through it, each decided by the evaluator.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rulesInEffect } from '../../../../src/core/analysis/proofs/rules-in-effect.ts';
import { acrOfWays } from '../../../../src/core/analysis/simulation/acr-of-ways.ts';
import { askedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Facts, Subject } from '../../../../src/core/model/facts.ts';
import type { Policy, Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { riskOf } from '../../../../src/core/policy/values/risk.ts';
import type { Action } from '../../../../src/core/remediation/all-sufficient-sets.ts';
import { everyWay, isOneOf, waysToTell } from '../../support/every-way.ts';
import {
  allow,
  descriptor,
  factors,
  factsOf,
  fixedNow,
  type Key,
  policiesOf,
  proof,
  riskScoring,
  userWith,
} from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';

/** Whether a set names these proofs, with their methods where it tells them apart. */
function names(set: readonly Action[], proofs: readonly Action[]): boolean {
  return set.length === proofs.length && set.every((action) => proofs.some((given) => isOneOf(action, given)));
}

const past: fc.Arbitrary<Conditions> = fc.constantFrom<Conditions>(
  { risk: { any: ['newDevice'] } },
  { risk: { none: ['newDevice'] } },
  { risk: { atLeast: 'medium' } },
  { distance: { within: 500 } },
  { distance: { notWithin: 500 } },
  { any: [{ risk: { below: 'medium' } }, { lastSignIn: { within: oneDay } }] },
);
const others = fc.constantFrom<Conditions>(
  { groups: { any: ['g'] } },
  { groups: { none: ['g'] } },
  { lastSignIn: { within: oneDay } },
  { lastSignIn: { notWithin: oneDay } },
  { device: { known: true } },
  {},
);
const when = fc.tuple(past, others, fc.nat(3)).map(([some, more, both]): Conditions => {
  if (both === 0) return more;
  return both === 1 ? some : { ...some, ...more };
});
const demanding = (...of: readonly string[]): Requirement => factors(1, { demands: [{ authenticators: of }] });
const requirement = fc.constantFrom<Requirement>(
  factors(1),
  factors(2),
  demanding('password'),
  demanding('totp', 'email'),
  demanding('phone.sms'),
  factors(1, { demands: [{ characteristics: ['phishingResistant'] }] }),
  factors(2, { demands: [{ factor: 'possession', exclude: ['email', 'phone'] }] }),
);
const then = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Rule['then']>({ kind: 'deny' }) },
  { weight: 4, arbitrary: requirement.map((asked) => allow(asked)) },
);
const policy = (name: string, maxLength: number): fc.Arbitrary<Policy> =>
  fc.tuple(fc.array(fc.record({ when, then }), { maxLength }), then).map(([rules, last]) => ({
    name,
    rules: [...rules, { when: {}, then: last }].map((rule, at) => ({ name: `${name} ${at}`, ...rule })),
  }));

const keys: readonly Key[] = ['password', 'totp', 'email', 'phone', 'webauthn'];
/** Nothing can be enrolled on the way. */
const authenticators = keys.map((key) => ({ ...descriptor[key], enrollable: false }));

const subject: fc.Arbitrary<Subject> = fc
  .record({ had: fc.subarray([...keys], { minLength: 1 }), groups: fc.constantFrom([], ['g']) })
  .map(({ had, groups }) => userWith(had, { groups }));
const unusual = fc.constantFrom<Pick<Facts, 'risk' | 'distance'>>(
  {},
  { risk: riskOf(['newDevice'], [], riskScoring) },
  { risk: riskOf(['newDevice', 'newCountry'], [], riskScoring), distance: 900 },
  { distance: 900 },
);

describe('where rules ask about the past', () => {
  test('the proofs, their acr and the rules are those of the ways through the sign-in', () => {
    const seen = { letIn: 0, denied: 0, longer: 0 };
    fc.assert(
      fc.property(
        policy('app', 2),
        policy('session', 1),
        subject,
        unusual,
        fc.boolean(),
        (app, session, user, more, isRecent) => {
          const policies = { ...policiesOf({ app, session }), authenticators };
          const lastSignIn = isRecent ? { lastSignIn: fixedNow - 60 } : {};
          const facts = factsOf({ subject: user, ...more, ...lastSignIn });
          const ways = everyWay(policies, facts, user);
          const asked = askedInAll(policies, facts);
          const toTell = waysToTell(ways);
          const sets = asked?.proofs.sets ?? [];
          const said = JSON.stringify(sets);
          expect(
            toTell.filter(({ proofs }) => !sets.some((set) => names(set, proofs))).map((way) => [way, said]),
          ).toEqual([]);
          expect(sets.filter((set) => !ways.some(({ proofs }) => names(set, proofs)))).toEqual([]);
          const acrs = (asked ? acrOfWays(policies, facts, asked) : []).map(({ set, acrs: told }) => ({
            set,
            told: told.toSorted(),
            own: [...new Set(ways.flatMap(({ proofs, acr }) => (names(set, proofs) ? [acr] : [])))].sort(),
          }));
          expect(acrs.filter(({ told, own }) => told.join() !== own.join())).toEqual([]);
          const { asks } = rulesInEffect(policies, facts);
          if (asks === 'denied') expect(ways).toEqual([]);
          const [first = proof('password', 'now')] = ways.flatMap(({ evidence }) => evidence);
          expect(rulesInEffect(policies, facts)).toEqual(rulesInEffect(policies, { ...facts, evidence: [first] }));
          seen.letIn += ways.length > 0 ? 1 : 0;
          seen.denied += asks === 'denied' ? 1 : 0;
          seen.longer += sets.some(({ length }) => length > 1) ? 1 : 0;
        },
      ),
      seeded(1500),
    );
    expect(seen.letIn).toBeGreaterThan(enough(250));
    expect(seen.denied).toBeGreaterThan(enough(100));
    expect(seen.longer).toBeGreaterThan(enough(100));
  });
});
