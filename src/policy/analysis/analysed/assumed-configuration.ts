/**
 * A configuration as if each opaque part of an expression were an attribute. Made-up users who have it are those for
 * whom the part holds, so that both can be examined: that it holds, and that it does not.
 */
import type { Attribute } from '../../../core/model/attribute.ts';
import { isOpaquePart } from '../../../core/policy/theories/expression-facts.ts';
import type { Document, Documents } from '../../model/documents.ts';
import { assumedExpression } from '../../schema/expressions/assumed-expression.ts';
import { parseExpression } from '../../schema/expressions/expression.ts';
import { examinedPart } from '../../schema/expressions/expression-part.ts';
import {
  type AnalysedConfiguration,
  type AnalysisContext,
  type ReadSources,
  readConfiguration,
} from './configuration.ts';

export interface AssumedConfiguration {
  readonly configuration: AnalysedConfiguration;
  /** Whether the rule at this index of a policy has a part that is an assumed attribute. */
  isAssumed(file: string, index: number): boolean;
}

/** No schema has such a name. */
const assumedName = /^_\d+$/;
const assumedAttribute: Attribute = { type: 'boolean', read: 'admin', write: 'admin' };

/** Undefined: no expression has an opaque part. */
export async function assumedConfiguration(
  { sources, documents }: ReadSources,
  context: AnalysisContext,
  { universe }: Pick<AnalysedConfiguration, 'universe'>,
): Promise<AssumedConfiguration | undefined> {
  const names = new Map<string, string>();
  const schema = universe([]);
  const written = (expression: string) =>
    assumedExpression(expression, {
      isOpaque: (logic) => isOpaquePart(logic, schema),
      attributeOf: (text) => {
        const name = names.get(text) ?? `_${names.size + 1}`;
        names.set(text, name);
        return name;
      },
    });
  const assumed = new Map(Array.from(documents, ([key, document]) => [key, assumedIn(document, written)] as const));
  if (names.size === 0) return undefined;
  const lasting = new Map(Array.from(names, ([text, name]) => [name, isAboutUserForGood(text)] as const));
  const configuration = await readConfiguration({ sources, documents: assumed }, context);
  const changed = changedRules(documents, assumed);
  return {
    configuration: {
      ...configuration,
      universe: (clientIds) => {
        const { attribute, isKept, isLasting, ...others } = configuration.universe(clientIds);
        return {
          ...others,
          attribute: (name) => (assumedName.test(name) ? assumedAttribute : attribute(name)),
          isKept: (name, value) => (assumedName.test(name) ? typeof value === 'boolean' : isKept(name, value)),
          isLasting: (name) => lasting.get(name) ?? isLasting(name),
        };
      },
    },
    isAssumed: (file, index) => changed.has(`${file} ${index}`),
  };
}

/** Whether the part has the same result at each sign-in of a user, since it reads facts about the user. */
function isAboutUserForGood(text: string): boolean {
  const { reads } = examinedPart(parseExpression(text)?.ast);
  const isAge = reads.includes('now') && reads.every((path) => path === 'now' || path === 'user.createdAt');
  return !isAge && (reads.length === 0 || reads.some((path) => path.split('.', 1)[0] === 'user'));
}

function changedRules(before: Documents, after: Documents): ReadonlySet<string> {
  const changed = [...before].flatMap(([key, document]) => {
    const others = rulesIn(after.get(key));
    return rulesIn(document).flatMap((rule, index) => (rule === others[index] ? [] : [`${document.file} ${index}`]));
  });
  return new Set(changed);
}

function rulesIn(document: Document | undefined): readonly unknown[] {
  const { content } = document ?? {};
  return isObject(content) && Array.isArray(content.rules) ? content.rules : [];
}

function assumedIn(document: Document, written: (expression: string) => string): Document {
  const { content } = document;
  if (!isObject(content) || !Array.isArray(content.rules)) return document;
  return { ...document, content: { ...content, rules: content.rules.map((rule) => inRule(rule, written)) } };
}

/** The rule itself if all of it is known. */
function inRule(rule: unknown, written: (expression: string) => string): unknown {
  if (!isObject(rule) || !isObject(rule.when)) return rule;
  const { any, ...when } = rule.when;
  const all = inSet(when, written);
  const alternatives = Array.isArray(any) ? any.map((set) => (isObject(set) ? inSet(set, written) : set)) : [];
  const isSame = all === when && alternatives.every((set, index) => set === (any as readonly unknown[])[index]);
  return isSame ? rule : { ...rule, when: { ...all, ...(any !== undefined && { any: alternatives }) } };
}

function inSet(set: JsonObject, written: (expression: string) => string): JsonObject {
  const { expression } = set;
  const assumed = typeof expression === 'string' ? written(expression) : expression;
  return assumed === expression ? set : { ...set, expression: assumed };
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
