/** Errors in files are told alike by every command that reads files, for readers and for scripts. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { configCommand } from '../../../../../src/cli/config/config.ts';
import { explainCommand } from '../../../../../src/cli/explain/explain.ts';
import { OperatorFiles } from '../../../../../src/operator-files.ts';
import { goodViewsDir } from '../../../../../src/operator-views.ts';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { applyDemo, configContext, openTerminal, run } from '../../support/harness.ts';

let dir: string;
const terminal = openTerminal();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-findings-'));
  const file = 'policies/sign-on/notes.yaml';
  await write('good', validFiles);
  await write('bad', {
    ...validFiles,
    [file]: validFiles[file]?.replace('factors: 1', 'factors: 1\n        weather: fine') ?? '',
  });
  const text = 'tests:\n  - name: One\n    app: notes\n    weather: fine\n    expect: { deny: false }\n';
  await write('tested', { ...validFiles, 'tests/own.yaml': text });
  await applyDemo(terminal.store);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function write(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    const path = join(dir, name, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** What a command prints, or the sentence that it fails with. */
async function told(words: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  let [text, code] = ['', 0];
  const print = (more: string) => {
    text += more;
  };
  const context = configContext(terminal, {
    stdout: print,
    stderr: print,
    setExitCode: (to) => {
      code = to;
    },
  });
  const [first = '', ...others] = words.map((word) => word.replace('DIR', dir));
  const command: Command =
    first === 'explain' ? explainCommand({ ...terminal.context, ...context }) : configCommand(context);
  await run(command, ...(first === 'explain' ? others : [first, ...others])).catch((error: Error) => {
    print(`${error.message}\n`);
    code = 1;
  });
  return { text, code };
}

const block = `policies/sign-on/notes.yaml:7:9 rules[0].then.allow.weather unknown key \`weather\` [unknown_key]
  7 |         weather: fine
    |         ^
  what to do: use one of: factors, `;

const commands: readonly (readonly string[])[] = [
  ['check', 'DIR/bad'],
  ['apply', 'DIR/bad'],
  ['diff', 'DIR/bad'],
  ['diff', 'DIR/good', '--from', 'DIR/bad'],
  ['test', 'DIR/bad', '--tests', 'DIR/good'],
  ['shadow', 'DIR/bad'],
  ['report', 'DIR/bad', '--out', 'DIR/report.html'],
  ['matrix', '--config', 'DIR/bad'],
  ['who', 'notes', '--config', 'DIR/bad'],
  ['what', 'ann', '--config', 'DIR/bad'],
  ['explain', '--app', 'notes', '--config', 'DIR/bad'],
];

test.each(commands.map((words) => [words.join(' '), words] as const))('%s', async (_, words) => {
  const { text, code } = await told(words);
  expect(code).toBe(1);
  // Where a command reads two directories, the one that is meant stands before the file.
  expect(text.replaceAll(`${dir}/bad/`, '')).toContain(block);
  const data = await told([...words, '--json']);
  expect(data.code).toBe(1);
  expect(JSON.parse(data.text)).toEqual({
    ok: false,
    findings: [
      {
        code: 'unknown_key',
        ...{ file: 'policies/sign-on/notes.yaml', line: 7, column: 9, path: 'rules[0].then.allow.weather' },
        message: 'unknown key `weather`',
        text: '        weather: fine',
        advice: expect.stringMatching(/^use one of: factors, /),
      },
    ],
  });
});

const testBlock = `tests/own.yaml:4:5 tests[0].weather unknown key \`weather\` [unknown_key]
  4 |     weather: fine
    |     ^
  what to do: use one of: name, app, user, `;

test('a file of policy tests, by itself, in a recorded one, and in the report', async () => {
  expect(await told(['test', 'DIR/tested'])).toEqual({ text: expect.stringContaining(testBlock), code: 1 });
  const { text } = await told(['test', 'DIR/tested', '--json']);
  expect(JSON.parse(text).findings).toEqual([
    expect.objectContaining({ file: 'tests/own.yaml', line: 4, column: 5, advice: expect.stringMatching(/^use one/) }),
  ]);
  const out = join(dir, 'out.html');
  expect((await told(['report', 'DIR/tested', '--out', out, '--json'])).code).toBe(0);
});

test('a server that cannot start reports errors in several lines each, and its log in one line each', async () => {
  const logged: string[] = [];
  const log = {
    audit: () => undefined,
    warn: (line: string) => void logged.push(line),
    info: () => undefined,
    error: () => undefined,
  };
  const configDir = join(dir, 'bad');
  const files = new OperatorFiles({ port: 1, configDir, variables: {}, log });
  await expect(files.issuer()).rejects.toMatchObject({
    code: 'not_configured',
    message: expect.stringContaining(`${configDir}/${block}`),
  });
  expect(logged).toEqual([
    expect.stringMatching(
      /bad\/policies\/sign-on\/notes\.yaml:7:9 .* `weather`; use one of: factors, .* \[unknown_key\]$/,
    ),
  ]);
});

test('and so do own views', async () => {
  await write('views', { 'messages/en.json': '{\n  "title": 1\n}\n' });
  const logged: string[] = [];
  expect(() => goodViewsDir(join(dir, 'views'), (line) => logged.push(line))).toThrow(
    /messages\/en\.json:2:\d+ .* \[texts_invalid\]\n {2}2 \| {3}"title": 1\n {4}\| +\^\n {2}what to do: correct the text/,
  );
  expect(logged).toEqual([expect.stringMatching(/messages\/en\.json:2:\d+ .* \[texts_invalid\]$/)]);
});
