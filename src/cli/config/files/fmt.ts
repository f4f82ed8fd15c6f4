/** `stepgate config fmt`: writes the files in canonical form, and replaces old names of keys. */
import { readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { findingSummary } from '../../../policy/model/analysis-finding.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { WrittenKind } from '../../../policy/model/documents.ts';
import type { Finding } from '../../../policy/model/finding.ts';
import { policyTestsSchema } from '../../../policy/schema/policy-tests.ts';
import { schemaFor } from '../../../policy/schema/schemas.ts';
import { readConfigurationFiles } from '../../../policy/source/configuration-files.ts';
import { formatYaml } from '../../../policy/source/format-yaml.ts';
import { type KeyOrder, keyOrderOf } from '../../../policy/source/key-order.ts';
import { type RenamedKey, renamedKeys } from '../../../policy/source/renamed-keys.ts';
import { newCommand } from '../../commands.ts';
import { refusal } from '../../shared/options/refusal.ts';
import { printFindings } from '../../shared/output/print-findings.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { quantity } from '../shared/quantities.ts';

export interface FmtContext {
  readonly configDir: string;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Each prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** 1: a file is not valid YAML or, with `--check`, not in canonical form. */
  setExitCode(code: 0 | 1): void;
  /** Former names of keys. Default: those of this release. */
  readonly renames?: readonly RenamedKey[];
}

interface FmtOptions extends ResultOptions {
  readonly check?: true;
  readonly upgrade?: true;
}

interface WrittenFile {
  readonly file: string;
  readonly kind: WrittenKind | 'tests';
  readonly text: string;
}

export function fmtCommand(context: FmtContext): Command {
  return newCommand('config fmt')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--check', 'change nothing; fail where a file is not in its form')
    .option('--upgrade', 'give keys of the release before their new names, too')
    .action((dir: string, options: FmtOptions) => format(context, dir, options));
}

/** If one file cannot be read, none is changed. */
async function format(context: FmtContext, dir: string, options: FmtOptions): Promise<void> {
  const { renames = renamedKeys } = context;
  const { files, findings } = await allFiles(dir);
  const orders = new Map<string, KeyOrder>();
  const orderOf = (kind: WrittenFile['kind']): KeyOrder => {
    const known = orders.get(kind) ?? keyOrderOf(schemaOf(kind, context.authenticators));
    orders.set(kind, known);
    return known;
  };
  const outcomes = files.map((written) => {
    const { file, kind, text } = written;
    const own = renames.filter((renamedKey) => renamedKey.kind === kind);
    const upgrade = options.upgrade === true;
    return { written, ...formatYaml(file, text, { order: orderOf(kind), renames: own, upgrade }) };
  });
  const refused = [...findings, ...outcomes.flatMap((outcome) => outcome.findings ?? [])];
  if (refused.length > 0) return refuse(context, refused, options);
  const formatted = outcomes.flatMap((outcome) => (outcome.findings === undefined ? [outcome] : []));
  const changed = formatted.filter(({ written, text }) => text !== written.text);
  if (options.check && changed.length > 0) context.setExitCode(1);
  if (!options.check) for (const { written, text } of changed) await replace(join(dir, written.file), text);
  const names = changed.map(({ written }) => written.file);
  const renamed = formatted.flatMap((file) => file.renamed);
  if (!options.json) for (const finding of renamed) context.stderr(`${findingSummary(finding)}\n`);
  printResult(context, options, {
    text: [...names.map((name) => `${name}\n`), summary(names.length, files.length, options)].join(''),
    data: { ok: !options.check || changed.length === 0, files: files.length, changed: names, renamed },
  });
}

function summary(changed: number, all: number, { check }: FmtOptions): string {
  if (changed === 0) return `${quantity(all, 'file')} in canonical form\n`;
  return check
    ? `${changed} of ${quantity(all, 'file')} not in canonical form: \`config fmt\` writes it\n`
    : `${changed} of ${quantity(all, 'file')} rewritten\n`;
}

function schemaOf(kind: WrittenFile['kind'], authenticators: readonly AuthenticatorKind[]) {
  return kind === 'tests' ? policyTestsSchema(authenticators) : schemaFor(kind, authenticators);
}

/** The files of the configuration, and its policy tests. */
async function allFiles(dir: string): Promise<{ files: readonly WrittenFile[]; findings: readonly Finding[] }> {
  const { files, findings } = await readConfigurationFiles(dir);
  const names = await readdir(join(dir, 'tests')).catch(() => []);
  const tests = names.filter((name) => /^[^.].*\.yaml$/.test(name)).sort();
  const texts = await Promise.all(
    tests.map(async (name): Promise<WrittenFile> => {
      const file = `tests/${name}`;
      return { file, kind: 'tests', text: await readText(join(dir, file)) };
    }),
  );
  return { files: [...files, ...texts], findings };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refusal(`${path} cannot be read: ${String(error).replace(/^Error: /, '')} [file_unreadable]`);
  }
}

function refuse(context: FmtContext, refused: readonly Finding[], options: ResultOptions): void {
  printFindings(context, refused, options);
  if (!options.json) context.stderr(`${quantity(refused.length, 'finding')}; nothing was changed\n`);
}

/** The file always exists, in its old or new form, because a server may be reading it. A link stays a link. */
async function replace(path: string, text: string): Promise<void> {
  const target = await realpath(path);
  const beside = join(target, '..', `.fmt-${process.pid}`);
  try {
    await writeFile(beside, text, { mode: (await stat(target)).mode });
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw refusal(`${path} cannot be written: ${String(error).replace(/^Error: /, '')}`);
  }
}
