/** The option `--attribute` of `explain` and of `users add`: attributes of a user, as they are typed. */
import type { AttributeSchema } from '../../../core/model/attribute.ts';
import { membersOf } from '../../../policy/analysis/text/attribute-text.ts';
import { nameFault } from '../../../users/ports/profile-rules.ts';
import { refusal } from './refusal.ts';

/**
 * By name: a list of its members, or one value as it is written. It is a list if the schema says so, if the name is
 * given more than once, and if the value is `[]`. Throws a refusal.
 */
export function attributesFromPairs(
  pairs: readonly string[],
  { attributes }: Pick<AttributeSchema, 'attributes'>,
): ReadonlyMap<string, string | readonly string[]> {
  const byName = Map.groupBy(pairs.map(nameAndValue), ([name]) => name);
  const givenFor = (name: string): string | readonly string[] => {
    const type = Object.hasOwn(attributes, name) ? attributes[name]?.type : undefined;
    const [only = '', ...others] = (byName.get(name) ?? []).map(([, value]) => value);
    const isOne = others.length === 0 && only !== '[]';
    if (type !== 'list' && isOne) return only;
    if (type !== undefined && type !== 'list') throw refusal(`\`${name}\` is no list: give one value`);
    return [only, ...others].flatMap(membersOf);
  };
  return new Map([...byName.keys()].map((name) => [name, givenFor(name)]));
}

function nameAndValue(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw refusal(`--attribute takes name=value, not ${text}`);
  const fault = nameFault(name);
  if (fault !== undefined) throw refusal(`--attribute ${name}: ${fault}`);
  return [name, value];
}
