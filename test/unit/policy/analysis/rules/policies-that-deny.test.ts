/** The policies in which denials are examined share the steps of a check. */
import { expect, test } from '@jest/globals';
import { analysedApps } from '../../../../../src/policy/analysis/analysed/analysed-apps.ts';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import { policiesThatDeny } from '../../../../../src/policy/analysis/rules/policies-that-deny.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';
import { rest, rules } from '../../support/lock-out-files.ts';

const app = (name: string, ...before: readonly string[]) => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${name}\nclient: { redirect_uris: [https://${name}.test/cb] }\n`,
  [`policies/sign-on/${name}.yaml`]: `name: ${name}\n${rules(...before, rest)}`,
});
const denial = (at: number) => `{ name: Deny ${at}, when: { groups: { any: [g${at}] } }, then: deny }`;

test('those with few rules come first, and one takes the steps of three at most', async () => {
  const files = { ...app('a', denial(1), denial(2)), ...app('b'), ...app('notes', denial(1)) };
  const loaded = await load(files);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 1_800_000_000 });
  const examined = policiesThatDeny(await analysedApps(configuration), configuration);
  const lengths = examined.map(({ policy }) => policy.rules.length);
  expect(lengths).toEqual(lengths.toSorted((one, other) => one - other));
  expect(examined.map(({ policy }) => policy.name)).toEqual(expect.arrayContaining(['a', 'b', 'notes']));
  expect(examined.at(-1)?.policy.name).toBe('a');
  for (const { budgets } of examined.slice(0, 3)) budgets.questions.steps -= budgets.questions.steps;
  expect(examined.map(({ budgets }) => budgets.questions.steps)).toEqual(examined.map(() => 0));
});
