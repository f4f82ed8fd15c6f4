/** `stepgate config test`: compares the expected results of sign-ins with the actual ones. */

import { join } from 'node:path';
import type { Command } from 'commander';
import { sourceLocationText } from '../../core/model/source-location.ts';
import { loadConfiguration } from '../../policy/load.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { shellWord } from '../../policy/model/analysis-finding.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Documents } from '../../policy/model/documents.ts';
import type { Finding } from '../../policy/model/finding.ts';
import { printable } from '../../policy/model/printable.ts';
import { withAccountApp } from '../../policy/revision/account-app.ts';
import { snapshotOfDocuments } from '../../policy/revision/snapshot.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import type { Store } from '../../stores/store.ts';
import { newCommand } from '../commands.ts';
import { conditionNamesText, pronounOf } from '../explain/unanswered-conditions.ts';
import { refusal } from '../shared/options/refusal.ts';
import { printFindings, withPrintedFindings } from '../shared/output/print-findings.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { writeOutputFile } from '../shared/output/write-output-file.ts';
import { withStore } from '../shared/store/with-store.ts';
import { type Coverage, coverageOf, type UncoveredRule } from './coverage.ts';
import { junitXml } from './junit.ts';
import { hasTests, readTests } from './read-tests.ts';
import { type RecordOptions, record, recordedFile } from './record-policy-test.ts';
import { runTests, type TestResult } from './run-tests.ts';
import { groupsInTests, type TestedConfiguration } from './unknown-names.ts';

export interface PolicyTestContext {
  openStore(): Promise<Store>;
  /** Epoch seconds. */
  now(): number;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** Directory of the configuration if the command names none. */
  readonly configDir: string;
  /** Each prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** 1: a test failed or cannot be run. */
  setExitCode(code: 0 | 1): void;
}

interface TestOptions extends ResultOptions, RecordOptions {
  readonly tests?: string;
  readonly junit?: string;
  readonly coverage?: true;
}

export interface TestOutcome {
  readonly results: readonly TestResult[];
  /** If not empty, the results are incomplete. */
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
}

export function configTestCommand(context: PolicyTestContext): Command {
  return newCommand('config test')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('--tests <dir>', 'directory of the tests (default: tests in the directory of the configuration)')
    .option('--junit <file>', 'write the results as JUnit XML, too')
    .option('--coverage', 'list the rules that no test was decided by, and the conditions that none hit or none missed')
    .option(
      '--record [reference]',
      'write a test of a sign-in into recorded.yaml: by its reference, or of --app and --user as they are now',
    )
    .option('--app <client id>', 'app of the sign-in to record')
    .option('--user <identifier>', 'user of the sign-in to record')
    .option('--name <text>', 'name of the recorded test')
    .action(async (dir: string, options: TestOptions) => {
      if (options.record !== undefined)
        return withPrintedFindings(context, options, () => recordTest(context, dir, options));
      refuseWithoutRecord(options);
      const outcome = await testOutcome(context, dir, options.tests ?? join(dir, 'tests'));
      const { results, findings, coverage } = outcome;
      if (findings.length > 0) {
        printFindings(context, findings, options);
        return;
      }
      if (options.junit !== undefined) await writeOutputFile(options.junit, junitXml(results));
      const ok = results.every(({ differences }) => differences.length === 0);
      if (!ok) context.setExitCode(1);
      printResult(context, options, {
        text: [...results.flatMap(resultLines), ...summary(outcome, options)].map((line) => `${line}\n`).join(''),
        data: {
          ok,
          tests: results.map(({ explanation: _, evaluated: __, ...result }) => ({
            ...result,
            ok: result.differences.length === 0,
          })),
          ...(options.coverage && { coverage }),
        },
      });
    });
}

/** `findings`: why the files are not a valid configuration. */
async function configurationOf(
  dir: string,
  { authenticators, variables }: PolicyTestContext,
): Promise<{ documents: Documents; configuration: TestedConfiguration } | { findings: readonly Finding[] }> {
  const loaded = await loadConfiguration(dir, { authenticators, variables });
  if (!loaded.ok) return { findings: loaded.findings };
  const { documents } = loaded;
  return { documents, configuration: await testedConfiguration(documents, { authenticators, variables }) };
}

async function testedConfiguration(
  documents: Documents,
  { authenticators, variables }: Pick<PolicyTestContext, 'authenticators' | 'variables'>,
): Promise<TestedConfiguration> {
  const named = [...documents.values()].flatMap(({ kind, name }) => (kind === 'app' ? [name] : []));
  const apps = [...named, accountClientId];
  const read = await snapshotOfDocuments(documents, authenticators);
  const snapshot = withAccountApp(read, read.settings.issuer ?? 'https://localhost');
  const groups = groupsInTests(documents);
  return { snapshot, apps, authenticators, variables, ...(groups && { groups }) };
}

/** What is wrong with the tests of a valid configuration, which may have none. They are not run. */
export async function testFindings(
  dir: string,
  documents: Documents,
  context: Pick<PolicyTestContext, 'authenticators' | 'variables'>,
): Promise<readonly Finding[]> {
  const tests = join(dir, 'tests');
  if (!(await hasTests(tests))) return [];
  return (await readTests(tests, await testedConfiguration(documents, context))).findings;
}

/** Runs the tests of a directory. Nothing runs if the configuration or a test is invalid, or if there is no test. */
export async function testOutcome(context: PolicyTestContext, dir: string, tests: string): Promise<TestOutcome> {
  const read = await configurationOf(dir, context);
  const nothing = { results: [], coverage: coverageOf(new Map(), []) };
  if ('findings' in read) return { ...nothing, findings: read.findings };
  const { documents, configuration } = read;
  const { files, findings } = await readTests(tests, configuration);
  if (findings.length > 0) return { ...nothing, findings };
  const ran = await runTests(files, configuration);
  return { ...ran, coverage: coverageOf(documents, ran.results) };
}

function refuseWithoutRecord({ app, user, name }: TestOptions): void {
  if ((app ?? user ?? name) === undefined) return;
  throw refusal('--app, --user and --name go with --record');
}

async function recordTest(context: PolicyTestContext, dir: string, options: TestOptions): Promise<void> {
  const read = await configurationOf(dir, context);
  if ('findings' in read) {
    printFindings(context, read.findings, options);
    return;
  }
  const { configuration } = read;
  const file = recordedFile(options.tests ?? join(dir, 'tests'));
  const { name, test, notes } = await withStore(context, (store) =>
    record({ store, now: context.now(), configuration, file }, options),
  );
  for (const note of notes) context.stderr(`${printable(note)}\n`);
  printResult(context, options, {
    text: `recorded ${printable(JSON.stringify(name))} in ${file}: check that it says what you mean\n`,
    data: { ok: true, file, test, notes },
  });
}

/** One line, followed by the expected and the actual result of each difference. */
function resultLines(result: TestResult): readonly string[] {
  const { name, differences, outlived } = result;
  const location = sourceLocationText(result);
  const notes = outlived.map((sentence) => `          note: ${printable(sentence)}`);
  if (differences.length === 0) return [`passed  ${location}  ${printable(name)}`, ...notes];
  return [
    `FAILED  ${location}  ${printable(name)}`,
    ...notes,
    ...differences.flatMap(({ what, expected, actual, example }) => [
      `          ${what}`,
      ...(what.endsWith('steps') ? stepLines(expected, actual) : bothLines(expected, actual)),
      ...(example ? [`            in        explain ${printable(example.map(shellWord).join(' '))}`] : []),
    ]),
  ];
}

function bothLines(expected: string, actual: string): readonly string[] {
  return [`            expected  ${printable(expected)}`, `            actual    ${printable(actual)}`];
}

/** One line for each step: `-` was expected and is missing, `+` is present and was not expected. */
function stepLines(expected: string, actual: string): readonly string[] {
  const [before, after] = [expected, actual].map((steps) => steps.split('; ')) as [string[], string[]];
  const isSame = (one: string | undefined, other: string | undefined) => one === other;
  const head = before.findIndex((step, index) => !isSame(step, after[index]));
  const start = head < 0 ? before.length : head;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && isSame(before.at(-1 - end), after.at(-1 - end)))
    end += 1;
  const line = (mark: string) => (step: string) => `            ${mark} ${printable(step)}`;
  return [
    ...before.slice(0, start).map(line(' ')),
    ...before.slice(start, before.length - end).map(line('-')),
    ...after.slice(start, after.length - end).map(line('+')),
    ...before.slice(before.length - end).map(line(' ')),
  ];
}

function summary({ results, coverage: covered }: TestOutcome, { coverage: isAsked }: TestOptions): readonly string[] {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const passed = `${results.length - failed} of ${results.length} tests passed`;
  const aside = leftAsideLines(results);
  return [passed, ...(isAsked ? coverageLines(covered) : []), ...aside];
}

function leftAsideLines(results: readonly TestResult[]): readonly string[] {
  const names = [...new Set(results.flatMap(({ leftAside }) => leftAside))].sort();
  if (names.length === 0) return [];
  const pronoun = pronounOf(names);
  return [
    `rules also ask about ${conditionNamesText(names)}: \`expect\` without a word of ${pronoun} is about sign-ins without ${pronoun}`,
  ];
}

function coverageLines({ rules, uncovered, withoutExpect, ...covered }: Coverage): readonly string[] {
  const { conditions, uncoveredConditions } = covered;
  const decided = `${rules - uncovered.length} of ${rules} rules decided a test`;
  const conditionsText = `${conditions - uncoveredConditions.length} of ${conditions} conditions were both hit and missed in tests`;
  return [
    `${decided}${uncovered.length > 0 ? '; no test was decided by' : ''}`,
    ...uncovered.map(ruleLine),
    ...(withoutExpect.length > 0 ? ['only `always`, `never` or `depends` was decided by'] : []),
    ...withoutExpect.map(ruleLine),
    `${conditionsText}${uncoveredConditions.length > 0 ? '; the others' : ''}`,
    ...uncoveredConditions.map((uncoveredCondition) => {
      const { condition, lacks } = uncoveredCondition;
      const what = lacks === 'both' ? 'a hit and a miss' : lacks;
      return `${ruleLine(uncoveredCondition)}: ${printable(condition)} lacks ${what}`;
    }),
  ];
}

function ruleLine(uncovered: UncoveredRule): string {
  return `  ${sourceLocationText(uncovered)}  ${printable(uncovered.rule)}`;
}
