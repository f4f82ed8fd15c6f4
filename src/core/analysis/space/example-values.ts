/** Values that users of an example could have, so that a part of an expression holds for them or does not. */
import type { Attribute } from '../../model/attribute.ts';
import type { AttributeValue, ExpressionPart } from '../../model/conditions.ts';
import { oneDay, oneHour } from '../../model/durations.ts';
import { mailAddress } from '../../model/mail-address.ts';
import type { Universe, UserFacts } from '../../policy/theories/theory.ts';

/** Facts that differ in one value. */
export type ChangedValue = (facts: UserFacts) => UserFacts;

type Constants = Pick<ExpressionPart, 'texts' | 'numbers'>;

const profile = 'user.profile.';

/** Other values of the fact that the path reads, the plainest first. Empty: none are known. */
export function otherValues(path: string, constants: Constants, universe: Universe): readonly ChangedValue[] {
  if (path.startsWith(profile)) return attributeValues(path.slice(profile.length), constants, universe);
  switch (path) {
    case 'user.identifiers':
      return otherIdentifiers(constants).map((identifiers) => ofSubject(() => ({ identifiers })));
    case 'user.groups':
      return groupsFrom(constants).map((more) => ofSubject(({ groups }) => ({ groups: [...groups, ...more] })));
    case 'user.userType':
      return textsFrom(constants).map((userType) => ofSubject(() => ({ userType })));
    case 'user.createdAt':
      return ages.map((age) => (facts) => ofSubject(() => ({ createdAt: facts.now - age }))(facts));
    case 'network.ip':
    case 'network.zones':
      return universe.places
        .filter(({ isRuledOut }) => !isRuledOut)
        .map((network) => (facts) => ({ ...facts, network }));
    case 'now':
      return later.map((seconds) => (facts) => ({ ...facts, now: facts.now + seconds }));
    default:
      return [];
  }
}

function ofSubject(changed: (subject: UserFacts['subject']) => Partial<UserFacts['subject']>): ChangedValue {
  return ({ subject, ...facts }) => ({ ...facts, subject: { ...subject, ...changed(subject) } });
}

const ages = [60, oneDay, 30 * oneDay, 400 * oneDay];

/** Each hour of a day, each day of a week, and each month of a year. */
const later = [
  ...Array.from({ length: 23 }, (_, index) => (index + 1) * oneHour),
  ...Array.from({ length: 6 }, (_, index) => (index + 1) * oneDay),
  ...Array.from({ length: 11 }, (_, index) => (index + 1) * 30 * oneDay),
];

const mostTexts = 40;
const longest = 64;

/** The constants, texts around them, and texts of the lengths that are named. */
function textsFrom({ texts, numbers }: Constants): readonly string[] {
  const around = texts.flatMap((text) => [text, `x${text}`, `${text}x`, text.toLowerCase(), text.toUpperCase()]);
  const sizes = numbers.filter((number) => Number.isInteger(number) && number >= 0 && number < longest);
  const sized = sizes
    .flatMap((size) => [size + 1, size, size - 1])
    .flatMap((size) => (size > 0 ? 'x'.repeat(size) : []));
  const written = numbers.flatMap((number) => [number, number + 1, number - 1].map(String));
  const all = ['example', ...around, ...sized, ...written, ...dates];
  return [...new Set(all)].filter((text) => text.trim() !== '').slice(0, mostTexts);
}

const dates = ['2020-01-31', '2040-01-31'];

/** All identifiers of one user, of whom a part with these constants may say something else than of others. */
export function otherIdentifiers(constants: Constants): readonly (readonly string[])[] {
  return lists(identifiersFrom(constants), constants);
}

/** Addresses, and what the constants say of other names. No account has one with capital letters. */
function identifiersFrom({ texts, numbers }: Constants): readonly string[] {
  const parts = texts.filter((text) => text.trim() !== '');
  const around = parts.flatMap((text) => {
    if (text.includes('@') && !text.startsWith('@') && !text.endsWith('@')) return [text];
    if (text.startsWith('@')) return [`user${text}`];
    const domains = [`user@${text}`, `user@example${text}`, `user@${text}example.com`];
    return [...domains, `${text}@example.com`, `${text}user@example.com`, `user${text}@example.com`];
  });
  const all = new Set(['user@example.com', ...around, ...textsFrom({ texts: parts, numbers })]);
  return [...all].filter((text) => isName(text) && isIdentifier(text)).slice(0, mostTexts);
}

/** The domain of an address is no number: it would be an IPv4 address. */
function isIdentifier(text: string): boolean {
  if (text !== text.toLowerCase() || /\s/.test(text)) return false;
  return !text.includes('@') || (mailAddress(text) === text && !/[@.]\d+$/.test(text));
}

/** Options of `explain` take lists of names with commas between them. */
function isName(text: string): boolean {
  return !text.includes(',') && text.trim() === text;
}

/** Groups besides those that the user has. */
function groupsFrom(constants: Constants): readonly (readonly string[])[] {
  return lists(textsFrom(constants).filter(isName), constants);
}

const mostMembers = 5;

/** Lists with one of the values, and lists of the lengths that are named. */
function lists(values: readonly string[], { numbers }: Pick<Constants, 'numbers'>): readonly (readonly string[])[] {
  const [first = 'example'] = values;
  const more = [first, ...Array.from({ length: mostMembers - 1 }, (_, index) => numbered(first, index + 2))];
  const sizes = numbers.flatMap((size) => [size, size + 1, size - 1]);
  const sized = [...new Set(sizes)].filter((size) => size > 1 && size <= mostMembers && Number.isInteger(size));
  return [...values.map((value) => [value]), ...sized.map((size) => more.slice(0, size))];
}

/** `user2@example.com`, `example2`. */
function numbered(text: string, number: number): string {
  const [name = '', ...rest] = text.split('@');
  return [`${name}${number}`, ...rest].join('@');
}

function attributeValues(name: string, constants: Constants, universe: Universe): readonly ChangedValue[] {
  const attribute = universe.attribute(name);
  const single = singleValues(attribute, constants).filter((value) => universe.isKept(name, value));
  const several = lists(
    textsFrom(constants).filter((text) => universe.isKept(name, text)),
    constants,
  );
  const values = attribute?.type === 'list' ? several : attribute === undefined ? [...single, ...several] : single;
  return values.map((value) => ofSubject((subject) => ({ profile: { ...subject.profile, [name]: value } })));
}

function singleValues(attribute: Attribute | undefined, constants: Constants): readonly AttributeValue[] {
  const numbers = [...new Set([1, ...constants.numbers.flatMap((number) => [number, number + 1, number - 1])])];
  if (attribute?.options) return attribute.options.map(({ value }) => value);
  switch (attribute?.type) {
    case 'number':
      return numbers;
    case 'boolean':
      return [true, false];
    case undefined:
      return [...textsFrom(constants), ...numbers, true, false];
    default:
      return textsFrom(constants);
  }
}
