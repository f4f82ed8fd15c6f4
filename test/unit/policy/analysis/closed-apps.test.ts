/** Apps that are called closed in generated configurations, beside every sign-in of a small world taken one by one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { withProof } from '../../../../src/core/policy/theories/theory.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { snapshotOfDocuments } from '../../../../src/policy/revision/snapshot.ts';
import { userWith } from '../../../core/support/fixtures.ts';
import { enough, seeded } from '../../../core/support/seeded.ts';
import { authenticators, load, validFiles } from '../support/configuration-dir.ts';
import { rules } from '../support/lock-out-files.ts';

const now = 1_800_000_000;
const groups = [[], ['a'], ['b'], ['a', 'b']];
const profiles = [{}, { flag: true }, { flag: false }];
const networks = [
  { ip: '192.0.2.7', zones: ['office'] },
  { ip: '203.0.113.7', zones: [] },
];

const when = fc
  .record(
    {
      groups: fc.constantFrom<unknown>({ any: ['a'] }, { none: ['a'] }, { all: ['a', 'b'] }),
      attributes: fc.constantFrom<unknown>({ flag: { equals: true } }, { flag: { present: false } }),
      userType: fc.constantFrom<unknown>({ any: ['guest'] }, { none: ['guest'] }),
      scopes: fc.constantFrom<unknown>({ any: ['phone'] }, { none: ['phone', 'email'] }),
      network: fc.constantFrom<unknown>({ any: ['office'] }, { none: ['office'] }),
      expression: fc.constantFrom('"phone" in request.scopes', '"b" in user.groups', 'user.profile.flag'),
    },
    { requiredKeys: [] },
  )
  .filter((conditions) => Object.keys(conditions).length > 0);
const drawnRules = fc.array(fc.record({ when, denies: fc.boolean() }), { minLength: 1, maxLength: 3 });
const allow = '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }';
type DrawnRules = readonly { readonly when: unknown; readonly denies: boolean }[];
const written = (all: DrawnRules, then: string, last: string) =>
  rules(
    ...all.map(
      (rule, at) => `{ name: R${at}, when: ${JSON.stringify(rule.when)}, then: ${rule.denies ? 'deny' : then} }`,
    ),
    `{ name: Last, then: ${last} }`,
  );

test('an app is closed if no user gets in by any request that it can make, and only then', async () => {
  const counts = { closed: 0, open: 0 };
  const scopes = fc.constantFrom('openid', 'openid phone', 'openid email', undefined);
  await fc.assert(
    fc.asyncProperty(drawnRules, drawnRules, scopes, async (session, signOn, scope) => {
      const loaded = await load({
        'stepgate.yaml': `${validFiles['stepgate.yaml']}attributes: { flag: { type: boolean } }\n`,
        'apps/notes.yaml': `${validFiles['apps/notes.yaml']}${scope === undefined ? '' : `  scope: ${scope}\n`}`,
        'policies/session.yaml': written(session, allow, allow),
        'policies/sign-on/notes.yaml': `name: notes\n${written(signOn, '{ allow: { factors: 1 } }', 'deny')}`,
      });
      fc.pre(loaded.ok);
      if (!loaded.ok) return;
      const snapshot = await snapshotOfDocuments(loaded.documents, authenticators);
      const app = await snapshot.app('notes');
      if (app === undefined) throw new Error('no app');
      const policies = await snapshot.policies(app);
      const asked = [[], ['phone'], ['email'], ['phone', 'email']].filter((some) =>
        some.every((name) => scope?.split(' ').includes(name) ?? true),
      );
      const isIn = asked.some((some) =>
        groups.some((own) =>
          profiles.some((profile) =>
            [undefined, 'guest'].some((userType) =>
              networks.some((network) => {
                const subject = userWith([], { groups: own, profile, ...(userType !== undefined && { userType }) });
                const plain = neutralFacts({ now, request: neutralRequest('notes', ['openid', ...some]) });
                const facts = withProof({ ...plain, network, subject });
                return [policies.session, policies.app].every(
                  (policy) => policy && findRule(policy, facts).rule?.then.kind === 'allow',
                );
              }),
            ),
          ),
        ),
      );
      const found = await analyse(loaded, { authenticators, now });
      expect(found.some(({ code }) => code === 'closed-app')).toBe(!isIn);
      counts[isIn ? 'open' : 'closed'] += 1;
    }),
    seeded(150),
  );
  expect(counts.closed).toBeGreaterThan(enough(10));
  expect(counts.open).toBeGreaterThan(enough(10));
});
