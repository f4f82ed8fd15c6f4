/** `explain` and policy tests say that no session can hold a proof that is given. */
import { expect, test } from '@jest/globals';
import { explainCommand } from '../../../../src/cli/explain/explain.ts';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { withConfiguration } from '../../policy/support/configuration-dir.ts';
import { base } from '../support/diff-harness.ts';
import { configContext, openTerminal, run, type Terminal } from '../support/harness.ts';

const allow = { primary: 'any', secondFactor: 'never', idle: 'PT1M', absolute: 'PT10M' };
const kept = { idle: 'PT5M', absolute: 'PT1H' };
const office = { network: { any: ['office'] } };
const short = { name: 'Short', when: office, then: { allow } };
const keeping = { name: 'Keeping', then: { allow: { ...allow, keepSignedIn: kept } } };
const longer = { name: 'Longer', then: { allow: { ...allow, idle: 'PT2M', absolute: 'PT20M' } } };

const pause = (length: string, end: string, which = 'session that is not kept') =>
  `no ${which} has a pause of ${length}, as given for password: each ends after ${end} without activity`;
const age = (length: string, end: string, which = 'session that is not kept') =>
  `no ${which} is as old as password, proved ${length} ago: each ends after ${end}`;

interface Case {
  readonly rules: readonly object[];
  readonly evidence: string;
  readonly isKept?: true;
  readonly said: readonly string[];
}

const cases: readonly Case[] = [
  { rules: [short, keeping], evidence: 'password@61s/61s', said: [pause('61 s', '60 s')] },
  { rules: [short, keeping], evidence: 'password@61s/60s', said: [] },
  { rules: [short, keeping], evidence: 'password@601s', said: [age('10 min 1 s', '10 min')] },
  { rules: [short, keeping], evidence: 'password@10m', said: [] },
  { rules: [short, longer], evidence: 'password@601s/61s', said: [] },
  { rules: [short, keeping], evidence: 'password@1h/5m', isKept: true, said: [] },
  {
    ...{ rules: [short, keeping], evidence: 'password@2h/6m', isKept: true },
    said: [age('2 h', '1 h', 'session'), pause('6 min', '5 min', 'session')],
  },
];

/** The sentences of `explain` and of a policy test, as text and as data. */
async function saidOf(terminal: Terminal, { rules, evidence, isKept }: Case) {
  const facts = { app: 'notes', user: { enrolled: ['password'] }, evidence: [evidence] };
  const one = { name: 'One', ...facts, ...(isKept && { keptSignedIn: true }), never: { deny: 'rule' } };
  const files = {
    ...base,
    'policies/session.yaml': JSON.stringify({ rules }),
    'tests/own.yaml': JSON.stringify({ tests: [one] }),
  };
  return withConfiguration(files, async (dir) => {
    const words = ['--app', 'notes', '--groups', '', '--evidence', evidence, ...(isKept ? ['--keep-signed-in'] : [])];
    const printed = async (command: Parameters<typeof run>[0], ...more: readonly string[]) => {
      await run(command, ...more);
      return terminal.printed();
    };
    const explain = () => explainCommand(terminal.context);
    const tests = () => configTestCommand(configContext(terminal));
    return {
      explained: await printed(explain(), '--config', dir, ...words),
      explainedData: JSON.parse(await printed(explain(), '--config', dir, ...words, '--json')).outlived,
      tested: await printed(tests(), dir),
      testedData: JSON.parse(await printed(tests(), dir, '--json')).tests[0].outlived,
    };
  });
}

test.each(cases)('$evidence where sessions end: $said', async (each) => {
  const terminal = openTerminal();
  const { explained, explainedData, tested, testedData } = await saidOf(terminal, each);
  await terminal.store.close();
  expect([explainedData, testedData]).toEqual([each.said, each.said]);
  for (const text of [explained, tested])
    expect(text.split('\n').filter((line) => line.includes('each ends after'))).toEqual(
      each.said.map((sentence) => expect.stringContaining(sentence)),
    );
});
