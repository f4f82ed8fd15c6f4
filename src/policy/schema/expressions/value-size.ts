/** How large values are that expressions read: what an operation on them takes depends on it. */
import type { AttributeType } from '../../../core/model/attribute.ts';
import type { RuleFacts } from '../../../core/model/facts.ts';
import { greatestMaxLength } from '../../../core/profile/attribute-value.ts';

/** Of a list, a record or a text. A number, a truth value and a time have no size. */
export interface ValueSize {
  /** Of a list: its members. Of a record: its fields. */
  readonly members: number;
  /** Of the largest member. Undefined: it has no size. */
  readonly member?: ValueSize;
  /** Of a text: its length (UTF-16 units). */
  readonly text: number;
}

export const noSize: ValueSize = { members: 0, text: 0 };

export function textSize(text: number): ValueSize {
  return { members: 0, text };
}

/** What is never smaller than either. */
export function largerSize(one: ValueSize, other: ValueSize): ValueSize {
  const member = one.member && other.member ? largerSize(one.member, other.member) : (one.member ?? other.member);
  return {
    members: Math.max(one.members, other.members),
    ...(member && { member }),
    text: Math.max(one.text, other.text),
  };
}

/** Sizes by the names that an expression reads, such as `user.groups`. Undefined: nothing is there. */
export type FactSizes = (path: string) => ValueSize | undefined;

/** The most groups of a user for whom every decision stays within its time. */
const mostGroups = 500;
/** A list in the profile has no more members. More scopes, `acr` values, identifiers or zones are unusual. */
const mostMembers = 100;
/** A usual length of a name: of a group, a scope, a zone, an identifier, an app. */
const nameLength = 32;

const names: ValueSize = { members: mostMembers, member: textSize(nameLength), text: 0 };
const groups: ValueSize = { ...names, members: mostGroups };
/** The user, the profile or another variable as a whole. */
const record: ValueSize = { members: mostMembers, member: groups, text: 0 };

const builtIn: ReadonlyMap<string, ValueSize> = new Map([
  ['user.groups', groups],
  ...['user.identifiers', 'request.scopes', 'request.acrValues'].map((path) => [path, names] as const),
  ...['user', 'user.profile', 'request', 'network', 'device'].map((path) => [path, record] as const),
  ...['user.createdAt', 'now', 'device.known'].map((path) => [path, noSize] as const),
]);

/** What the values of an attribute may be. `type`: undefined for anything. `maxLength`: of each text. */
export interface AttributeLimits {
  readonly type: AttributeType | undefined;
  readonly maxLength: number;
}

/** Of an attribute of which nothing is known. */
export const largestAttribute: AttributeLimits = { type: undefined, maxLength: greatestMaxLength };

/**
 * The most that users have of everything, but for those of `hasUnusualSizes`. `zoneCount`: of all zones that there are.
 */
export function assumedSizes(limitsOf: (attribute: string) => AttributeLimits, zoneCount = mostMembers): FactSizes {
  const zones = { ...names, members: Math.min(zoneCount, mostMembers) };
  return (path) => {
    if (path === 'network.zones') return zones;
    const [, profile, attribute] = path.split('.');
    const isAttribute = path.startsWith('user.') && profile === 'profile' && attribute !== undefined;
    return isAttribute ? attributeSize(limitsOf(attribute)) : (builtIn.get(path) ?? textSize(nameLength));
  };
}

function attributeSize({ type, maxLength: text }: AttributeLimits): ValueSize {
  const list = { members: mostMembers, member: textSize(text) };
  if (type === undefined) return { ...list, text };
  if (type === 'list') return { ...list, text: 0 };
  return type === 'number' || type === 'boolean' ? noSize : textSize(text);
}

/** Of the values that expressions are evaluated with. Each is measured once. */
export function actualSizes(context: object): FactSizes {
  const known = new Map<string, ValueSize | undefined>();
  return (path) => {
    if (known.has(path)) return known.get(path);
    const value = path.split('.').reduce<unknown>(fieldOf, context);
    const size = value === undefined ? undefined : sizeOfValue(value);
    known.set(path, size);
    return size;
  };
}

function fieldOf(value: unknown, field: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, field);
  return isThere ? Reflect.get(value, field) : undefined;
}

function sizeOfValue(value: unknown): ValueSize {
  if (typeof value === 'string') return textSize(value.length);
  if (typeof value !== 'object' || value === null || value instanceof Date) return noSize;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  const texts = members.reduce<number>(
    (most, text) => (typeof text === 'string' ? Math.max(most, text.length) : most),
    0,
  );
  const others = members.filter((member) => typeof member === 'object').map(sizeOfValue);
  return { members: members.length, member: others.reduce(largerSize, textSize(texts)), text: 0 };
}

/** Whether anything is larger than `assumedSizes` says, when attributes may hold anything of `largestAttribute`. */
export function hasUnusualSizes({ subject, request, network }: RuleFacts): boolean {
  if ([request.scopes, request.acrValues, network.zones].some(areUnusual)) return true;
  if (subject === undefined) return false;
  if (subject.groups.length > mostGroups || areUnusual(subject.identifiers)) return true;
  return Object.values(subject.profile).some((value) => {
    return Array.isArray(value) ? value.length > mostMembers : String(value).length > largestAttribute.maxLength;
  });
}

/** Whether a list has more members than such lists usually have, or longer ones. */
export function areUnusual(texts: readonly string[]): boolean {
  return texts.length > mostMembers || texts.reduce((sum, { length }) => sum + length, 0) > mostMembers * nameLength;
}
