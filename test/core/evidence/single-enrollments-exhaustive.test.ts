/**
 * Chains over authenticators of which a user has one at most: what is called attainable is what some choice of one
 * enrollment for each step gives, and no user who has everything is asked to enroll anew.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { attainableAcrValues } from '../../../src/core/evidence/attainable-acr.ts';
import type { AuthenticatorDescriptor } from '../../../src/core/model/facts.ts';
import type { ChainStep } from '../../../src/core/model/policy.ts';
import { descriptor, factsOf, policiesOf, proof, userWith } from '../support/fixtures.ts';
import { enough, seeded } from '../support/seeded.ts';

const keys = ['password', 'totp', 'webauthn'] as const;
const single: readonly string[] = ['password', 'totp'];
const authenticators = keys.map(
  (key): AuthenticatorDescriptor => ({
    ...descriptor[key],
    enrollable: true,
    ...(single.includes(key) && { maxEnrollments: 1 }),
  }),
);
const steps: fc.Arbitrary<readonly ChainStep[]> = fc.array(
  fc.record({ authenticators: fc.subarray([...keys], { minLength: 1, maxLength: 2 }) }),
  { minLength: 1, maxLength: 3 },
);

/** Every choice of an authenticator for each step is tried. */
function hasChoice([step, ...rest]: readonly ChainStep[], used: readonly string[] = []): boolean {
  if (step === undefined) return true;
  return step.authenticators.some(
    (key) => !(single.includes(key) && used.includes(key)) && hasChoice(rest, [...used, key]),
  );
}

test('a chain can be met exactly if each step can have an enrollment of its own', () => {
  let refused = 0;
  fc.assert(
    fc.property(steps, (chain) => {
      const requirement = { chains: [chain] };
      const isAttainable = attainableAcrValues([{ value: 'x', requirement }], authenticators).length > 0;
      expect(isAttainable).toBe(hasChoice(chain));
      if (isAttainable) return;
      refused += 1;
      const policies = { ...policiesOf({ app: requirement }), authenticators };
      const facts = factsOf({ subject: userWith([...keys]), evidence: keys.map((key) => proof(key, 'now')) });
      expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
    }),
    seeded(400),
  );
  expect(refused).toBeGreaterThan(enough(10));
});
