/** The scripts know every command and option; a real bash completes with the one that is made for it. */
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { completionCommand } from '../../../../src/cli/completion/completion.ts';
import { completionScript, shells } from '../../../../src/cli/completion/completion-script.ts';
import { createProgram } from '../../../../src/cli/program.ts';

const program = await createProgram({ env: {}, version: '0.0.0', words: [], serve: async () => undefined });

test.each(shells)('the script for %s names every command and every option', (shell) => {
  const script = completionScript(shell, program);
  const all = [...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
  expect(all.length).toBeGreaterThan(20);
  for (const command of all) {
    expect(script).toContain(command.name());
    for (const { long } of command.options) expect(script).toContain(shell === 'fish' ? `-l ${long?.slice(2)} ` : long);
  }
});

/** What bash offers when Tab is pressed behind these words. */
function offered(...words: readonly string[]): readonly string[] {
  const typed = ['stepgate', ...words].map((word) => `'${word}'`).join(' ');
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-s'], {
    input: `${completionScript('bash', program)}
COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _stepgate; printf '%s\\n' "\${COMPREPLY[@]}"`,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, subcommands and options, also behind an argument', () => {
  expect(offered('us')).toEqual(['users']);
  expect(offered('users', 'su')).toEqual(['suspend']);
  expect(offered('users', 'add', 'alice', '--pass')).toEqual(['--password-stdin', '--password-generate']);
  expect(offered('config', 'apply', '--mes')).toEqual(['--message']);
  expect(offered('nothing', 'su')).toEqual([]);
});

test('the command prints the script of the shell, and refuses a shell that it does not know', async () => {
  const run = async (shell: string) => {
    let out = '';
    const command = completionCommand({ stdout: (text) => (out += text) }, () => program)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    await command.parseAsync([shell], { from: 'user' });
    return out;
  };
  for (const shell of shells) expect(await run(shell)).toBe(completionScript(shell, program));
  await expect(run('tcsh')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
});
