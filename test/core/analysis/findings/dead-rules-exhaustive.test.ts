/** In a small universe, every combination of facts is tried: the analysis says the same. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { BelievedDevice } from '../../../../src/core/policy/theories/theory.ts';
import { factsOf, fixedNow, userWith } from '../../support/fixtures.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const subsets = [[], ['a'], ['b'], ['a', 'b']];
/** `b` lies within `a`. */
const places = [
  { ip: '203.0.113.7', zones: [] },
  { ip: '192.0.2.1', zones: ['a'] },
  { ip: '192.0.2.9', zones: ['a', 'b'] },
];
const browsers = [
  { platform: 'desktop', os: 'linux' },
  { platform: 'desktop', os: 'macos' },
  { platform: 'desktop', os: 'windows' },
  { platform: 'desktop', os: 'chromeos' },
  { platform: 'mobile', os: 'ios' },
  { platform: 'mobile', os: 'android' },
  { platform: 'mobile', os: 'other' },
  { platform: 'other', os: 'other' },
] as const;

const everything: readonly Facts[] = subsets.flatMap((groups) =>
  [undefined, 'a', 'b'].flatMap((userType) =>
    [undefined, 0, 60, 90].flatMap((ago) =>
      places.flatMap((network) =>
        browsers.flatMap((browser) =>
          [true, false].map((known) =>
            factsOf({
              network,
              device: { known, ...browser },
              subject: userWith([], {
                groups,
                ...(userType !== undefined && { userType }),
                ...(ago !== undefined && { recovery: { at: fixedNow - ago, by: [] } }),
              }),
            }),
          ),
        ),
      ),
    ),
  ),
);

const lists = fc.record({ any: names(), all: names(), none: names() }, { requiredKeys: [] });

function names() {
  return fc.subarray(['a', 'b'], { minLength: 1 });
}

const set = fc.record(
  {
    groups: lists,
    network: lists,
    userType: fc.record({ any: names(), none: names() }, { requiredKeys: [] }),
    recovered: fc.record({ within: fc.constantFrom(60, 90) }),
    device: fc.record(
      {
        known: fc.boolean(),
        platform: fc.subarray(['desktop', 'mobile', 'other'] as const, { minLength: 1 }),
        os: fc.subarray(['linux', 'ios', 'other'] as const, { minLength: 1 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

const conditions: fc.Arbitrary<Conditions> = fc
  .tuple(set, fc.option(fc.array(set, { minLength: 1, maxLength: 2 }), { nil: undefined }))
  .map(([when, any]) => ({ ...when, ...(any && { any }) }));

test('the analysis says that a rule decides if and only if it does in some sign-in', () => {
  let dead = 0;
  fc.assert(
    fc.property(fc.array(conditions, { minLength: 2, maxLength: 5 }), (whens) => {
      const rules = whens.map((when, at): RuleHead => ({ name: String(at), when }));
      const policy = compilePolicy({ name: 'policy', rules });
      const deciding = new Set(everything.map((facts) => findRule(policy, facts).rule));
      const found = ruleVerdicts(policy, ruleSpace(whens, universe({ places })));
      expect(found.map(({ kind }) => kind === 'decides')).toEqual(rules.map((rule) => deciding.has(rule)));
      expect(found.map(({ kind }) => kind)).not.toContain('undecided');
      dead += found.filter(({ kind }) => kind !== 'decides').length;
    }),
    seeded(150),
  );
  expect(dead).toBeGreaterThan(enough(30));
});

const believed = subsets.flatMap((assurances) =>
  [{}, { registered: true }, { registered: true, managed: true }].map((standing) => ({
    ...standing,
    ...(assurances.length > 0 && { assurances }),
  })),
) as readonly BelievedDevice[];
const believing = fc.record(
  {
    groups: lists,
    device: fc.record(
      { known: fc.boolean(), registered: fc.boolean(), managed: fc.boolean(), assurance: lists },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

test('of devices, exactly what sources can say makes a rule decide', () => {
  let dead = 0;
  const sources = fc.subarray(believed.slice(1) as BelievedDevice[], { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(believing, { minLength: 2, maxLength: 5 }), sources, fc.boolean(), (whens, some, isFree) => {
      const devices = isFree ? believed : [{}, ...some];
      const all = subsets.flatMap((groups) =>
        devices.flatMap((device) =>
          [true, false].map((known) =>
            factsOf({
              device: { known, platform: 'desktop', os: 'linux', ...device },
              subject: userWith([], { groups }),
            }),
          ),
        ),
      );
      const rules = whens.map((when, at): RuleHead => ({ name: String(at), when }));
      const policy = compilePolicy({ name: 'policy', rules });
      const deciding = new Set(all.map((facts) => findRule(policy, facts).rule));
      const space = ruleSpace(whens, universe({ devices: () => (isFree ? undefined : devices) }));
      const found = ruleVerdicts(policy, space);
      expect(found.map(({ kind }) => kind === 'decides')).toEqual(rules.map((rule) => deciding.has(rule)));
      expect(found.map(({ kind }) => kind)).not.toContain('undecided');
      dead += found.filter(({ kind }) => kind !== 'decides').length;
    }),
    seeded(200),
  );
  expect(dead).toBeGreaterThan(enough(30));
});

test('the analysis says that a rule reports if and only if it does in some sign-in', () => {
  let silent = 0;
  const rule = fc.record({ when: conditions, reportOnly: fc.boolean() });
  fc.assert(
    fc.property(fc.array(rule, { minLength: 2, maxLength: 5 }), (drawn) => {
      const rules = drawn.map(({ when, reportOnly }, at): RuleHead => {
        return { name: String(at), when, ...(reportOnly && { reportOnly }) };
      });
      const policy = compilePolicy({ name: 'policy', rules });
      // Each rule alone says whether it holds; the first that does is the one that decides or reports.
      const alone = drawn.map(({ when }) => compilePolicy({ name: 'alone', rules: [{ name: 'it', when }] }));
      const first = new Set(
        everything.map((facts) => alone.findIndex((single) => findRule(single, facts).rule !== undefined)),
      );
      const { reporting } = policy;
      if (reporting === undefined) return;
      const written = reporting.rules.map((compiled) => compiled.rule);
      const verdicts = ruleVerdicts(
        reporting,
        ruleSpace(
          written.map(({ when }) => when),
          universe({ places }),
        ),
      );
      const found = written.flatMap(({ name, reportOnly }, at) => (reportOnly ? [[name, verdicts[at]?.kind]] : []));
      const expected = written.flatMap(({ name, reportOnly }) => (reportOnly ? [[name, first.has(Number(name))]] : []));
      expect(found.map(([name, kind]) => [name, kind === 'decides'])).toEqual(expected);
      silent += expected.filter(([, reports]) => !reports).length;
    }),
    seeded(30),
  );
  expect(silent).toBeGreaterThan(enough(5));
});
