/** Finds tests of attributes that no value of their type can pass: a number at least, a date before. */
import type { AttributeType } from '../../core/model/attribute.ts';
import { composedName } from '../../core/model/composed-name.ts';
import type { ValueTest } from '../../core/model/conditions.ts';
import type { Finding } from '../model/finding.ts';
import { standardAttributes } from '../model/standard-attributes.ts';
import { unknownName } from '../source/nearest-name.ts';
import { type FoundValue, valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/** By attribute that the configuration or OpenID Connect names: its type. */
export type AttributeTypes = ReadonlyMap<string, AttributeType>;

const typeOfTest: Partial<Record<keyof ValueTest, AttributeType>> = {
  atLeast: 'number',
  above: 'number',
  atMost: 'number',
  below: 'number',
  before: 'date',
  after: 'date',
};

/** Without the settings only the attributes of OpenID Connect are known. */
export function attributeTypes(sources: readonly DocumentSource[]): AttributeTypes {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const own = valuesAt(settings, 'attributes.*').map(({ path, value }): [string, AttributeType] => {
    const name = String(path.at(-1));
    const standard = Object.hasOwn(standardAttributes, name) ? standardAttributes[name]?.type : undefined;
    return [name, ((value as { readonly type?: AttributeType } | null)?.type ?? standard ?? 'text') as AttributeType];
  });
  const standard = Object.entries(standardAttributes).map(([name, { type }]): [string, AttributeType] => [name, type]);
  return new Map([...standard, ...own]);
}

/** The only values that a text may have. Undefined: it may have any. */
export function attributeOptions(attribute: string, settings: unknown): readonly string[] | undefined {
  const options = valuesAt(settings, `attributes.${attribute}.options.*.value`).map(({ value }) => String(value));
  return options.length > 0 ? options : undefined;
}

/** Of one file. Attributes that nothing names may hold anything, and are not checked. */
export function checkAttributeTests(
  { source }: DocumentSource,
  types: AttributeTypes,
  optionsFor: (attribute: string) => readonly string[] | undefined,
): readonly Finding[] {
  const tests = ['attributes.*.*', 'attributes.*.not.*'].flatMap((pattern) =>
    valuesInConditions(source.content, pattern),
  );
  return tests.flatMap(({ path, value }) => {
    const [test = '', name = ''] = [String(path.at(-1)), String(path.at(path.at(-2) === 'not' ? -3 : -2))];
    const type = types.get(name);
    if (type === undefined) return [];
    const compared = comparedValues(test, { path, value });
    const needed = compared.length > 0 ? undefined : (typeOfTest[test as keyof ValueTest] ?? textOf(test, type));
    if (needed !== undefined && type !== needed) return [mismatch(source, path, { needed, name, type })];
    return compared.flatMap((found) => valueFindings(source, found, { name, type, options: optionsFor(name) }));
  });
}

function comparedValues(test: string, { path, value }: FoundValue): readonly FoundValue[] {
  if (test === 'equals') return [{ path, value }];
  return test === 'in' && Array.isArray(value)
    ? value.map((member, at) => ({ path: [...path, at], value: member }))
    : [];
}

/** `matches` takes texts of any type. */
function textOf(test: string, type: AttributeType): AttributeType | undefined {
  return test === 'matches' && heldAs(type) !== 'text' ? 'text' : undefined;
}

interface Compared {
  readonly name: string;
  readonly type: AttributeType;
  readonly options: readonly string[] | undefined;
}

function valueFindings(
  source: DocumentSource['source'],
  { path, value }: FoundValue,
  { name, type, options }: Compared,
): readonly Finding[] {
  const given = typeof value === 'string' ? 'text' : typeof value;
  if (given !== 'text' && given !== 'number' && given !== 'boolean') return [];
  if (given !== heldAs(type)) return [mismatch(source, path, { needed: given, name, type })];
  if (options === undefined || options.includes(composedName(String(value)))) return [];
  return [source.finding('unknown_reference', path, unknownName(`value of \`${name}\``, String(value), options))];
}

/** How a profile holds values of this type. */
function heldAs(type: AttributeType): 'text' | 'number' | 'boolean' {
  return type === 'number' || type === 'boolean' ? type : 'text';
}

function mismatch(
  source: DocumentSource['source'],
  path: FoundValue['path'],
  { needed, name, type }: { readonly needed: AttributeType } & Pick<Compared, 'name' | 'type'>,
): Finding {
  return source.finding('type_mismatch', path, `compares a ${needed}, and \`${name}\` is a ${type}: no value can pass`);
}
