/** Puts mistakes into files of a configuration, and says what is found, each at the text that its caret is at. */
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { analyse } from '../../../src/policy/analysis/analyse.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
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

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Severity and code, or `refused`; file; and the text from the caret on. Each line once. */
export async function foundIn(base: Files, edits: Edits): Promise<readonly string[]> {
  const files = edited(base, edits);
  const place = ({ file, line, column }: Place) =>
    `${file} ${(files[file] ?? '')
      .split('\n')
      [line - 1]?.slice(column - 1, column + 31)
      .trimEnd()}`;
  return withConfiguration(files, async (dir) => {
    const options = { authenticators: authenticatorKinds, variables: {}, inbox: true };
    const loaded = await loadConfiguration(dir, options);
    if (!loaded.ok) return loaded.findings.map((one) => `refused ${place(one)}`);
    const findings = await analyse(loaded, { authenticators: authenticatorKinds, now });
    return [...new Set(findings.map((one) => `${one.severity} ${one.code} ${place(one)}`))];
  });
}
