/** The zones that an address may be in, where some could not be looked up, as far as an expression tells them apart. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { RuleFacts } from '../../../core/model/facts.ts';
import { childrenOf, macros, pathOf } from './expression-environment.ts';
import { comparedWith, constantIn } from './fact-logic.ts';

/** How an expression reads `network.zones`: it asks only whether these names are in the list, or it reads anything. */
export type ZonesRead = readonly string[] | 'any';

const zonesPath = 'network.zones';

/** The most zones that are tried. What more of them come to is not known. */
const mostTried = 6;

/** Each list that `network.zones` may be. Undefined: there are too many. */
export function possibleZones(
  { zones, unknownZones = [] }: RuleFacts['network'],
  read: ZonesRead,
): readonly (readonly string[])[] | undefined {
  const tried = read === 'any' ? unknownZones : unknownZones.filter((zone) => read.includes(zone));
  if (tried.length > mostTried) return undefined;
  return tried.reduce<readonly (readonly string[])[]>(
    (lists, zone) => lists.flatMap((list) => [list, [...list, zone]]),
    [zones],
  );
}

/** By name: the texts that a member of a list of constants may be. Undefined: the list is another one. */
type Members = ReadonlyMap<string, readonly string[] | undefined>;

/** Empty: it reads no zones. */
export function zonesReadBy(node: ASTNode, members: Members = new Map()): ZonesRead {
  const path = pathOf(node);
  if (path !== undefined) return path === 'network' || path.startsWith(zonesPath) ? 'any' : [];
  if (node.op === 'in' && pathOf(node.args[1]) === zonesPath) return namesOf(node.args[0], members) ?? 'any';
  return memberTest(node) ?? together(childrenOf(node).map((child) => zonesReadBy(child, membersIn(node, members))));
}

function together(parts: readonly ZonesRead[]): ZonesRead {
  return parts.includes('any') ? 'any' : parts.flat();
}

/** `"office"`, or `z` in `["office", "home"].exists(z, z in network.zones)`. */
function namesOf(node: ASTNode, members: Members): readonly string[] | undefined {
  return node.op === 'id' ? members.get(node.args) : textsIn([node]);
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
