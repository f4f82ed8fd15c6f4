/** The option `--attribute` of `explain` and of `users add`: attributes of a user, as they are typed. */
import type { Attribute, AttributeSchema } from '../../../core/model/attribute.ts';
import type { AttributeValue } from '../../../core/model/conditions.ts';
import { attributeValueOf, membersOf, quotedText } from '../../../policy/analysis/text/attribute-text.ts';
import { nameFault } from '../../../users/ports/profile-rules.ts';
import { refusal } from './refusal.ts';

/**
 * By name: a list of its members, or one value. It is a list if the schema says so, if the name is given more than
 * once, and if the value is `[]`. What the schema declares is given as its type is typed: `3` is a text or a number.
 * `undeclared` reads one value of any other attribute. Throws a refusal.
 */
export function attributesFromPairs(
  pairs: readonly string[],
  { attributes }: Pick<AttributeSchema, 'attributes'>,
  undeclared: (text: string) => AttributeValue,
): ReadonlyMap<string, AttributeValue | readonly string[]> {
  const byName = Map.groupBy(pairs.map(nameAndValue), ([name]) => name);
  const givenFor = (name: string): AttributeValue | readonly string[] => {
    const type = Object.hasOwn(attributes, name) ? attributes[name]?.type : undefined;
    const [only = '', ...others] = (byName.get(name) ?? []).map(([, value]) => value);
    const isOne = others.length === 0 && only !== '[]';
    if (type !== 'list' && isOne) return type === undefined ? undeclared(only) : valueOfType(type, only);
    if (type !== undefined && type !== 'list') throw refusal(`\`${name}\` is no list: give one value`);
    return [only, ...others].flatMap(membersOf);
  };
  return new Map([...byName.keys()].map((name) => [name, givenFor(name)]));
}

/** A number as examples write it, such as 1.2e-8, is none that a form takes. */
function valueOfType(type: Attribute['type'], text: string): AttributeValue {
  const value = attributeValueOf(text);
  return type === 'number' && typeof value === 'number' ? value : unquoted(text);
}

/** The text, without the double quotes around it if there are some. */
export function unquoted(text: string): string {
  return quotedText(text) ?? text;
}

function nameAndValue(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw refusal(`--attribute takes name=value, not ${text}`);
  const fault = nameFault(name);
  if (fault !== undefined) throw refusal(`--attribute ${name}: ${fault}`);
  return [name, value];
}
