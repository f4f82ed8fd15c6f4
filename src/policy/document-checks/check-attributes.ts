/** Finds what no value of an attribute can be: an option that cannot be chosen, and a pattern that nothing matches. */
import type { Attribute } from '../../core/model/attribute.ts';
import { type AttributeFault, defaultMaxLength, readAttribute } from '../../core/profile/attribute-value.ts';
import type { Finding } from '../model/finding.ts';
import { standardAttributes } from '../model/standard-attributes.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/** Works on data whose shape was not checked: what the schema refuses is skipped here. */
export function checkAttributes({ kind, source }: DocumentSource): readonly Finding[] {
  if (kind !== 'settings') return [];
  return valuesAt(source.content, 'attributes.*').flatMap(({ path, value }) => {
    const attribute = attributeOf(String(path.at(-1)), value);
    const options = attribute.type === 'text' ? valuesAt(value, 'options.*.value') : [];
    return [
      ...options.flatMap(({ path: within, value: option }) => {
        const fault = typeof option === 'string' ? optionFault(attribute, option) : undefined;
        return fault === undefined ? [] : [source.finding('invalid_value', [...path, ...within], fault)];
      }),
      ...valuesAt(value, 'matches').flatMap(({ value: pattern }) => {
        const fault = typeof pattern === 'string' ? patternFault(attribute, pattern) : undefined;
        return fault === undefined ? [] : [source.finding('invalid_value', [...path, 'matches'], fault)];
      }),
    ];
  });
}

/** Limits that are no numbers and patterns that are no texts are left to the schema. */
function attributeOf(name: string, written: unknown): Attribute {
  const own = (written ?? {}) as Readonly<Record<string, unknown>>;
  const standard = Object.hasOwn(standardAttributes, name) ? standardAttributes[name] : undefined;
  const limits = Object.entries(own).filter(([key, value]) => {
    return (key === 'minLength' || key === 'maxLength') && typeof value === 'number';
  });
  const { type, matches } = own;
  return {
    ...(standard ?? { type: 'text', read: 'user', write: 'admin' }),
    ...(typeof type === 'string' && { type: type as Attribute['type'] }),
    ...Object.fromEntries(limits),
    ...(typeof matches === 'string' && { matches }),
  };
}

const keptAs = 'values are kept without spaces around them, and composed (Unicode NFC)';

function optionFault(attribute: Attribute, option: string): string | undefined {
  const read = readAttribute(attribute, option);
  if (!read.ok) return `can never be chosen: ${reasonOf(read.fault, attribute)}`;
  return read.value === option ? undefined : `can never be chosen: ${keptAs}`;
}

function reasonOf(fault: AttributeFault, { minLength, maxLength = defaultMaxLength, matches }: Attribute): string {
  switch (fault) {
    case 'too_short':
      return `it is shorter than ${minLength} characters`;
    case 'too_long':
      return `it is longer than ${maxLength} characters`;
    case 'not_matching':
      return `it does not match \`${matches}\``;
    case 'required':
      return 'it is empty';
    default:
      return 'it has characters that no value may have';
  }
}

/** The shortest text of the pattern is the one without its stars. */
function patternFault({ matches: _own, minLength: _least, ...attribute }: Attribute, pattern: string) {
  if (pattern.trim() !== pattern || pattern.normalize('NFC') !== pattern) return `can never match: ${keptAs}`;
  const shortest = pattern.replaceAll('*', '');
  const read = readAttribute({ ...attribute, type: 'text' }, shortest);
  const never = !read.ok && (read.fault === 'too_long' || read.fault === 'forbidden_character');
  return never ? `can never match: ${reasonOf(read.fault, attribute)}` : undefined;
}
