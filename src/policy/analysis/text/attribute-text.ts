/** Values of attributes as the option `--attribute` of `explain` takes them. */
import type { AttributeValue } from '../../../core/model/conditions.ts';

/** A number that is written shortly enough to be exact, or as JavaScript writes it: 1.2e-8, and no 007. */
function isNumber(text: string): boolean {
  const isPlain = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text);
  return isPlain || (/^-?\d/.test(text) && String(Number(text)) === text);
}

/** A value in double quotes is always a text. */
export function attributeValueOf(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return isNumber(text) ? Number(text) : text.replace(/^"(.*)"$/s, '$1');
}

/** What `--attribute` takes for this value. A list that its members do not show to be one begins as an empty one. */
export function attributePairs(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [`${name}=${textOf(value)}`];
  const members = value.map((member) => `${name}=${textOf(member)}`);
  return value.length > 1 ? members : [`${name}=[]`, ...members];
}

/** A text that would be read as something else stands in quotes. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return value === '[]' || attributeValueOf(value) !== value ? `"${value}"` : value;
}
