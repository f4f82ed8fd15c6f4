/** Rules for which the steps of a check do not suffice: short policies first, and one finding for each file. */
import { expect, test } from '@jest/globals';
import { analysedConfiguration } from '../../../../../src/policy/analysis/analysed/configuration.ts';
import {
  deadRuleFindings,
  examineRules,
  unexaminedFindings,
} from '../../../../../src/policy/analysis/rules/dead-rule-findings.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const rule = (group: number, at: number) =>
  `  - { name: r${at}, when: { groups: { any: [g${group}] } }, then: deny }\n`;
const policy = (groups: readonly number[]) =>
  `name: notes\nrules:\n${groups.map(rule).join('')}  - { name: All, then: { allow: { factors: 1 } } }\n`;

async function found(steps: number) {
  // Some are taken by earlier ones, at the beginning and at the end.
  const groups = [0, 1, 0, ...Array.from({ length: 40 }, (_, group) => group + 2), 1];
  const loaded = await load({ 'policies/sign-on/notes.yaml': policy(groups) });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const configuration = await analysedConfiguration(loaded, { authenticators, now: 0 });
  const examined = examineRules(configuration, { steps });
  const findings = [...deadRuleFindings(examined, configuration), ...unexaminedFindings(examined, configuration)];
  return findings.map(({ severity, code, file, line, message }) => `${severity} ${code} ${file}:${line} ${message}`);
}

const notes = 'policies/sign-on/notes.yaml';
const first = `warning shadowed ${notes}:5 never decides: the rule "r0" in line 3 takes all its cases`;
const last = `warning shadowed ${notes}:46 never decides: the rule "r1" in line 4 takes all its cases`;

test('with enough steps, every rule is decided', async () => {
  expect(await found(10_000)).toEqual([first, last]);
});

test('when the steps run out, one finding says from which rule on the others were not looked at', async () => {
  const [dead, open, ...others] = await found(300);
  expect([dead, others]).toEqual([first, []]);
  expect(open).toMatch(
    /^warning undecided policies\/sign-on\/notes\.yaml:\d+ whether it and \d+ more, the last "r43" in line 46, ever decide was not examined: the steps for all rules did not suffice$/,
  );
  // The same on every machine.
  expect(await found(300)).toEqual([dead, open]);
});

test('a rule that stands alone is told in the singular', async () => {
  const texts = await Promise.all(Array.from({ length: 60 }, (_, at) => found(1_000 + 25 * at)));
  expect(texts.flat()).toContain(
    `warning undecided ${notes}:46 whether it ever decides was not examined: the steps for all rules did not suffice`,
  );
});
