/** How often one decision compares a requirement with the evidence: what a sign-in costs that asks for nothing more. */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Alternative, Requirement } from '../../../src/core/model/policy.ts';
import { factsOf, type Key, policiesOf, proof, userWith } from '../support/fixtures.ts';

/** A requirement with these alternatives, and how often its alternatives were read. */
function counted(anyOf: readonly Alternative[]) {
  const counter = { reads: 0 };
  const counting: Requirement = {
    get anyOf() {
      counter.reads += 1;
      return anyOf;
    },
  };
  return { counter, counting };
}

// Whether it is met; which evidence it rests on, by halving and by leaving out; and, for the trace, whether it is met.
test.each<[string, readonly Key[], 1 | 2, number]>([
  ['one proof', ['password'], 1, 3],
  ['two proofs that are both needed', ['password', 'totp'], 2, 5],
  ['two proofs of which one is enough', ['password', 'totp'], 1, 4],
  ['three proofs of which two are needed', ['password', 'totp', 'email'], 2, 6],
])('%s', (_, proved, count, reads) => {
  const { counter, counting } = counted([{ factors: count, demands: [] }]);
  const evidence = proved.map((key, index) => proof(key, 60 + index));
  const facts = factsOf({ subject: userWith(proved), evidence });
  expect(evaluate(policiesOf({ app: counting }), facts).kind).toBe('allow');
  expect(counter.reads).toBe(reads);
});
