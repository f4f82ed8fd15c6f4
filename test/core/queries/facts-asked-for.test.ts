/** Which facts a decision asked for. */
import { expect, test } from '@jest/globals';
import type { ConditionTrace, LayerTrace, RuleTrace } from '../../../src/core/model/trace.ts';
import { factsAskedFor, factsTested } from '../../../src/core/queries/facts-asked-for.ts';

const rule = (...conditions: readonly ConditionTrace[]): RuleTrace => ({ rule: 'Own', result: 'miss', conditions });
const condition = (name: string, more: Partial<ConditionTrace> = {}): ConditionTrace => ({
  condition: name,
  result: 'miss',
  ...more,
});
const layer = (rules: readonly RuleTrace[], reporting?: readonly RuleTrace[]): LayerTrace => ({
  layer: 'app',
  policy: 'app',
  rules,
  outcome: 'allow',
  ...(reporting && { reporting }),
});
const asked = (...rules: readonly RuleTrace[]) => [...factsAskedFor({ layers: [layer(rules)] })];

test('the conditions of all rules, in all layers, once', () => {
  const layers = [layer([rule(condition('groups')), rule(condition('risk.any'))]), layer([rule(condition('groups'))])];
  expect([...factsAskedFor({ layers })]).toEqual(['groups', 'risk.any']);
});

test('the conditions inside `any` in its place', () => {
  const alternatives = [[condition('groups'), condition('device.os')], [condition('time')]];
  expect(asked(rule(condition('any', { alternatives })))).toEqual(['groups', 'device.os', 'time']);
});

test.each<[readonly string[], readonly string[]]>([
  [['device.os'], ['device.os']],
  [['device'], ['device.platform', 'device.os']],
  [['user.groups'], []],
])('what an expression reads of the browser: %j', (reads, more) => {
  expect(asked(rule(condition('expression', { reads })))).toEqual(['expression', ...more]);
});

test('what only report-only rules ask for is tested, and asked for by none that decides', () => {
  const layers = [layer([rule(condition('groups'))], [rule(condition('device.platform'))]), layer([])];
  expect([...factsAskedFor({ layers })]).toEqual(['groups']);
  expect([...factsTested({ layers })]).toEqual(['groups', 'device.platform']);
});
