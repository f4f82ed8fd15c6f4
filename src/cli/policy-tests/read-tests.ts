/** Finds and reads the files of policy tests, and checks their references. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Finding, withLines } from '../../policy/model/finding.ts';
import { type PolicyTest, policyTestsSchema } from '../../policy/schema/policy-tests.ts';
import { schemaFindings } from '../../policy/source/schema-findings.ts';
import { readYaml, type YamlSource } from '../../policy/source/yaml-source.ts';
import { type TestedConfiguration, unknownNames } from './unknown-names.ts';

export interface TestFile {
  /** With the name of its directory, as in findings. */
  readonly file: string;
  readonly source: YamlSource;
  readonly tests: readonly PolicyTest[];
}

/** The same as for files of the configuration. */
const maxFileSize = 1024 * 1024;

/**
 * Reads all `*.yaml` in the directory, sorted by name. A missing directory, or one without such files, is a finding: a
 * run without tests would look like success.
 */
export async function readTests(
  dir: string,
  configuration: TestedConfiguration,
): Promise<{ readonly files: readonly TestFile[]; readonly findings: readonly Finding[] }> {
  const names = await testFileNames(dir);
  if ('code' in names) return { files: [], findings: [names] };
  const schema = policyTestsSchema(configuration.authenticators);
  const files: TestFile[] = [];
  const findings: Finding[] = [];
  for (const name of names) {
    const file = `${basename(dir)}/${name}`;
    const text = await readText(file, join(dir, name));
    if (typeof text !== 'string') {
      findings.push(text);
      continue;
    }
    const read = readYaml(file, text, configuration);
    findings.push(...read.findings);
    if (read.source === undefined) continue;
    const { source } = read;
    const wrong = [...schemaFindings(schema, source), ...(await unknownNames(source, configuration))];
    findings.push(...withLines(wrong, () => source.lines));
    if (wrong.length === 0) files.push({ file, source, tests: schema.parse(source.content).tests });
  }
  return { files, findings };
}

/** Whether the directory exists, and holds a file of tests. */
export async function hasTests(dir: string): Promise<boolean> {
  return Array.isArray(await testFileNames(dir));
}

async function testFileNames(dir: string): Promise<readonly string[] | Finding> {
  const whole = { file: '.', line: 1, column: 1, path: '' };
  const entries = await readdir(dir).catch(() => undefined);
  if (entries === undefined) {
    const advice = 'write policy tests into tests/*.yaml of the configuration (docs/policies.md), or correct the name';
    return { ...whole, message: `there is no directory ${dir}`, code: 'directory_missing', advice };
  }
  const names = entries.filter((name) => /^[^.].*\.yaml$/.test(name)).sort();
  if (names.length > 0) return names;
  return { ...whole, message: `${dir} holds no policy test: their files end in .yaml`, code: 'tests_missing' };
}

async function readText(file: string, path: string): Promise<string | Finding> {
  const whole = { file, line: 1, column: 1, path: '' };
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size <= maxFileSize) return await readFile(path, 'utf8');
  } catch (error) {
    const why = String(error).replace(/^Error: /, '');
    return { ...whole, message: `cannot be read: ${why}`, code: 'file_unreadable' };
  }
  return { ...whole, message: 'is larger than 1 MiB', code: 'file_too_large' };
}
