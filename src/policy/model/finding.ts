/** What is wrong or risky in a configuration, with its location in the files, and how it is printed. */

import { errorAdvice } from './error-advice.ts';
import { excerptLines } from './excerpt.ts';
import { printableLine } from './printable.ts';

/** A location in a file of the configuration. */
export interface FindingLocation {
  /** Relative to the directory of the configuration, with `/`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** e.g. `rules[2].then.allow`; empty for the file as a whole. */
  readonly path: string;
}

/** One thing that is wrong, or that is allowed but risky, and where it stands. */
export interface Finding<Code extends string = FindingErrorCode> extends FindingLocation {
  readonly message: string;
  /** For scripts, and for looking it up. */
  readonly code: Code;
  /** The line, as it is in the file. */
  readonly text?: string;
  /** What to do: a sentence without its period. Absent in an error: what its code says (`errorAdvice`). */
  readonly advice?: string;
}

/** Why a file cannot be read. Each has a line in `docs/findings.md`, as have those below. */
export const fileErrorCodes = [
  'comment_unplaced',
  'directory_missing',
  'file_missing',
  'file_too_large',
  'file_unreadable',
  'unknown_file',
  'variable_missing',
  'yaml_aliases',
  'yaml_cycle',
  'yaml_duplicate_key',
  'yaml_syntax',
  'yaml_too_deep',
] as const;

/** What files must not say. */
export const valueErrorCodes = [
  'authenticator_unfit',
  'catch_all_misplaced',
  'catch_all_missing',
  'duplicate_name',
  'expression_invalid',
  'expression_too_dear',
  'invalid_value',
  'policy_ambiguous',
  'policy_missing',
  'policy_off',
  'setting_missing',
  'type_mismatch',
  'unknown_key',
  'unknown_reference',
  'value_missing',
] as const;

/** Of a brand, and of an operator's own views. */
export const viewErrorCodes = [
  'brand_file_invalid',
  'brand_too_large',
  'colours_unreadable',
  'template_invalid',
  'template_outdated',
  'texts_invalid',
] as const;

/** What no user could do with files that can be read. */
export const unmeetableCodes = [
  'account_unmeetable',
  'app_closed',
  'enrollment_unmeetable',
  'level_unreachable',
  'profile_unmeetable',
  'rule_unmeetable',
] as const;

/** Of policy tests. */
export const testErrorCodes = ['test_unaskable', 'tests_missing'] as const;

export type UnmeetableCode = (typeof unmeetableCodes)[number];

export type FindingErrorCode =
  | (typeof fileErrorCodes)[number]
  | (typeof valueErrorCodes)[number]
  | (typeof viewErrorCodes)[number]
  | (typeof testErrorCodes)[number]
  | UnmeetableCode;

const longestLine = 600;

/**
 * `file:line:column path message; what to do [code]`, as compilers print it, for logs. Always one line, whatever the
 * file contains. A directory that is not there has no location. What a code says in general is left out, and so is what
 * follows a question ("did you mean ...?"): that is advice enough for one line.
 */
export function findingLine({ advice, ...finding }: Finding<string>): string {
  const isAsked = finding.message.endsWith('?');
  return headLine(advice === undefined || isAsked ? finding : { ...finding, message: `${finding.message}; ${advice}` });
}

function headLine({ file, line, column, path, message, code }: Finding<string>): string {
  const location = file === '.' ? '' : `${file}:${line}:${column} `;
  return `${oneLine(`${location}${path === '' ? '' : `${path} `}${message}`)} [${code}]`;
}

/**
 * The same on several lines, as commands print it: where they are known, the line with a caret; and what to do.
 *
 * `dir`: the directory of the configuration, to stand before the file.
 */
export function findingText(finding: Finding, dir?: string): string {
  const { text = '', line, column, code } = finding;
  const lines = [
    `${dir === undefined || finding.file === '.' ? '' : `${dir}/`}${headLine(finding)}`,
    ...excerptLines({ text, line, column }).map(oneLine),
    `  what to do: ${oneLine(adviceOf(finding))} (docs/findings.md: ${code})`,
  ];
  return lines.map((printed) => `${printed}\n`).join('');
}

/** For scripts: each with what to do. */
export function findingsData(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => ({ ...finding, advice: adviceOf(finding) }));
}

/** The compiler asks for one of each code. */
const adviceByCode: Readonly<Record<FindingErrorCode, string>> = errorAdvice;

function adviceOf({ code, path, advice = adviceByCode[code] }: Finding): string {
  const [, name] = /([\w-]+)$/.exec(path) ?? [];
  return code === 'value_missing' && name !== undefined ? `${advice} \`${name}\`` : advice;
}

/** Adds the line that each finding is about. `linesOf`: the lines of a file, by its name in findings, if at hand. */
export function withLines(
  findings: readonly Finding[],
  linesOf: (file: string) => readonly string[] | undefined,
): readonly Finding[] {
  return findings.map((finding) => {
    const text = finding.text ?? linesOf(finding.file)?.[finding.line - 1];
    return text === undefined ? finding : { ...finding, text };
  });
}

function oneLine(text: string): string {
  const line = printableLine(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
