/** What is wrong or risky in a configuration, with its place in the files, and how it is printed. */

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
}

const longestLine = 600;

/** `file:line:column path message`, as compilers print it. Always one line, whatever the file contains. */
export function findingLine({ file, line, column, path, message }: Finding): string {
  return oneLine(`${file}:${line}:${column} ${path === '' ? '' : `${path} `}${message}`);
}

/** `file:line:column: warning: path message`. */
export function warningLine({ file, line, column, path, message }: Finding): string {
  return oneLine(`${file}:${line}:${column}: warning: ${path === '' ? '' : `${path} `}${message}`);
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
