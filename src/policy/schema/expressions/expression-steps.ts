/**
 * How long an expression can take (decision 199). A step is the time for one part, 0.06 microseconds; how many of them
 * other work takes was measured. The worst case counts: each text is compared to its end, and each member is looked at.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { isConstant } from './constants.ts';
import { childrenOf, macros, pathOf, timeParts } from './expression-environment.ts';
import { readsWithoutGuard } from './optional-reads.ts';
import { type FactSizes, largerSize, noSize, textSize, type ValueSize } from './value-size.ts';

/** The most that an expression may take, and all those of a policy together: about 3 ms. */
export const mostSteps = 50_000;

/** What a part takes, how large its value is, and the innermost part that takes more than an expression may. */
interface Estimate {
  readonly steps: number;
  readonly size: ValueSize;
  readonly dearest?: ASTNode | undefined;
}

interface Surroundings {
  readonly sizes: FactSizes;
  /** Reads of what some users do not have. */
  readonly failing: ReadonlySet<ASTNode>;
  /** By name: a member of a list that is tested. */
  readonly members: ReadonlyMap<string, ValueSize>;
  /** What surrounds it goes on if it fails: it may fail many times. */
  readonly isCaught: boolean;
}

/** The most steps with values of these sizes, for any user. */
export function mostStepsFor(ast: ASTNode, sizes: FactSizes): Pick<Estimate, 'steps' | 'dearest'> {
  const failing = new Set(readsWithoutGuard(ast).map(({ node }) => node));
  const { steps, dearest } = workOf(ast, { sizes, failing, members: new Map(), isCaught: false });
  return { steps: stepsToBegin + steps, dearest };
}

/** The most steps with values of these sizes, for the user who has them. */
export function stepsWith(ast: ASTNode, sizes: FactSizes): number {
  return workOf(ast, { sizes, failing: new Set(), members: new Map(), isCaught: false }).steps;
}

function workOf(node: ASTNode, around: Surroundings): Estimate {
  const work = macroWork(node, around) ?? readWork(node, around) ?? operationWork(node, around);
  return work.dearest === undefined && work.steps > mostSteps ? { ...work, dearest: node } : work;
}

const stepsToBegin = 10;
const stepsForMember = 2;
/** An error has a message that shows the part of the expression. */
const stepsForFailure = 60;

/** A test of each member of a list. */
function macroWork(node: ASTNode, around: Surroundings): Estimate | undefined {
  if (node.op !== 'rcall' || !macros.has(node.args[0])) return undefined;
  const [name, tested, [member, ...tests]] = node.args;
  const list = workOf(tested, around);
  const { members: count, member: size = noSize } = list.size;
  const members = member?.op === 'id' ? new Map([...around.members, [member.args, size]]) : around.members;
  const works = tests.map((test) => workOf(test, { ...around, members, isCaught: true }));
  return {
    steps: 1 + list.steps + count * works.reduce((sum, { steps }) => sum + steps, stepsForMember),
    size: sizeOfTested(name, list.size, works.at(-1)?.size),
    dearest: dearestOf([list, ...works]),
  };
}

function sizeOfTested(name: string, list: ValueSize, mapped = noSize): ValueSize {
  if (name === 'map') return { members: list.members, member: mapped, text: 0 };
  return name === 'filter' ? list : noSize;
}

function dearestOf(works: readonly Estimate[]): ASTNode | undefined {
  return works.find(({ dearest }) => dearest)?.dearest;
}

/** A constant, or a name that is read. */
function readWork(node: ASTNode, { sizes, failing, members, isCaught }: Surroundings): Estimate | undefined {
  if (node.op === 'value') return { steps: 1, size: textSize(typeof node.args === 'string' ? node.args.length : 0) };
  const [variable, ...fields] = pathOf(node)?.split('.') ?? [];
  if (variable === undefined) return undefined;
  const member = members.get(variable);
  const size = member ? fields.reduce((of) => of.member ?? noSize, member) : sizes([variable, ...fields].join('.'));
  const mayFail = isCaught && (size === undefined || failing.has(node));
  return { steps: 1 + fields.length + (mayFail ? stepsForFailure : 0), size: size ?? noSize };
}

/** Any other part: what its own parts take, and the work on their values. */
function operationWork(node: ASTNode, around: Surroundings): Estimate {
  const isCaught = around.isCaught || node.op === '&&' || node.op === '||';
  const works = childrenOf(node).map((child) => workOf(child, { ...around, isCaught }));
  const sizes = works.map(({ size }) => size);
  const own = 1 + ownSteps(node, sizes) + (isCaught && canFail(node) ? stepsForFailure : 0);
  return {
    steps: works.reduce((sum, { steps }) => sum + steps, own),
    size: sizeOfResult(node, sizes),
    dearest: dearestOf(works),
  };
}

const conversions: ReadonlySet<string> = new Set(['date', 'timestamp', 'duration', 'int', 'double', 'string']);

/** With some values, and not with all: the check refuses what always fails. */
function canFail(node: ASTNode): boolean {
  if (node.op === '[]' || node.op === '/' || node.op === '%' || node.op === '.') return true;
  if (node.op !== 'call' && node.op !== 'rcall') return false;
  const [name] = node.args;
  const fails = conversions.has(name) || timeParts.has(name) || name === 'substring';
  return fails && !(node.op === 'call' ? node.args[1] : node.args[2]).every(isConstant);
}

function ownSteps(node: ASTNode, sizes: readonly ValueSize[]): number {
  const [one = noSize, other = noSize] = sizes;
  switch (node.op) {
    case '==':
    case '!=':
    case 'in':
      return comparing(one) + comparing(other);
    case '+':
      return (one.members + other.members) / 5 + scanning(one.text + other.text);
    case 'call':
      return callSteps(node.args[0], one, noSize);
    case 'rcall':
      return node.args[2].length > 0 && timeParts.has(node.args[0])
        ? zonedSteps(node.args[1], node.args[2])
        : callSteps(node.args[0], one, other);
    default:
      return scanning(one.text);
  }
}

/** With another value of the same kind: each member. Members that have members are told apart by their types first. */
function comparing({ members, member = noSize, text }: ValueSize): number {
  const ofMember = member.members > 0 ? 20 + comparing(member) : 1 / 20;
  return members * (ofMember + member.text / 2_000) + text / 2_000;
}

function scanning(text: number): number {
  return text / 160;
}

function callSteps(name: string, of: ValueSize, other: ValueSize): number {
  // The interpreter's pattern for durations looks at each run of digits from each of its digits, twice.
  if (name === 'duration') return 20 + of.text ** 3 / 30;
  if (conversions.has(name)) return 20;
  // Each character is looked at by itself.
  if (name === 'size') return of.text / 13;
  if (name === 'contains' || name === 'indexOf') return searching(of.text, other.text);
  return 2 + scanning(of.text + other.text);
}

/** The worst case are texts of one character, in which each is compared with most of those that are looked for. */
function searching(text: number, part: number): number {
  const compared = Math.min(part, text / 2);
  return text / 5 + (compared * (text - compared)) / 110;
}

/**
 * A part of a time in a zone: for each time that is made, a text in that zone. The two that are read keep theirs. A
 * zone that is no constant may be another one each time, or none.
 */
function zonedSteps(time: ASTNode, zone: readonly ASTNode[]): number {
  if (!zone.every(isConstant)) return 2_000;
  const path = pathOf(time);
  return path === 'now' || path === 'user.createdAt' ? 60 : 2_000;
}

function sizeOfResult(node: ASTNode, sizes: readonly ValueSize[]): ValueSize {
  const [one = noSize, other = noSize] = sizes;
  switch (node.op) {
    case 'list':
    case 'map':
      return { members: sizes.length, member: sizes.reduce(largerSize, noSize), text: 0 };
    case '+':
      return { ...largerSize(one, other), members: one.members + other.members, text: one.text + other.text };
    case '?:':
      return sizes.slice(1).reduce(largerSize, noSize);
    case '[]':
    case '.':
      return one.member ?? noSize;
    case 'call':
      return textSize(node.args[0] === 'string' ? Math.max(one.text, 24) : 0);
    case 'rcall':
      return textTests.has(node.args[0]) ? textSize(one.text) : noSize;
    default:
      return noSize;
  }
}

const textTests: ReadonlySet<string> = new Set(['lowerAscii', 'upperAscii', 'trim', 'substring']);
