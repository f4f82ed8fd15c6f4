/** Finds tests of attributes that no value of their type can pass: a number at least, a date before. */
import type { AttributeType } from '../../core/model/attribute.ts';
import type { ValueTest } from '../../core/model/conditions.ts';
import type { Finding } from '../model/finding.ts';
import { standardAttributes } from '../model/standard-attributes.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
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

/** Of one file. Attributes that nothing names may hold anything, and are not checked. */
export function checkAttributeTests({ source }: DocumentSource, types: AttributeTypes): readonly Finding[] {
  const tests = ['attributes.*.*', 'attributes.*.not.*'].flatMap((pattern) =>
    valuesInConditions(source.content, pattern),
  );
  return tests.flatMap(({ path }) => {
    const [test = '', name = ''] = [String(path.at(-1)), String(path.at(path.at(-2) === 'not' ? -3 : -2))];
    const [needed, type] = [typeOfTest[test as keyof ValueTest], types.get(name)];
    if (needed === undefined || type === undefined || type === needed) return [];
    return [
      source.finding('type_mismatch', path, `compares a ${needed}, and \`${name}\` is a ${type}: no value can pass`),
    ];
  });
}
