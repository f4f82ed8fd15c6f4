/** Recipes that take conditions of their own. They load, and come to what their tests say. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { configTestCommand } from '../../../src/cli/policy-tests/policy-tests.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import { findingLine } from '../../../src/policy/model/finding.ts';
import { openEmbedded } from '../../../src/stores/embedded.ts';

const dir = 'test/fixtures/condition-recipes';

test('the recipes are good configuration, but for the files that this machine does not have', async () => {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  const found = loaded.ok ? loaded.warnings : loaded.findings;
  expect(found.map(findingLine).filter((line) => !line.includes('network_file_missing'))).toEqual([]);
});

test('each comes to what its tests say, and every rule and condition is tested both ways', async () => {
  const outcome = { text: '', code: 0 };
  const write = (text: string) => {
    outcome.text += text;
  };
  const command = configTestCommand({
    configDir: dir,
    openStore: async () => openEmbedded({ file: ':memory:' }),
    now: () => Date.parse('2026-11-26T12:00:00Z') / 1000,
    authenticators: authenticatorKinds,
    variables: {},
    stdout: write,
    stderr: write,
    setExitCode: (code) => {
      outcome.code = code;
    },
  });
  await command.parseAsync(['--coverage'], { from: 'user' });
  expect(outcome.text).toMatch(
    /^(\d+) of \1 tests passed\n(\d+) of \2 rules decided a test\n(\d+) of \3 conditions were hit in one test and missed in another\n$/m,
  );
  expect(outcome.code).toBe(0);
});
