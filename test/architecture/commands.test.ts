/** The page of commands lists those that there are. */
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { document } from './support/documents.ts';

const text = document('docs/commands.md');

/** Those that do something themselves, with the names of their groups. */
function leaves(command: Command, path: readonly string[] = []): readonly { path: string; command: Command }[] {
  const inner = command.commands.filter((one) => one.name() !== 'help');
  if (inner.length === 0) return [{ path: path.join(' '), command }];
  return inner.flatMap((one) => leaves(one, [...path, one.name()]));
}

const commands = leaves(createProgram({ env: {}, serve: async () => undefined }));

describe('the page of commands', () => {
  test('has a line for each command, and no other', () => {
    const listed = [...text.matchAll(/^\| `([a-z ]+)` \|/gm)].map(([, name = '']) => name);
    expect([...listed].sort()).toEqual(commands.map(({ path }) => path).sort());
  });

  test('says which of them take --json', () => {
    const sentence = /^(.*) take `--json`\./m.exec(text)?.[1] ?? '';
    const named = [...sentence.matchAll(/`([a-z ]+)`/g)].map(([, name = '']) => name);
    const able = commands.filter(({ command }) => command.options.some(({ long }) => long === '--json'));
    expect([...named].sort()).toEqual(able.map(({ path }) => path).sort());
  });
});
