/** Adds one policy test to the text of a file, which may be new. */
import { stringify } from 'yaml';
import { type FormattedYaml, formatYaml } from './format-yaml.ts';
import type { KeyOrder } from './key-order.ts';

const head = '# yaml-language-server: $schema=../schema/tests.schema.json\n\ntests:\n';

/** `test`: its keys as they are written. Findings where the file is no YAML, or does not end in its list of tests. */
export function withTest(
  { file, text }: { readonly file: string; readonly text: string | undefined },
  test: Readonly<Record<string, unknown>>,
  order: KeyOrder,
): FormattedYaml {
  const options = { lineWidth: 0, collectionStyle: 'flow' } as const;
  const lines = Object.entries(test).map(([key, value]) => `${key}: ${stringify(literal(value), options).trimEnd()}`);
  const before = text === undefined ? head : `${text.trimEnd()}\n\n`;
  return formatYaml(file, `${before}  - ${lines.join('\n    ')}\n`, { order, renames: [] });
}

/** A `${` in it names no variable. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)]));
}
