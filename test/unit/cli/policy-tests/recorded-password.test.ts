/** A recorded sign-in of a user who must choose a new password, which is not recorded. */
import { expect, test } from '@jest/globals';
import { configTestCommand } from '../../../../src/cli/policy-tests/policy-tests.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import { withConfiguration } from '../../policy/support/configuration-dir.ts';
import { base, password } from '../support/diff-harness.ts';
import { applyDemo, configContext, fixedNow, openTerminal, run } from '../support/harness.ts';

test.each([
  [10, ''],
  [100, 'the user must choose a new password (expired), which is not recorded: the test is about a good one\n'],
])('the note about a password of %j days', async (days, note) => {
  let now = fixedNow - days * oneDay;
  const terminal = openTerminal(() => now);
  await terminal.directory.create({ identifiers: ['ann@demo.test'], credentials: [password] });
  now = fixedNow;
  const rules = JSON.stringify({ rules: [{ name: 'All', then: { maxAge: 'P30D' } }] });
  await withConfiguration({ ...base, 'policies/password.yaml': rules }, async (dir) => {
    await applyDemo(terminal.store, dir);
    const notes: string[] = [];
    const context = configContext(terminal, { stderr: (text) => void notes.push(text) });
    await run(configTestCommand(context), dir, '--record', '--app', 'notes', '--user', 'ann@demo.test');
    expect(notes.join('')).toBe(note);
  });
  await terminal.store.close();
});
