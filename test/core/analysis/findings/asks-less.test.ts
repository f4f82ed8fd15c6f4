/** Terms of two rules, compared once for all apps. */
import { expect, test } from '@jest/globals';
import { termsComparison } from '../../../../src/core/analysis/findings/asks-less.ts';
import type { AllowTerms } from '../../../../src/core/model/policy.ts';
import { allow, descriptor, factors, policiesOf } from '../../support/fixtures.ts';

const [one, two] = [allow(factors(1)), allow(factors(2))] as readonly [AllowTerms, AllowTerms];
const strict = { own: two, beside: one };
const weak = { own: one, beside: one };
const authenticators = [descriptor.password, descriptor.totp];

test('apps of one configuration share what was found', () => {
  const [first, second] = [1, 2].map(() => ({ ...policiesOf(), authenticators }));
  if (first === undefined || second === undefined) throw new Error('no policies');
  const found = termsComparison(first, 'app')(strict, weak);
  expect(found).toMatchObject({ longer: [] });
  expect(termsComparison(second, 'app')(structuredClone(strict), weak)).toBe(found);
});

test('what another layer, minimum or configuration makes of it is found apart', () => {
  const policies = { ...policiesOf(), authenticators };
  const found = termsComparison(policies, 'app')(strict, weak);
  expect(termsComparison(policies, 'session')(strict, weak)).not.toBe(found);
  const acrLevels = [{ value: 'two', requirement: factors(2) }];
  const inMind = { ...policies, acrLevels };
  expect(termsComparison(inMind, 'app')(strict, weak)).toBe(found);
  expect(termsComparison({ ...inMind, minimumAcr: 'two' }, 'app')(strict, weak)).toBeUndefined();
  expect(termsComparison({ ...policies, authenticators: [...authenticators] }, 'app')(strict, weak)).not.toBe(found);
});
