/** Finds and reads the files of policy tests, and checks what they refer to. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Finding } from '../../policy/model/finding.ts';
import { type PolicyTest, policyTestsSchema } from '../../policy/schema/policy-tests.ts';
import { schemaFindings } from '../../policy/source/schema-findings.ts';
import { readYaml, type YamlSource } from '../../policy/source/yaml-source.ts';
import { refusal } from '../shared/refusal.ts';
import { type TestedConfiguration, unknownNames } from './unknown-names.ts';

export interface TestFile {
  /** With the name of its directory, as findings name it. */
  readonly file: string;
  readonly source: YamlSource;
  readonly tests: readonly PolicyTest[];
}

/** As for files of the configuration. */
const maxFileSize = 1024 * 1024;

/**
 * Reads all `*.yaml` in the directory, in order of their names. Rejects with `bad_request` where the directory is not
 * there or holds no such file: a run without tests would look like success.
 */
export async function readTests(
  dir: string,
  configuration: TestedConfiguration,
): Promise<{ readonly files: readonly TestFile[]; readonly findings: readonly Finding[] }> {
  const names = await testFileNames(dir);
  const schema = policyTestsSchema(configuration.authenticators);
  const files: TestFile[] = [];
  const findings: Finding[] = [];
  for (const name of names) {
    const file = `${basename(dir)}/${name}`;
    const read = readYaml(file, await readText(join(dir, name)), configuration);
    findings.push(...read.findings);
    if (read.source === undefined) continue;
    const wrong = [...schemaFindings(schema, read.source), ...(await unknownNames(read.source, configuration))];
    findings.push(...wrong);
    if (wrong.length === 0) files.push({ file, source: read.source, tests: schema.parse(read.source.content).tests });
  }
  return { files, findings };
}

async function testFileNames(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir).catch(() => {
    throw refusal(
      `there is no directory ${dir}: policy tests are in tests/*.yaml of the configuration (docs/policies.md) [directory_missing]`,
    );
  });
  const names = entries.filter((name) => /^[^.].*\.yaml$/.test(name)).sort();
  if (names.length === 0)
    throw refusal(`${dir} holds no policy test: their files end in .yaml (docs/policies.md) [tests_missing]`);
  return names;
}

async function readText(path: string): Promise<string> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size <= maxFileSize) return await readFile(path, 'utf8');
  } catch (error) {
    throw refusal(`${path} cannot be read: ${String(error).replace(/^Error: /, '')} [file_unreadable]`);
  }
  throw refusal(`${path} is larger than 1 MiB: divide it [file_too_large]`);
}
