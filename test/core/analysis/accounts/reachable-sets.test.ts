/** The sets of authenticators that users can reach are compared with all of a small universe. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { additionRules, canBeMet } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { reachableSets } from '../../../../src/core/analysis/accounts/reachable-sets.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, always, descriptor, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const email: AuthenticatorDescriptor = { ...descriptor.email, enrollable: true };
const authenticators: readonly AuthenticatorDescriptor[] = [
  ...[descriptor.password, email, descriptor.totp, descriptor.webauthn],
];
const given: readonly AuthenticatorDescriptor[] = [descriptor.password];
const places = ['in', 'out'].map((name, at) => ({ ip: `192.0.2.${at}`, zones: [name] }));
const within = universe({ places });

const whens = fc.constantFrom<Conditions>(
  ...[{ groups: { any: ['a'] } }, { groups: { none: ['a'] } }, { groups: { any: ['b'] } }],
  ...[{ network: { any: ['in'] } }, { groups: { any: ['a'] }, network: { any: ['in'] } }, {}],
);
const thens = fc.constantFrom<AccountRule['then']>(
  { kind: 'deny' },
  allow(factors(1)),
  allow(factors(2)),
  ...['totp', 'webauthn', 'email'].map((key) =>
    allow({ anyOf: [{ factors: 1, demands: [{ ...always, authenticators: [key] }] }] }),
  ),
);
const rule = fc
  .record({ key: fc.constantFrom('totp', 'webauthn', 'email'), when: whens, then: thens })
  .map(({ key, when, then }): AccountRule => ({ name: key, change: { add: [key] }, when, then }));

const users = [[], ['a'], ['b'], ['a', 'b']];

test('each set that a user can reach is found, and no other', () => {
  let several = 0;
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 5 }), (rules) => {
      const last: AccountRule = { name: 'rest', when: {}, then: allow(factors(1)) };
      const accountPolicy = compileAccountPolicy({ name: 'account', rules: [...rules, last] });
      const space = ruleSpace(
        [...rules, last].map(({ when }) => when),
        within,
      );
      const additions = additionRules({ accountPolicy, authenticators }, given, space);
      const { sets, isPartial } = reachableSets({ authenticators, given, additionRules: additions, space });
      const keysOf = (all: readonly { readonly key: string }[]) =>
        all
          .map(({ key }) => key)
          .toSorted()
          .join();
      const expected = new Set(users.map((groups) => keysOf(reachedBy(groups, accountPolicy))));
      expect(sets.map(({ reachable }) => keysOf(reachable)).toSorted()).toEqual([...expected].toSorted());
      expect(isPartial).toBe(false);
      several += expected.size > 1 ? 1 : 0;
    }),
    seeded(300),
  );
  expect(several).toBeGreaterThan(enough(50));
});

/** Adds whatever may be added somewhere, until nothing more can be. */
function reachedBy(groups: readonly string[], accountPolicy: ReturnType<typeof compileAccountPolicy>) {
  const reached = [...given];
  for (const _ of authenticators) {
    for (const authenticator of authenticators) {
      const about = accountPolicy.about({ action: 'add', of: authenticator.key });
      const mayAdd = places.some((network) => {
        const facts: UserFacts = { ...factsOf({ network }), subject: userWith([], { groups }) };
        return canBeMet(findRule(about, facts).rule, reached);
      });
      if (mayAdd && !reached.includes(authenticator)) reached.push(authenticator);
    }
  }
  return reached;
}
