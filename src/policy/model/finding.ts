/** What is wrong or risky in a configuration, with its place in the files, and how it is printed. */
import { excerptLines } from './excerpt.ts';

/** One thing that is wrong, or that is allowed but risky, and where it stands. */
export interface Finding {
  /** Relative to the directory of the configuration, with `/`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** e.g. `rules[2].then.allow`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** For scripts and for looking it up, where a file cannot be read or an expression not be evaluated. */
  readonly code?: string;
  /** The line, as it is in the file. */
  readonly text?: string;
  /** What to do: a sentence without its period. */
  readonly advice?: string;
}

/** Each has a line in `docs/findings.md`. */
export const fileFindingCodes = [
  'directory_missing',
  'expression_invalid',
  'expression_too_dear',
  'file_too_large',
  'yaml_aliases',
  'yaml_cycle',
  'yaml_duplicate_key',
  'yaml_too_deep',
] as const;

export type FileFindingCode = (typeof fileFindingCodes)[number];

/** Of files that can be read, and of what no user could do with them. Each has a line in `docs/findings.md`. */
export const unmeetableCodes = ['app_closed', 'enrollment_unmeetable', 'level_unreachable', 'rule_unmeetable'] as const;

export type UnmeetableCode = (typeof unmeetableCodes)[number];

const longestLine = 600;

/**
 * `file:line:column path message; what to do [code]`, as compilers print it. Always one line, whatever the file
 * contains. A directory that is not there has no place.
 */
export function findingLine({ file, line, column, path, message, code, advice }: Finding): string {
  const place = file === '.' ? '' : `${file}:${line}:${column} `;
  const whole = advice === undefined ? message : `${message}; ${advice}`;
  const text = `${place}${path === '' ? '' : `${path} `}${whole}`;
  return code === undefined ? oneLine(text) : `${oneLine(text)} [${code}]`;
}

/** The same on several lines: where they are known, the line with a caret, and what to do. */
export function findingText({ advice, ...finding }: Finding): string {
  const { text = '', line, column, code } = finding;
  const page = code === undefined ? '' : ` (docs/findings.md: ${code})`;
  const lines = [
    findingLine(finding),
    ...excerptLines({ text, line, column }).map(oneLine),
    ...(advice === undefined ? [] : [`  what to do: ${oneLine(advice)}${page}`]),
  ];
  return lines.map((one) => `${one}\n`).join('');
}

/** As one line, with the directory of the configuration before the file. */
export function findingLineIn(dir: string, finding: Finding): string {
  return finding.file === '.' ? findingLine(finding) : `${dir}/${findingLine(finding)}`;
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
