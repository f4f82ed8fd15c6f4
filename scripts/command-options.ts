/** Renders `docs/command-options.md` from the commands. */
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { commands } from '../src/cli/commands.ts';
import { createProgram } from '../src/cli/program.ts';

export const commandOptionsFile = join(import.meta.dirname, '../docs/command-options.md');

const introduction = `# Options of the commands

<!-- Written by \`npm run docs\` from the commands in \`src/cli\`. A test checks that it is up to date. -->

What \`--help\` says of each command, in one page. What the commands are for is in [commands](commands.md). Every command takes \`-h\`, \`--help\`.
`;

/** The whole file: a section for each command, in the order of the table. */
export async function renderCommandOptions(): Promise<string> {
  const program = await createProgram({ env: {}, version: '0.0.0', words: [], serve: async () => undefined });
  const sections = Object.keys(commands).map((name) => section(name, commandAt(program, name.split(' '))));
  return `${[introduction, ...sections].join('\n')}`;
}

/** @throws Error where the program lacks a command of the table */
function commandAt(program: Command, path: readonly string[]): Command {
  return path.reduce((command, name) => {
    const inner = command.commands.find((candidate) => candidate.name() === name);
    if (inner === undefined) throw new Error(`there is no command ${path.join(' ')}`);
    return inner;
  }, program);
}

function section(name: string, command: Command): string {
  const usage = [name, ...command.registeredArguments.map(argumentText)].join(' ');
  const rows = command.options.filter(({ hidden }) => !hidden).map(row);
  const table = rows.length === 0 ? ['No options.'] : ['| option | what it does |', '|---|---|', ...rows];
  return [`## ${name}`, '', `\`${usage}\``, '', ...table, ''].join('\n');
}

function argumentText(argument: Command['registeredArguments'][number]): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function row({ flags, description }: Option): string {
  const text = description.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  return `| \`${flags.replaceAll('|', '\\|')}\` | ${text} |`;
}
