/**
 * The zones that an address may be in, where some could not be looked up, as far as an expression tells them apart. See
 * decision 149.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { RuleFacts } from '../../../core/model/facts.ts';
import { childrenOf, macros, pathOf } from './expression-environment.ts';
import { comparedWith, constantIn } from './fact-logic.ts';

/**
 * How the result depends on whether the address is in a zone. `rises`: being in it can turn a miss into an error or a
 * hit, or an error into a hit, and never the other way round. `falls`: the contrary. `any`: nothing is known.
 */
type Dependence = 'rises' | 'falls' | 'any';

/** How an expression reads `network.zones`. */
export interface ZonesRead {
  /** By zone: those that it asks for by name. */
  readonly named: ReadonlyMap<string, Dependence>;
  /** Every other zone, and those, too. Absent: nothing depends on them. */
  readonly all?: Dependence;
}

const zonesPath = 'network.zones';

/** The most zones on which the result depends in any way that are tried. What more of them come to is not known. */
const mostTried = 6;

/**
 * Lists that `network.zones` may be: if the result is the same with each of them, it is with every possible one.
 * Undefined: there are too many.
 */
export function possibleZones(
  { zones, unknownZones = [] }: Pick<RuleFacts['network'], 'zones' | 'unknownZones'>,
  read: ZonesRead,
): readonly (readonly string[])[] | undefined {
  const {
    rises = [],
    falls = [],
    any = [],
  } = Object.groupBy(readAmong(unknownZones, read), (zone) => dependenceOn(zone, read) ?? 'none');
  if (any.length > mostTried) return undefined;
  // Where more zones make it rise or fall, the result lies between those at both ends.
  const ends = rises.length + falls.length > 0 ? [falls, rises] : [[]];
  const known = readAmong(zones, read);
  return any.reduce<readonly (readonly string[])[]>(
    (lists, zone) => lists.flatMap((list) => [list, [...list, zone]]),
    ends.map((end) => [...known, ...end]),
  );
}

/** Those of the zones on which the result depends: of many zones, most expressions name one or two. */
function readAmong(zones: readonly string[], read: ZonesRead): readonly string[] {
  return read.all === undefined ? namedAmong(zones, read) : zones;
}

function namedAmong(zones: readonly string[], { named }: ZonesRead): readonly string[] {
  const among = sets.get(zones) ?? new Set(zones);
  sets.set(zones, among);
  return [...named.keys()].filter((zone) => among.has(zone));
}

/** Cached by the list: many expressions in a row ask about the same zones. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function dependenceOn(zone: string, { named, all }: ZonesRead): Dependence | undefined {
  return either(named.get(zone), all);
}

/** How it depends on a zone by two parts. */
function either(one: Dependence | undefined, other: Dependence | undefined): Dependence | undefined {
  return one === undefined || other === undefined || one === other ? (one ?? other) : 'any';
}

export function readsZones({ named, all }: ZonesRead): boolean {
  return named.size > 0 || all !== undefined;
}

/** How many lists are tried at most where no zone is known. `zones`: all that there are. */
export function mostPossibleZones(zones: readonly string[], read: ZonesRead): number {
  const { named, all } = read;
  const asked = namedAmong(zones, read).map((zone) => either(named.get(zone), all));
  const others = all === undefined ? 0 : zones.length - asked.length;
  const compared = asked.filter((dependence) => dependence === 'any').length;
  const tried = compared + (all === 'any' ? others : 0);
  const hasEnds = compared < asked.length || (all !== 'any' && others > 0);
  return 2 ** Math.min(mostTried, tried) * (hasEnds ? 2 : 1);
}

/** By name: the texts that a member of a list of constants may be. Undefined: the list is another one. */
type Members = ReadonlyMap<string, readonly string[] | undefined>;

/** How the result of an expression depends on zones, without names that make no difference. */
export function zonesReadBy(expression: ASTNode): ZonesRead {
  const { named, all } = readByNode(expression);
  const different = [...named].filter(([, dependence]) => either(dependence, all) !== all);
  return { named: new Map(different), ...(all && { all }) };
}

/** How the value of a node does. */
function readByNode(node: ASTNode, members: Members = new Map()): ZonesRead {
  const path = pathOf(node);
  if (path !== undefined) return path === 'network' || path.startsWith(zonesPath) ? anyZones : noZones;
  const asked = namesAsked(node, members);
  if (asked !== undefined) return { named: new Map(asked.map((zone) => [zone, 'rises'])) };
  const own = dependencesOf(node);
  const parts = childrenOf(node).map((child) => {
    // More zones are more members, of which one may hold it, or not all do.
    const list = pathOf(child) === zonesPath ? own.get(child) : undefined;
    if (list !== undefined) return { named: new Map(), all: list };
    return throughPart(readByNode(child, membersIn(node, members)), own.get(child) ?? 'any');
  });
  return parts.reduce(together, noZones);
}

const noZones: ZonesRead = { named: new Map() };
const anyZones: ZonesRead = { ...noZones, all: 'any' };

/** How the value of a node depends on those of its parts that are a miss, an error or a hit. Absent: in any way. */
function dependencesOf(node: ASTNode): ReadonlyMap<ASTNode, Dependence> {
  switch (node.op) {
    // An error counts only where no other part decides: they are the least and the greatest of their parts.
    case '&&':
    case '||':
      return new Map(node.args.map((part) => [part, 'rises']));
    case '!_':
      return new Map([[node.args, 'falls']]);
    case '?:':
      return new Map(node.args.slice(1).map((part) => [part, 'rises']));
    case 'in':
      return new Map([[node.args[1], 'rises']]);
    case 'rcall': {
      const [name, list, [, ...tests]] = node.args;
      if (name !== 'exists' && name !== 'all') return new Map();
      return new Map([[list, name === 'exists' ? 'rises' : 'falls'], ...tests.map((test) => [test, 'rises'] as const)]);
    }
    default:
      return new Map();
  }
}

function throughPart({ named, all }: ZonesRead, by: Dependence): ZonesRead {
  const opposite = { rises: 'falls', falls: 'rises', any: 'any' } as const;
  const through = (dependence: Dependence) => {
    if (by === 'any') return 'any';
    return by === 'rises' ? dependence : opposite[dependence];
  };
  return {
    named: new Map(Array.from(named, ([zone, dependence]) => [zone, through(dependence)])),
    ...(all && { all: through(all) }),
  };
}

function together(one: ZonesRead, other: ZonesRead): ZonesRead {
  const named = new Map(one.named);
  for (const [zone, dependence] of other.named) named.set(zone, either(named.get(zone), dependence) ?? dependence);
  const all = either(one.all, other.all);
  return { named, ...(all && { all }) };
}

/** The zones of which a node asks only whether they are in the list. */
function namesAsked(node: ASTNode, members: Members): readonly string[] | undefined {
  if (node.op !== 'in' || pathOf(node.args[1]) !== zonesPath) return memberTest(node);
  const [asked] = node.args;
  // `"office"`, or `z` in `["office", "home"].exists(z, z in network.zones)`.
  return asked.op === 'id' ? members.get(asked.args) : textsIn([asked]);
}

/** `network.zones.exists(z, z == "office")`. In other tests of each member, a zone without a name there may count. */
function memberTest(node: ASTNode): readonly string[] | undefined {
  if (node.op !== 'rcall' || node.args[0] !== 'exists' || pathOf(node.args[1]) !== zonesPath) return undefined;
  const [member, asked] = node.args[2];
  const values = member?.op === 'id' && asked ? comparedWith(member.args, asked) : undefined;
  return values?.every((value) => typeof value === 'string') ? values : undefined;
}

function membersIn(node: ASTNode, members: Members): Members {
  if (node.op !== 'rcall' || !macros.has(node.args[0])) return members;
  const [, list, [member]] = node.args;
  const texts = list.op === 'list' ? textsIn(list.args) : undefined;
  return member?.op === 'id' ? new Map([...members, [member.args, texts]]) : members;
}

/** Undefined: one of them is no text that is the same in every sign-in. */
function textsIn(nodes: readonly ASTNode[]): readonly string[] | undefined {
  const texts = nodes.map(constantIn);
  return texts.every((text) => typeof text === 'string') ? texts : undefined;
}
