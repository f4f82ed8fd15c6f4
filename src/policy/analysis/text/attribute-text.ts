/** Values of attributes as the option `--attribute` of `explain` and `users add` takes them. */
import type { AttributeValue } from '../../../core/model/conditions.ts';

/** A number that is written shortly enough to be exact, or as JavaScript writes it: 1.2e-8, and no 007. */
function isNumber(text: string): boolean {
  const isPlain = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text);
  return isPlain || (/^-?\d/.test(text) && String(Number(text)) === text);
}

/** A value in double quotes is always a text. */
export function attributeValueOf(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return isNumber(text) ? Number(text) : (quotedText(text) ?? text);
}

/** The text within double quotes. Undefined: there are none. */
export function quotedText(text: string): string | undefined {
  return /^"(.*)"$/s.exec(text)?.[1];
}

/** Members of a list, separated by `;` as in files of users. A value in double quotes is one; `[]` has none. */
export function membersOf(text: string): readonly string[] {
  const quoted = quotedText(text);
  if (quoted !== undefined) return [quoted];
  return text === '[]' ? [] : text.split(';').flatMap((part) => part.trim() || []);
}

/** What `--attribute` takes for this value. A list that its members do not show to be one begins as an empty one. */
export function attributePairs(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [`${name}=${textOf(value)}`];
  const members = value.map((member) => `${name}=${memberText(String(member))}`);
  return value.length > 1 ? members : [`${name}=[]`, ...members];
}

/** A text that would be read as something else stands in quotes. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return value === '[]' || attributeValueOf(value) !== value ? `"${value}"` : value;
}

function memberText(member: string): string {
  const [only, ...others] = membersOf(member);
  return only === member && others.length === 0 ? member : `"${member}"`;
}
