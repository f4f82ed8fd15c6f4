/** A rule by which users can never add something is found exactly where going from addition to addition says so. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canBeMet } from '../../../../src/core/analysis/accounts/addition-rules.ts';
import { neverAdded } from '../../../../src/core/analysis/accounts/never-added.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { allow, descriptor, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { anyZones } from '../../support/universe.ts';

const { password, totp, phone, webauthn } = descriptor;
const added: readonly AuthenticatorDescriptor[] = [totp, phone, webauthn];
const authenticators = [password, ...added];

const when = fc.record(
  {
    groups: fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }, { all: ['a', 'b'] }),
    network: fc.constantFrom({ any: ['c'] }, { none: ['c'] }),
    userType: fc.constantFrom({ any: ['temp'] }, { none: ['temp'] }),
  },
  { requiredKeys: [] },
);
const by = (...names: readonly string[]) => allow(factors(1, { demands: [{ authenticators: names }] }));
const then = fc.constantFrom<Rule['then']>(
  { kind: 'deny' },
  allow(factors(2)),
  by('totp'),
  by('webauthn'),
  by('phone'),
  by('password'),
);
const about = fc.constantFrom(['totp'], ['webauthn'], ['totp', 'webauthn'], ['phone']);
const drawn = fc
  .array(fc.record({ when, then, about }), { minLength: 1, maxLength: 5 })
  .map((all) => [
    ...all.map(({ about: add, ...rule }, at): AccountRule => ({ name: String(at), ...rule, change: { add } })),
    { name: 'rest', when: {}, then: allow(factors(1)) },
  ]);

const kinds = [[], ['a'], ['b'], ['a', 'b']].flatMap((groups) => [{ groups }, { groups, userType: 'temp' }]);
const somewhere = kinds.map((kind) =>
  [[], ['c']].map((zones) => {
    const facts = factsOf({ subject: { ...userWith(['password']), ...kind } });
    return { ...facts, network: { ...facts.network, zones } };
  }),
);

/** Rules that allow, by what they ask of users who can never add it. */
function askedInVain(rules: readonly AccountRule[]) {
  const { about: policyAbout } = compileAccountPolicy({ name: 'account', rules });
  const found = new Set<string>();
  for (const places of somewhere) {
    const decidersOf = (of: string) =>
      places.flatMap((facts) => findRule(policyAbout({ action: 'add', of }), facts).rule ?? []);
    const reachable: AuthenticatorDescriptor[] = [password];
    // As often as there is something to add.
    for (const _ of added) {
      const isOpen = ({ key }: AuthenticatorDescriptor) => decidersOf(key).some((rule) => canBeMet(rule, reachable));
      reachable.push(...added.filter((addable) => !reachable.includes(addable) && isOpen(addable)));
    }
    for (const { key } of added.filter((addable) => !reachable.includes(addable))) {
      for (const rule of decidersOf(key)) if (rule.then.kind === 'allow') found.add(`${key} ${rule.name}`);
    }
  }
  return found;
}

test('rules that ask in vain are found, each or as one of those that are named, and no others', () => {
  const counts = { found: 0, some: 0, quiet: 0 };
  fc.assert(
    fc.property(drawn, (rules) => {
      const space = ruleSpace(
        rules.map((rule) => rule.when),
        anyZones,
      );
      const accountPolicy = compileAccountPolicy({ name: 'account', rules });
      const { never, undecided } = neverAdded({ accountPolicy, authenticators }, [password], space);
      const named = never.flatMap(({ key, rule, others }) => [rule, ...others].map(({ name }) => `${key} ${name}`));
      const inVain = askedInVain(rules);
      expect(undecided).toEqual([]);
      expect([...new Set(named)].sort()).toEqual([...inVain].sort());
      if (never.some(({ whom }) => typeof whom === 'object')) counts.some += 1;
      if (never.length > 0) counts.found += 1;
      else counts.quiet += 1;
    }),
    seeded(500),
  );
  expect(counts.found).toBeGreaterThan(enough(30));
  expect(counts.some).toBeGreaterThan(enough(3));
  expect(counts.quiet).toBeGreaterThan(enough(30));
});
