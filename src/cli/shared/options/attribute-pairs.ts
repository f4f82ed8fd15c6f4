/** The option `--attribute` of `explain` and of `users add`: attributes of a user, as they are typed. */
import type { Attribute, AttributeSchema } from '../../../core/model/attribute.ts';
import type { AttributeValue } from '../../../core/model/conditions.ts';
import { attributeValueOf, membersOf, quotedText } from '../../../policy/analysis/text/attribute-text.ts';
import { nearestName } from '../../../policy/source/nearest-name.ts';
import { nameFault } from '../../../users/ports/profile-rules.ts';
import { knownName, refusal } from './refusal.ts';

/**
 * By name: a list of its members, or one value. It is a list if the schema says so, if the name is given more than
 * once, and if the value is `[]`. What the schema declares is given as its type is typed: `3` is a text or a number.
 * Where other attributes are allowed, the value shows the type of theirs: `3` is a number, and `"3"` a text. Throws a
 * refusal.
 */
export function attributesFromPairs(
  pairs: readonly string[],
  { attributes, closed }: AttributeSchema,
): ReadonlyMap<string, AttributeValue | readonly string[]> {
  const byName = Map.groupBy(pairs.map(nameAndValue), ([name]) => name);
  const givenFor = (name: string): AttributeValue | readonly string[] => {
    const type = Object.hasOwn(attributes, name) ? attributes[name]?.type : undefined;
    const [only = '', ...others] = (byName.get(name) ?? []).map(([, value]) => value);
    const isOne = others.length === 0 && only !== '[]';
    if (type !== 'list' && isOne) return type === undefined ? attributeValueOf(only) : valueOfType(type, only);
    if (type !== undefined && type !== 'list') throw refusal(`\`${name}\` is no list: give one value`);
    return [only, ...others].flatMap(membersOf);
  };
  if (closed) for (const name of byName.keys()) knownName('attribute', name, Object.keys(attributes));
  return new Map([...byName.keys()].map((name) => [name, givenFor(name)]));
}

/** A line for each attribute that the schema allows and does not declare: it may be misspelled, or of another type. */
export function undeclaredAttributes(pairs: readonly string[], schema: AttributeSchema): string {
  const declared = Object.keys(schema.attributes);
  return [...attributesFromPairs(pairs, schema)]
    .filter(([name]) => !declared.includes(name))
    .map(([name, value]) => {
      const near = nearestName(name, declared);
      const asWhat = `user has it as a ${nameOfType(value)}`;
      const rest = near ? `; did you mean \`${near}\`? The ${asWhat}` : `: the ${asWhat}`;
      return `warning: stepgate.yaml declares no attribute \`${name}\`${rest}\n`;
    })
    .join('');
}

function nameOfType(value: AttributeValue | readonly string[]): Attribute['type'] {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'list';
}

/** A number as examples write it, such as 1.2e-8, is none that a form takes. */
function valueOfType(type: Attribute['type'], text: string): AttributeValue {
  const value = attributeValueOf(text);
  return type === 'number' && typeof value === 'number' ? value : unquoted(text);
}

/** The text, without the double quotes around it if there are some. */
function unquoted(text: string): string {
  return quotedText(text) ?? text;
}

function nameAndValue(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw refusal(`--attribute takes name=value, not ${text}`);
  const fault = nameFault(name);
  if (fault !== undefined) throw refusal(`--attribute ${name}: ${fault}`);
  return [name, value];
}
