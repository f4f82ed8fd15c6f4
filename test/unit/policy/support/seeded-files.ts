/** Puts mistakes into files of a configuration, and says what is found, each at the text that its caret is at. */
import { expect } from '@jest/globals';
import { parseDocument } from 'yaml';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import type { Finding } from '../../../../src/policy/model/finding.ts';
import { noteFound } from '../../../support/values/found-codes.ts';
import { withConfiguration } from './configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;

type Files = Readonly<Record<string, string>>;

/** By file: what takes the place of what, or the whole content of another file. */
export type Edits = Readonly<Record<string, string | readonly (readonly [string, string])[]>>;

function edited(base: Files, edits: Edits): Files {
  const changed = Object.entries(edits).map(([file, edit]) => {
    if (typeof edit === 'string') return [file, edit];
    return [file, edit.reduce((text, [before, after]) => replaced(text, before, after), base[file] ?? '')];
  });
  return { ...base, ...Object.fromEntries(changed) };
}

function replaced(text: string, before: string, after: string): string {
  if (text.split(before).length !== 2) throw new Error(`not there once: ${before}`);
  return text.replace(before, () => after);
}

interface Found extends Finding<string> {
  readonly severity: string;
}

/** Severity and code, or `refused`; file; and the text from the caret on. Each line once. */
export async function foundIn(base: Files, edits: Edits): Promise<readonly string[]> {
  const files = edited(base, edits);
  return inLines(files, (await findingsIn(files)).all);
}

/** The same. Fails where something else is found once each file is one line of JSON. */
export async function foundInBoth(base: Files, edits: Edits): Promise<readonly string[]> {
  const files = edited(base, edits);
  const { all, accepted } = await findingsIn(files);
  const inJson = await findingsIn(Object.fromEntries(Object.entries(files).map(inOneLine)));
  // JSON has no comments, so that nothing is accepted there.
  const written = [...all, ...accepted].filter(({ code }) => code !== 'acceptance');
  expect(inJson.all.map(withoutPlace).toSorted()).toEqual(written.map(withoutPlace).toSorted());
  return inLines(files, all);
}

function inLines(files: Files, all: readonly Found[]): readonly string[] {
  const place = ({ file, line, column }: Found) =>
    `${file} ${(files[file] ?? '')
      .split('\n')
      [line - 1]?.slice(column - 1, column + 31)
      .trimEnd()}`;
  return [
    ...new Set(
      all.map((found) => `${found.severity} ${found.severity === 'refused' ? '' : `${found.code} `}${place(found)}`),
    ),
  ];
}

function withoutPlace({ severity, code, file, path }: Found): string {
  return [severity, code, file, path].join(' ');
}

/** What is no YAML stays as it is. */
function inOneLine([file, text]: readonly [string, string]): readonly [string, string] {
  const { errors, contents } = parseDocument(text);
  return [file, file.endsWith('.yaml') && errors.length === 0 ? JSON.stringify(contents) : text];
}

function findingsIn(files: Files): Promise<{ readonly all: readonly Found[]; readonly accepted: readonly Found[] }> {
  return withConfiguration(files, async (dir) => {
    const options = { authenticators: authenticatorKinds, variables: {}, inbox: true };
    const loaded = await loadConfiguration(dir, options);
    if (!loaded.ok)
      return { all: loaded.findings.map((finding) => ({ ...finding, severity: 'refused' })), accepted: [] };
    const { findings, accepted } = await analysis(loaded, { authenticators: authenticatorKinds, now });
    return { all: noteFound(findings), accepted: accepted.map(({ finding }) => finding) };
  });
}
