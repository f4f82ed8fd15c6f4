/** Which files, rules and keys differ, with their locations. */
import { type Document, usualRuleColumn } from '../../../../policy/model/documents.ts';
import { canonicalJson, changedKeys } from '../../../../policy/revision/document-store.ts';
import type { ComparedConfiguration } from './compared-configuration.ts';
import type { FileChange, PartChange } from './configuration-changes.ts';

export type LocationInFile = Pick<PartChange, 'line' | 'column'>;
/** The location of the value at this path in a file to be applied. Undefined if unknown. */
export type LocationOf = (file: string, path: readonly (string | number)[]) => LocationInFile | undefined;

export const beginning: LocationInFile = { line: 1, column: 1 };

/** Rejects like `ComparedConfiguration.document`. */
export async function changedFiles(
  active: ComparedConfiguration,
  next: ComparedConfiguration,
  locationOf: LocationOf,
): Promise<readonly FileChange[]> {
  const changes: FileChange[] = [];
  for (const key of changedKeys(active.hashes, next.hashes)) {
    const [before, after] = await Promise.all([active.document(key), next.document(key)]);
    const document = after ?? before;
    if (document === undefined) continue;
    const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    const parts = before && after ? partsBetween(before, after, locationOf) : [];
    changes.push({ file: document.file, change, parts });
  }
  return changes.sort((a, b) => a.file.localeCompare(b.file));
}

/** The rules and keys that differ between two documents. */
export function partsBetween(before: Document, after: Document, locationOf: LocationOf): readonly PartChange[] {
  if (after.kind === 'file') return [];
  const locationAt = (path: readonly (string | number)[]) => locationOf(after.file, path) ?? beginning;
  const moved =
    before.file === after.file ? [] : [valueChange('file', { before: before.file, after: after.file }, beginning)];
  const [old, current] = [members(before.content), members(after.content)];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(current)])].filter((key) => key !== 'rules');
  return [
    ...moved,
    ...keys.flatMap((key) => keyChanges([key], { before: old[key], after: current[key] }, locationAt)),
    ...ruleChanges(before, after),
  ];
}

interface Values {
  readonly before: unknown;
  readonly after: unknown;
}

/** The depth down to which the comparison distinguishes keys. */
const deepest = 4;

function keyChanges(
  path: readonly string[],
  { before, after }: Values,
  locationAt: (path: readonly string[]) => LocationInFile,
): readonly PartChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (path.length < deepest && isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => keyChanges([...path, key], { before: before[key], after: after[key] }, locationAt));
  }
  return [valueChange(path.join('.'), { before, after }, locationAt(path))];
}

function valueChange(path: string, { before, after }: Values, location: LocationInFile): PartChange {
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const [from, to] = [shown(path, before), shown(path, after)];
  return { change, path, ...location, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** Longer values are less informative than their location. */
const longest = 60;

/** Values that represent a secret are not shown, although they are not secret themselves. */
function shown(path: string, value: unknown): string | undefined {
  if (value === undefined || /secret|jwks|hash/i.test(path)) return undefined;
  const text = typeof value === 'string' ? value : flowText(value);
  return text.length > longest ? undefined : text;
}

/** Lists of plain words as they are mostly written: `[DE, AT]`. */
function flowText(value: unknown): string {
  const isPlain = (item: unknown) => typeof item === 'string' && /^[a-z][\w./:@-]*$/i.test(item);
  return Array.isArray(value) && value.every(isPlain) ? `[${value.join(', ')}]` : canonicalJson(value);
}

interface WrittenRule {
  readonly name: string;
  readonly content: unknown;
  readonly text: string;
  readonly location: LocationInFile;
}

function rulesOf({ content, ruleLines, ruleColumns }: Document): readonly WrittenRule[] {
  const { rules } = members(content);
  return (Array.isArray(rules) ? rules : []).map((rule: unknown, index) => ({
    name: String(members(rule).name ?? `rules[${index}]`),
    content: rule,
    text: canonicalJson(rule),
    location: { line: ruleLines[index] ?? 1, column: ruleColumns?.[index] ?? usualRuleColumn },
  }));
}

/** Compares rules by name. A rule in both whose order differs was moved. */
function ruleChanges(before: Document, after: Document): readonly PartChange[] {
  const [old, current] = [rulesOf(before), rulesOf(after)];
  const oldNames = old.map(({ name }) => name).filter((name) => current.some((rule) => rule.name === name));
  const common = current.map(({ name }) => name).filter((name) => oldNames.includes(name));
  const changes = current.flatMap(({ name, content, text, location }): readonly PartChange[] => {
    const same = old.find((rule) => rule.name === name);
    if (same === undefined) return [{ change: 'added', rule: name, ...location }];
    if (same.text !== text) return insideRule({ change: 'changed', rule: name, ...location }, same.content, content);
    return oldNames.indexOf(name) === common.indexOf(name) ? [] : [{ change: 'moved', rule: name, ...location }];
  });
  const removed = old
    .filter(({ name }) => !current.some((rule) => rule.name === name))
    .map(({ name, location }): PartChange => ({ change: 'removed', rule: name, ...location }));
  return [...changes, ...removed];
}

/** With more differences inside one rule, its location is more informative. */
const mostInside = 3;

/** Lists the values inside a rule that differ, if they are few and short. */
function insideRule(whole: PartChange, before: unknown, after: unknown): readonly PartChange[] {
  const inside = differences('', before, after);
  const words = (path: string, value: unknown) => (value === undefined ? 'none' : shownInside(path, value));
  const isShort = ({ path, before: valueBefore, after: valueAfter }: ValueDifference) =>
    [valueBefore, valueAfter].every((value) => words(path, value) !== undefined);
  if (inside.length > mostInside || !inside.every(isShort)) return [whole];
  return inside.map(({ path, before: valueBefore, after: valueAfter }) => ({
    ...whole,
    path,
    from: words(path, valueBefore) ?? '',
    to: words(path, valueAfter) ?? '',
  }));
}

/** Of what a rule does, at least whether it allows. */
function shownInside(path: string, value: unknown): string | undefined {
  return shown(path, value) ?? (path === 'then' && isMap(value) ? Object.keys(value).join(', ') : undefined);
}

interface ValueDifference extends Values {
  /** For example `then.allow.factors` or `then.required[0].count`. */
  readonly path: string;
}

/** A list is compared as a whole, unless both have equally many members and all are maps. */
function differences(path: string, before: unknown, after: unknown): readonly ValueDifference[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(path === '' ? key : `${path}.${key}`, before[key], after[key]));
  }
  if (isListOfMaps(before) && isListOfMaps(after) && before.length === after.length)
    return before.flatMap((item, index) => differences(`${path}[${index}]`, item, after[index]));
  return [{ path, before, after }];
}

function isListOfMaps(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every(isMap);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {};
}
