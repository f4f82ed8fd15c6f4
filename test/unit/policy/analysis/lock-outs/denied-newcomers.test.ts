/** How often who is denied for good is searched for, in one rule combination. */
import { expect, test } from '@jest/globals';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { deniedIn } from '../../../../../src/policy/analysis/lock-outs/denied-newcomers.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { rules } from '../../support/lock-out-files.ts';

test('users who have what their account began with are searched for once', async () => {
  const loaded = await load({
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: All, then: { allow: { factors: 2 } } }')}`,
    'policies/account.yaml': rules('{ name: None, change: { add: all }, then: deny }', '{ name: Rest, then: deny }'),
    'policies/enrollment.yaml': rules(
      '{ name: Signed in, when: { authenticated: { any: [password] } }, then: { required: [totp] } }',
      '{ name: All, then: {} }',
    ),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const app = (await analysedApps(configuration)).find(({ combinations }) => combinations.length > 0);
  const [combination] = app?.combinations ?? [];
  if (app === undefined || combination === undefined) throw new Error('no combination');
  const searchesWith = (...sets: readonly (readonly string[])[]) => {
    let count = 0;
    const find = ({ facts }: Parameters<Parameters<typeof deniedIn>[2]['find']>[0]) => {
      count += 1;
      return { facts, reachable: ['password'], never: ['totp'], after: [], isForAll: true };
    };
    const { denied } = deniedIn(combination, app, { find, reachable: () => ({ sets, isPartial: false }) });
    return { count, how: denied.map(({ beginning }) => beginning.how) };
  };
  const once = searchesWith();
  expect(once).toEqual({ count: 1, how: ['an import'] });
  const later = 'setting up all that they can';
  expect(searchesWith(['password'], ['password'])).toEqual({ count: 1, how: ['an import', later, later] });
  expect(searchesWith(['password', 'password']).count).toBe(2);
});
