/** The corpus of policies: sentences that administrators say, each an app with its policy, and what it must come to. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { fmtCommand } from '../../../../src/cli/config/files/fmt.ts';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';

const dir = 'test/fixtures/recipes';
const now = Date.parse('2026-11-26T12:00:00Z') / 1000;

test('the check is quiet about every recipe, but for what a standard restricts', async () => {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const findings = await analyse(loaded, { authenticators: authenticatorKinds, now });
  // These sentences want a phone as the second factor.
  const phones = ['calls-not-texts', 'no-mailbox', 'password-then-phone'];
  const restricted = findings.filter(({ code }) => code === 'restricted-authenticator');
  expect(restricted.map(findingSummary)).toEqual(
    phones.map((name) => expect.stringMatching(`^policies/sign-on/${name}\\.yaml:.*: note: .* restricts phones `)),
  );
  // This machine has no data about networks, and none about models of passkeys.
  const others = findings.filter(({ severity, code }) => severity !== 'note' && !code.endsWith('_file_missing'));
  expect(others).toEqual([]);
});

test('every recipe does what its sentence says, and every rule and condition is tested both ways', async () => {
  let stdout = '';
  const context = {
    configDir: dir,
    authenticators: authenticatorKinds,
    variables: {},
    openStore: async () => openEmbedded({ file: ':memory:' }),
    now: () => now,
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: () => {},
    setExitCode: () => {},
  };
  await configTestCommand(context).parseAsync(['--coverage'], { from: 'user' });
  expect(stdout).not.toContain('FAILED');
  expect(stdout).toMatch(
    /^(\d+) of \1 tests passed\n(\d+) of \2 rules decided a test\n(\d+) of \3 conditions were both hit and missed in tests$/m,
  );
  stdout = '';
  await fmtCommand(context).parseAsync(['--check'], { from: 'user' });
  expect(stdout).toMatch(/^\d+ files in canonical form\n$/);
});
