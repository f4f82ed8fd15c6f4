/** The scopes that the deciding rule grants, at the authorization and when tokens are issued. */
import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { grantedScopes } from '../../../src/core/decision/granted-scopes.ts';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import type { Rule } from '../../../src/core/model/policy.ts';
import { allow, factors, factsOf, policiesOf, proof, userWith } from '../support/fixtures.ts';

const ann = userWith(['password']);

test.each<[string, readonly string[] | undefined, readonly string[], readonly string[] | undefined]>([
  ['a rule that says nothing', undefined, ['openid', 'email'], undefined],
  ['one that grants all', ['email', 'profile'], ['openid', 'email'], undefined],
  ['one that grants a part', ['email'], ['openid', 'profile', 'email'], ['openid', 'email']],
  ['one that grants others', ['phone'], ['openid', 'offline_access', 'email'], ['openid', 'offline_access']],
])('%s', (_, scopes, asked, expected) => {
  const then: Rule['then'] = { ...allow(factors(1)), ...(scopes && { scopes }) } as Rule['then'];
  const policies = policiesOf({ app: { name: 'app', rules: [{ name: 'All', when: {}, then }] } });
  const evidence = [proof('password', 60, { subject: ann.id })];
  const facts = factsOf({ subject: ann, evidence, request: { scopes: asked } });
  const decision = evaluate(policies, facts);
  expect(decision).toMatchObject({ kind: 'allow' });
  expect('scopes' in decision ? decision.scopes : undefined).toEqual(expected);
  const issuance = evaluateIssuance(policies, facts);
  expect(issuance).toMatchObject({ allow: true });
  expect('scopes' in issuance ? issuance.scopes : undefined).toEqual(expected);
});

test('without a rule that allows, nothing is cut', () => {
  expect(grantedScopes(['openid', 'email'], undefined)).toEqual(['openid', 'email']);
  expect(grantedScopes(['email'], { name: 'No', when: {}, then: { kind: 'deny' } })).toEqual(['email']);
});
