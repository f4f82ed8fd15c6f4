/** Turns the issues of a schema into findings with their locations in the file. */
import type { z } from 'zod';
import type { Finding } from '../model/finding.ts';
import { nearestName } from './nearest-name.ts';
import { parsedContent } from './parsed-content.ts';
import type { Path, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** One finding for each issue that `schema` has with the file. */
export function schemaFindings(schema: z.ZodType, source: YamlSource): readonly Finding[] {
  const result = parsedContent(schema, source.content);
  return result.success ? [] : result.error.issues.flatMap((issue) => toFindings(issue, [], source));
}

function toFindings(issue: Issue, around: Path, source: YamlSource): readonly Finding[] {
  const path = [...around, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const value = valueAt(source.content, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const told = unknownKey(key, issue.message.split(' '));
        return { ...source.locationOfKey([...path, key]), ...told, code: 'unknown_key' };
      });
    case 'invalid_union': {
      const branch = nearestBranch(issue.errors);
      return branch
        ? branch.flatMap((inner) => toFindings(inner, path, source))
        : [valueFinding(source, path, { value, message: issue.message })];
    }
    case 'invalid_key': {
      const key = String(path.at(-1));
      return issue.issues.map((inner) => ({
        ...source.locationOfKey(path),
        message: `key \`${key}\` ${inner.message}`,
        code: 'invalid_value',
      }));
    }
    default:
      return issue.code === 'custom'
        ? [ownFinding(source, path, issue)]
        : [valueFinding(source, path, { value, message: sentence(issue, value, source.hasVariable(path)) })];
  }
}

/** All keys are listed, however many there are: nothing else says what may stand there. */
function unknownKey(key: string, known: readonly string[]): Pick<Finding, 'message' | 'advice'> {
  const near = nearestName(key, known);
  const advice = `use one of: ${known.join(', ')}`;
  if (near === undefined) return { message: `unknown key \`${key}\``, advice };
  const others = known.length === 1 ? '' : `, or ${advice}`;
  return { message: `unknown key \`${key}\`; did you mean \`${near}\`?`, advice: `write \`${near}\`${others}` };
}

/**
 * Of the forms that a value may take, the one that was probably meant: it has issues only with something inside the
 * value.
 */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find(
    (issues) =>
      issues.length > 0 && issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
}

function valueFinding(
  source: YamlSource,
  path: Path,
  { value, message }: { readonly value: unknown; readonly message: string },
): Finding {
  if (value === undefined) return source.finding('value_missing', path, 'is missing');
  const finding = source.finding('invalid_value', path, message);
  return path.length > 0 ? finding : { ...finding, advice: 'write the keys of such a file' };
}

/** What our own checks say of several values together: what is missing there, or in the settings, or wrong. */
function ownFinding(source: YamlSource, path: Path, { message, params }: z.core.$ZodIssueCustom): Finding {
  if (params?.isSetting === true) return source.finding('setting_missing', path, message);
  return source.finding(message.startsWith('is missing') ? 'value_missing' : 'invalid_value', path, message);
}

/** Our own messages are kept. Those of the library, which begin with a capital letter, are replaced. */
function sentence(issue: Issue, value: unknown, hasVariable: boolean): string {
  if (!/^[A-Z]/.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return wrongType(issue.expected, value, hasVariable);
  if (issue.code === 'invalid_value') return wrongChoice(issue.values.map(String), value);
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message;
}

function wrongType(expected: string, value: unknown, hasVariable: boolean): string {
  const plain = typeof value === 'string' && isPlain(expected, value);
  const hint = hasVariable ? ' (a variable is always a text)' : ' (write it without quotes)';
  return `must be ${typeNames[expected] ?? `a ${expected}`}, not ${kindOf(value)}${plain ? hint : ''}`;
}

/** Whether it would be of the type that is expected if it did not stand in quotes. */
function isPlain(expected: string, value: string): boolean {
  if (expected === 'boolean') return /^(true|false)$/.test(value);
  return ['number', 'int'].includes(expected) && /^-?\d+(\.\d+)?$/.test(value);
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `the text \`${value}\`` : String(value);
}

function wrongChoice(choices: readonly string[], value: unknown): string {
  const near = typeof value === 'string' ? nearestName(value, choices) : undefined;
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
  return `must be ${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}${hint}`;
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    content,
  );
}
