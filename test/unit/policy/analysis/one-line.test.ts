/** Files of which many rules stand in one line: each rule has its own findings, at its own column. */
import { expect, test } from '@jest/globals';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { authenticators, findingLines, load } from '../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const file = 'policies/sign-on/notes.yaml';
const one = { allow: { factors: 1 } };
const two = { allow: { factors: 2 } };
const of = (group: string) => ({ groups: { any: [group] } });
const rest = { name: 'Rest', then: one };

async function analysed(text: string, where = file) {
  const loaded = await load({ [where]: text });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const { findings, accepted } = await analysis(loaded, { authenticators, now });
  const isMeant = ({ code }: { readonly code: string }) => code !== 'unused' && code !== 'restricted-authenticator';
  return { text, findings: findings.filter(isMeant), accepted: accepted.map(({ finding }) => finding) };
}

const signOn = (...rules: readonly object[]) => JSON.stringify({ name: 'notes', rules: [...rules, rest] });

/** Code, rule, and the text from the caret on. */
const placed = ({ text, findings }: Awaited<ReturnType<typeof analysed>>) =>
  findings.map(({ code, path, column, line }) => [
    code,
    path,
    text.split('\n')[line - 1]?.slice(column - 1, column + 11),
  ]);

test('two rules of one line that never decide are two findings', async () => {
  const found = await analysed(
    signOn(
      { name: 'A', when: of('a'), then: one },
      { name: 'B', when: of('a'), then: two },
      { name: 'C', when: of('a'), then: 'deny' },
    ),
  );
  expect(placed(found)).toEqual([
    ['shadowed', 'rules[1]', '{"name":"B",'],
    ['shadowed', 'rules[2]', '{"name":"C",'],
  ]);
  const [first] = found.findings;
  expect(first && findingSummary(first)).toContain('the rule "A" in line 1, column 26 takes all its cases');
  expect(first?.rules).toEqual([{ name: 'A', file, line: 1, column: 26 }]);
});

test('two rules of one line that no age restricts are two findings', async () => {
  const old = { allow: { factors: 1, any: { maxAge: 'P40D' } } };
  const found = await analysed(
    signOn({ name: 'A', when: of('a'), then: old }, { name: 'B', when: of('b'), then: old }),
  );
  expect(placed(found)).toEqual([
    ['unreached-age', 'rules[0].then.allow.any.maxAge', '"P40D"}}}},{'],
    ['unreached-age', 'rules[1].then.allow.any.maxAge', '"P40D"}}}},{'],
  ]);
});

test('two rules of one line above a weaker one are two findings', async () => {
  const office = { network: { any: ['office'] } };
  const found = await analysed(
    signOn(
      { name: 'A', when: { ...of('a'), ...office }, then: two },
      { name: 'B', when: { ...of('b'), ...office }, then: two },
    ),
  );
  expect(placed(found)).toEqual([
    ['weaker-below', 'rules[0]', '{"name":"A",'],
    ['weaker-below', 'rules[1]', '{"name":"B",'],
  ]);
});

test('a rule of the session policy that is compiled into two is one finding, also in a line with others', async () => {
  const allow = { primary: 'any', secondFactor: 'newDevice', idle: 'PT1H', absolute: 'PT2H' };
  const rules = [
    { name: 'A', when: { groups: { any: ['a'], none: ['a'] } }, then: { allow } },
    { name: 'B', when: { groups: { any: ['b'], none: ['b'] } }, then: { allow } },
    { name: 'C', when: { device: { known: true }, ...of('c') }, then: { allow } },
    { name: 'Rest', then: { allow } },
  ];
  const found = await analysed(JSON.stringify({ rules }), 'policies/session.yaml');
  expect(placed(found)).toEqual([
    ['contradictory', 'rules[0]', '{"name":"A",'],
    ['contradictory', 'rules[1]', '{"name":"B",'],
  ]);
});

test('two rules of one line that no user can meet are refused, each', async () => {
  const hardware = { allow: { possession: { authenticators: ['totp'], phishingResistant: true } } };
  const text = signOn({ name: 'A', when: of('a'), then: hardware }, { name: 'B', when: of('b'), then: hardware });
  const lines = await findingLines({ [file]: text });
  expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    `${file}:1:${text.indexOf('{"possession"') + 1} rules[0].then.allow`,
    `${file}:1:${text.lastIndexOf('{"possession"') + 1} rules[1].then.allow`,
  ]);
});

test('a comment accepts the findings in its line, of each rule there', async () => {
  const rules = ['A', 'B', 'C'].map((name) => ({ name, when: of('a'), then: name === 'A' ? one : two }));
  const accept = '# stepgate:accept shadowed until 2027-03-31: kept for the audit\n';
  const { findings, accepted } = await analysed(`${accept}${signOn(...rules)}\n`);
  expect(findings).toEqual([]);
  expect(accepted.map(({ path }) => path)).toEqual(['rules[1]', 'rules[2]']);
});
