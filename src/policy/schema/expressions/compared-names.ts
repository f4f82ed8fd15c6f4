/** Names in an expression that it compares with what only has names of the configuration: `"staff" in user.groups`. */
import { type ASTNode, ParseError } from '@marcbachmann/cel-js';
import { childrenOf, macros, untypedEnvironment } from './expression-environment.ts';

/** What a text of the sign-in names. */
export type NamedThing =
  | 'group'
  | 'zone'
  | 'app'
  | 'scope'
  | 'platform'
  | 'operating system'
  | 'identifier'
  | 'address'
  | { readonly attribute: string };

/** What compares a part of a text. */
export type PartTest = 'startsWith' | 'endsWith' | 'contains';

export interface ComparedName {
  readonly thing: NamedThing;
  /** Composed (NFC), as where the expression is evaluated. */
  readonly name: string;
  /** It is compared with a part of the text, by this. Absent: with the whole. */
  readonly part?: PartTest;
  /** In UTF-16 units from the beginning of the expression. */
  readonly offset: number;
}

const things: ReadonlyMap<string, NamedThing> = new Map([
  ['user.groups', 'group'],
  ['user.identifiers', 'identifier'],
  ['network.ip', 'address'],
  ['network.zones', 'zone'],
  ['request.clientId', 'app'],
  ['request.scopes', 'scope'],
  ['device.platform', 'platform'],
  ['device.os', 'operating system'],
]);

/** A member of a list that is tested. */
interface Member {
  /** What it is, in `user.groups.exists(g, g == "staff")`. */
  readonly thing: NamedThing | undefined;
  /** The list, which may have the names in it: `["staff"].exists(g, g in user.groups)`. */
  readonly list: ASTNode;
}

/** By its name in the expression. */
type Members = ReadonlyMap<string, Member>;

const partTests: readonly PartTest[] = ['startsWith', 'endsWith', 'contains'];

/** In the order of the text. An expression that cannot be read has none. */
export function comparedNames(written: string): readonly ComparedName[] {
  try {
    const names = namesIn(untypedEnvironment.parse(written).ast, new Map());
    return names.filter(isOneThing(names)).toSorted((one, other) => one.offset - other.offset);
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}

/** A member of a constant list may be the name of this or of that: `n in user.groups || n in network.zones`. */
function isOneThing(names: readonly ComparedName[]): (name: ComparedName) => boolean {
  const namesAt = Map.groupBy(names, ({ offset }) => offset);
  return ({ thing, offset }) => namesAt.get(offset)?.every((name) => name.thing === thing) ?? true;
}

function namesIn(node: ASTNode, members: Members): readonly ComparedName[] {
  const known = membersIn(node, members);
  const inner = childrenOf(node).flatMap((child) => namesIn(child, known));
  const part = node.op === 'rcall' ? partTests.find((test) => test === node.args[0]) : undefined;
  if (node.op === 'rcall' && part !== undefined) {
    const [, tested, [text]] = node.args;
    const parts = text === undefined ? [] : namesBeside(text, thingOf(tested, members), members);
    return [...inner, ...parts.map((name) => ({ ...name, part }))];
  }
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return inner;
  const [left, right] = node.args;
  return [
    ...inner,
    ...namesBeside(left, thingOf(right, members), members),
    ...namesBeside(right, thingOf(left, members), members),
  ];
}

/** `"a"`, or each of `["a", "b"]`, or of such a list whose member is tested. */
function namesBeside(node: ASTNode, thing: NamedThing | undefined, members: Members): readonly ComparedName[] {
  if (thing === undefined) return [];
  if (node.op === 'list') return node.args.flatMap((argument) => namesBeside(argument, thing, members));
  const list = node.op === 'id' ? members.get(node.args)?.list : undefined;
  if (list?.op === 'list') return namesBeside(list, thing, new Map());
  // With the empty text an expression asks whether there is a name at all.
  if (node.op !== 'value' || typeof node.args !== 'string' || node.args === '') return [];
  return [{ thing, name: node.args.normalize('NFC'), offset: node.range.start }];
}

function thingOf(node: ASTNode, members: Members): NamedThing | undefined {
  if (node.op === 'id') return members.get(node.args)?.thing;
  // The first of several.
  if (node.op === '[]') return thingOf(node.args[0], members);
  if (node.op !== '.') return undefined;
  const [base, field] = node.args;
  if (base.op === 'id') return members.has(base.args) ? undefined : things.get(`${base.args}.${field}`);
  const isProfile = base.op === '.' && base.args[1] === 'profile' && base.args[0].op === 'id';
  return isProfile && base.args[0].args === 'user' ? { attribute: field } : undefined;
}

function membersIn(node: ASTNode, members: Members): Members {
  if (node.op !== 'rcall' || !macros.has(node.args[0])) return members;
  const [, list, [member]] = node.args;
  return member?.op === 'id' ? new Map([...members, [member.args, { thing: thingOf(list, members), list }]]) : members;
}
