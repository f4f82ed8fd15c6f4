/** From what a schema objects to, to problems with their places. */
import type { z } from 'zod';
import type { Problem } from './documents.ts';
import { unknownName } from './nearest-name.ts';
import type { Path, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** All that `schema` objects to in the file. */
export function schemaProblems(schema: z.ZodType, source: YamlSource): readonly Problem[] {
  const result = schema.safeParse(source.content);
  return result.success ? [] : result.error.issues.flatMap((issue) => toProblems(issue, [], source));
}

function toProblems(issue: Issue, around: Path, source: YamlSource): readonly Problem[] {
  const path = [...around, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => source.problem(path, unknownName('key', key, issue.message.split(' ')), key));
    case 'invalid_union': {
      const branch = nearestBranch(issue.errors);
      return branch
        ? branch.flatMap((inner) => toProblems(inner, path, source))
        : [source.problem(path, issue.message)];
    }
    case 'invalid_key': {
      const key = String(path.at(-1));
      return issue.issues.map((inner) => source.problem(path.slice(0, -1), `key \`${key}\` ${inner.message}`, key));
    }
    case 'invalid_type':
      return [
        source.problem(
          path,
          issue.message.startsWith('Invalid input')
            ? wrongType(issue.expected, valueAt(source.content, path))
            : issue.message,
        ),
      ];
    default:
      return [source.problem(path, plainMessage(issue))];
  }
}

/** Of the forms that a value may take, the one that it was meant to have: which objects only to something inside. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find(
    (issues) =>
      issues.length > 0 && issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
}

function wrongType(expected: string, value: unknown): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'a text',
    int: 'a whole number',
  };
  if (value === undefined) return 'is missing';
  return `must be ${names[expected] ?? `a ${expected}`}, not ${kindOf(value)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string'
    ? 'a text (a number or a truth value stands without quotes)'
    : `the ${typeof value} ${String(value)}`;
}

function plainMessage(issue: Issue): string {
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String);
    const given = 'input' in issue && typeof issue.input === 'string' ? issue.input : undefined;
    return issue.message.startsWith('Invalid')
      ? `must be ${given ?? ''}${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}`
      : issue.message;
  }
  return issue.message.replace(/^Too (?:big|small): expected \w+ to (?:be|have) /, 'must be ');
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    content,
  );
}
