/** How often who is denied for good, and what users can have, is searched for. */
import { expect, test } from '@jest/globals';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { accountAdditions } from '../../../../../src/policy/analysis/lock-outs/denials/account-additions.ts';
import { newcomerSearch } from '../../../../../src/policy/analysis/lock-outs/denials/denied-newcomers.ts';
import { knownOfApps } from '../../../../../src/policy/analysis/lock-outs/denials/known-of-apps.ts';
import { lockOutFinder } from '../../../../../src/policy/analysis/lock-outs/denials/lock-out-finder.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { rules } from '../../support/lock-out-files.ts';

async function analysed() {
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
  if (app === undefined) throw new Error('no combination');
  return { app, configuration };
}

test('what users can have is searched for once in an app', async () => {
  const { app, configuration } = await analysed();
  const finder = lockOutFinder(accountAdditions([app], configuration), configuration);
  const { sets, isPartial } = finder.reachable(app);
  expect([sets.length > 0, isPartial]).toEqual([true, false]);
  expect(finder.reachable(app).sets).toBe(sets);
});

test('users who have what their account began with are searched for once', async () => {
  const { app, configuration } = await analysed();
  const searchesWith = (...sets: readonly (readonly string[])[]) => {
    let count = 0;
    const find = ({ facts }: Parameters<Parameters<typeof newcomerSearch>[0]['find']>[0]) => {
      count += 1;
      return { facts, reachable: ['password'], never: ['totp'], after: [], isForAll: true };
    };
    const finder = { find, reachable: () => ({ sets, isPartial: false }) };
    const [found] = newcomerSearch(finder, knownOfApps(accountAdditions([app], configuration), configuration))(app);
    return { count, how: found?.denied.map(({ beginning }) => beginning.how) };
  };
  const once = searchesWith();
  expect(once).toEqual({ count: 1, how: ['an import'] });
  const later = 'setting up all that they can';
  expect(searchesWith(['password'], ['password'])).toEqual({ count: 1, how: ['an import', later, later] });
  expect(searchesWith(['password', 'password']).count).toBe(2);
});
