/** The commands, their table and their page in the documentation say the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { commandOptionsFile, renderCommandOptions } from '../../scripts/command-options.ts';
import { commandGroups, commands as table } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { document, everything, guideFor, isNamedIn } from './support/documents.ts';

const chapter = document('docs/commands.md');

/** The commands that do something themselves, with the names of their groups. */
function leaves(command: Command, path: readonly string[] = []): readonly { path: string; command: Command }[] {
  const inner = command.commands.filter((subcommand) => subcommand.name() !== 'help');
  if (inner.length === 0) return [{ path: path.join(' '), command }];
  return inner.flatMap((subcommand) => leaves(subcommand, [...path, subcommand.name()]));
}

const program = await createProgram({ env: {}, version: '0.0.0', words: [], serve: async () => undefined });
const commands = leaves(program);

describe('the page of commands', () => {
  test('has a line for each command, and no other', () => {
    const listed = [...chapter.matchAll(/^\| `([a-z -]+)` \|/gm)].map(([, name = '']) => name);
    expect([...listed].sort()).toEqual(commands.map(({ path }) => path).sort());
  });

  test('says which of them take --json', () => {
    const sentence = /^All but (.*) take `--json`\./m.exec(chapter)?.[1] ?? '';
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

/** By command: a test file below `test` that runs it. A command without one does not compile. */
const testedIn: Readonly<Record<keyof typeof table, string>> = {
  serve: 'faults/process.test.ts',
  'config check': 'unit/cli/config/files/config-command.test.ts',
  'config diff': 'unit/cli/config/revisions/config-apply.test.ts',
  'config fmt': 'e2e/commands/config-init.test.ts',
  'config apply': 'unit/cli/config/revisions/config-apply.test.ts',
  'config init': 'e2e/commands/config-init.test.ts',
  'config confirm': 'unit/cli/config/revisions/config-apply.test.ts',
  'config rollback': 'unit/cli/config/revisions/config-apply.test.ts',
  'config show': 'unit/cli/config/revisions/config-apply.test.ts',
  'config shadow': 'e2e/commands/shadow.test.ts',
  'config history': 'unit/cli/config/revisions/config-apply.test.ts',
  'config test': 'unit/cli/policy-tests/policy-tests.test.ts',
  'config schema': 'unit/cli/config/files/config-command.test.ts',
  preview: 'unit/cli/preview/preview.test.ts',
  'config matrix': 'unit/cli/config/questions/config-questions.test.ts',
  'config who': 'unit/cli/config/questions/config-questions.test.ts',
  'config what': 'unit/cli/config/questions/config-questions.test.ts',
  'config report': 'e2e/commands/shadow.test.ts',
  explain: 'unit/cli/explain/explain.test.ts',
  'users add': 'unit/cli/users/users-command.test.ts',
  'users list': 'unit/cli/users/users-command.test.ts',
  'users show': 'unit/cli/users/users-command.test.ts',
  'users groups': 'unit/cli/users/users-command.test.ts',
  'users suspend': 'unit/cli/users/users-command.test.ts',
  'users activate': 'unit/cli/users/users-command.test.ts',
  'users unlock': 'unit/cli/users/users-command.test.ts',
  'users delete': 'unit/cli/users/users-command.test.ts',
  'users reset': 'unit/cli/users/users-command.test.ts',
  'users tac': 'unit/cli/users/users-command.test.ts',
  'users import': 'unit/cli/users/users-command.test.ts',
  'users reindex': 'unit/cli/users/users-command.test.ts',
  'store alone': 'unit/cli/store/store-alone.test.ts',
  'store new-epoch': 'e2e/commands/backup.test.ts',
  'store finish-upgrade': 'e2e/commands/backup.test.ts',
  'keys list': 'contract/store-initialise.test.ts',
  'keys rotate': 'contract/store-initialise.test.ts',
  backup: 'contract/backup.test.ts',
  restore: 'contract/backup.test.ts',
  doctor: 'unit/cli/doctor/doctor.test.ts',
  'audit tail': 'unit/cli/audit/audit.test.ts',
  'audit query': 'unit/cli/audit/audit.test.ts',
  completion: 'unit/cli/completion/completion.test.ts',
};

/** By its last word in quotes, or by the function that makes the command. */
function isRunIn(text: string, name: string): boolean {
  const words = name.split(/[ -]/);
  const camel = words.map((word, at) => (at === 0 ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`)).join('');
  return text.includes(`'${name.split(' ').at(-1)}'`) || text.includes(`${camel}Command(`);
}

test.each(Object.entries(testedIn))('%s is run by test/%s', (name, file) => {
  expect(isRunIn(document(`test/${file}`), name)).toBe(true);
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

test('"How to add" names every page and table of rules that lists the folders of all commands', () => {
  const entries = readdirSync('src/cli', { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.length).toBeGreaterThan(10);
  const unnamedIn = (text: string) =>
    folders.filter((name) => !text.includes(`'${name}'`) && !text.includes(`\`${name}\``));
  expect(unnamedIn(document('docs/architecture.md'))).toEqual([]);
  const lists = everything
    .filter(({ path }) => /^(?:docs|test\/architecture\/support)\//.test(path))
    .filter(({ text }) => unnamedIn(text).length === 0)
    .map(({ path }) => path);
  expect(lists.filter((path) => !isNamedIn(guideFor('A command'), path))).toEqual([]);
});
