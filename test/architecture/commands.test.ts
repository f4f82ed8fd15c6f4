/** The commands, their table and their page in the documentation say the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { commandOptionsFile, renderCommandOptions } from '../../scripts/command-options.ts';
import { commandGroups, commands as table } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { document } from './support/documents.ts';

const text = document('docs/commands.md');

/** The commands that do something themselves, with the names of their groups. */
function leaves(command: Command, path: readonly string[] = []): readonly { path: string; command: Command }[] {
  const inner = command.commands.filter((one) => one.name() !== 'help');
  if (inner.length === 0) return [{ path: path.join(' '), command }];
  return inner.flatMap((one) => leaves(one, [...path, one.name()]));
}

const program = await createProgram({ env: {}, words: [], serve: async () => undefined });
const commands = leaves(program);

describe('the page of commands', () => {
  test('has a line for each command, and no other', () => {
    const listed = [...text.matchAll(/^\| `([a-z -]+)` \|/gm)].map(([, name = '']) => name);
    expect([...listed].sort()).toEqual(commands.map(({ path }) => path).sort());
  });

  test('says which of them take --json', () => {
    const sentence = /^All but (.*) take `--json`\./m.exec(text)?.[1] ?? '';
    const named = [...sentence.matchAll(/`([a-z -]+)`/g)].map(([, name = '']) => name);
    const unable = commands.filter(({ command }) => !command.options.some(({ long }) => long === '--json'));
    expect([...named].sort()).toEqual(unable.map(({ path }) => path).sort());
  });
});

describe('the page of options', () => {
  test('is what `npm run docs` writes', async () => {
    expect(readFileSync(commandOptionsFile, 'utf8')).toBe(await renderCommandOptions());
  });

  test('names every option of every command', () => {
    const page = readFileSync(commandOptionsFile, 'utf8');
    const lacking = commands.flatMap(({ path, command }) => {
      const section = page.split(`\n## ${path}\n`)[1]?.split('\n## ')[0] ?? '';
      return command.options.filter(({ flags }) => !section.includes(flags)).map(({ flags }) => `${path}: ${flags}`);
    });
    expect(lacking).toEqual([]);
  });
});

describe('the table of commands', () => {
  test('has a row for each command, and no other', () => {
    expect(Object.keys(table).sort()).toEqual(commands.map(({ path }) => path).sort());
  });

  test('has a row for each group, and no other', () => {
    const groups = program.commands.filter((command) => command.commands.length > 0);
    expect(Object.keys(commandGroups).sort()).toEqual(groups.map((command) => command.name()).sort());
  });

  test('says which commands take --json', () => {
    const able = commands.filter(({ command }) => command.options.some(({ long }) => long === '--json'));
    const rows = Object.entries(table).filter(([, row]) => 'json' in row);
    expect(rows.map(([name]) => name).sort()).toEqual(able.map(({ path }) => path).sort());
  });
});

describe.each(Object.entries(table))('%s', (name, { summary, example }) => {
  const command = commands.find(({ path }) => path === name)?.command;

  test('says with --help what it does, and shows its example', () => {
    let help = '';
    command?.configureOutput({ writeOut: (written) => (help += written) }).outputHelp();
    expect(help.replace(/\s+/g, ' ')).toContain(summary);
    expect(help).toContain(`  $ npm run stepgate -- ${example}\n`);
  });

  test('has an example that it understands', () => {
    expect(example === name || example.startsWith(`${name} `)).toBe(true);
    const known = command?.options.map(({ long }) => long) ?? [];
    const given = example.match(/(?<= )--[a-z-]+/g) ?? [];
    expect(given.filter((option) => !known.includes(option))).toEqual([]);
  });
});
