/** Rules of the account policy: a rule is said never to decide exactly if it does so about no change, for no user. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileAccountPolicy } from '../../../../../src/core/policy/rules/account-policy.ts';
import { findRule } from '../../../../../src/core/policy/rules/rules.ts';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { readAccountPolicy } from '../../../../../src/policy/revision/read-document.ts';
import { factsOf, userWith } from '../../../../core/support/fixtures.ts';
import { enough, seeded } from '../../../../core/support/seeded.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';

const when = fc.record(
  {
    groups: fc.constantFrom({ any: ['a'] }, { none: ['a'] }),
    network: fc.constantFrom({ any: ['office'] }, { none: ['office'] }),
  },
  { requiredKeys: [] },
);
const names = fc.constantFrom<unknown>('all', ['totp'], ['webauthn'], ['totp', 'password']);
const change = fc.record({ add: names, remove: names }, { requiredKeys: [] });
const isNamed = (condition: object) => Object.keys(condition).length > 0;
const rule = fc.record({ change: change.filter(isNamed), when: when.filter(isNamed) }, { requiredKeys: ['change'] });

const everywhere = [[], ['a']].flatMap((groups) =>
  [
    { ip: '192.0.2.7', zones: ['office'] },
    { ip: '203.0.113.7', zones: [] },
  ].map((network) => factsOf({ network, subject: userWith([], { groups }) })),
);
const changes = (['add', 'change', 'remove'] as const).flatMap((action) =>
  ['totp', 'webauthn', 'password', 'email'].map((of) => ({ action, of })),
);

test('a rule that never decides is found, and no other', async () => {
  const counts = { dead: 0, alive: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 2, maxLength: 4 }), async (drawn) => {
      const all = [...drawn.map((each, at) => ({ name: String(at), ...each })), { name: 'Rest' }];
      const lines = all.map((each) => `  - ${JSON.stringify({ ...each, then: { allow: { factors: 1 } } })}\n`);
      const loaded = await load({
        'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: { webauthn: { enabled: true } }\n`,
        'policies/account.yaml': `rules:\n${lines.join('')}`,
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
      const document = loaded.documents.get('account');
      if (document === undefined) throw new Error('the account policy is missing');
      const { about } = compileAccountPolicy(readAccountPolicy(document));
      const deciding = new Set(
        changes.flatMap((asked) => everywhere.map((facts) => findRule(about(asked), facts).rule?.name)),
      );
      const found = await analyse(loaded, { authenticators, now: 1_800_000_000 });
      const dead = found.filter(({ code }) => code === 'shadowed' || code === 'contradictory').map(({ line }) => line);
      const expected = drawn.flatMap((_, at) => (deciding.has(String(at)) ? [] : [at + 2]));
      expect(dead).toEqual(expected);
      counts.dead += expected.length;
      counts.alive += drawn.length - expected.length;
    }),
    seeded(80),
  );
  expect(counts.dead).toBeGreaterThan(enough(5));
  expect(counts.alive).toBeGreaterThan(enough(50));
});
