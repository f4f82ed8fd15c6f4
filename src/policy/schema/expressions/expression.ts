/** Expressions as functions of the facts. This file promises: what cannot be found out is `error`, never a hit. */
import { type ASTNode, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import type { CompiledExpression, ExpressionPart } from '../../../core/model/conditions.ts';
import type { RuleFacts } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { canonicalAddress } from '../../model/canonical-address.ts';
import { partsComparedWithApp } from './compared-with-app.ts';
import { childrenOf, forbiddenCalls, untypedEnvironment } from './expression-environment.ts';
import { expressionLogic } from './expression-logic.ts';
import { examinedPart } from './expression-part.ts';
import { mostSteps, mostStepsFor, stepsWith } from './expression-steps.ts';
import { textOfNode } from './expression-text.ts';
import { logicAtApp } from './logic-at-app.ts';
import { possibleZones, readsZones, type ZonesRead, zonesReadBy } from './possible-zones.ts';
import {
  actualSizes,
  areUnusual,
  assumedSizes,
  type FactSizes,
  hasUnusualSizes,
  largestAttribute,
} from './value-size.ts';
import { zonedTime } from './zoned-time.ts';

/**
 * Made once for each revision. An expression that cannot be read is `error` for every user. Its texts are composed
 * (NFC), as what they are compared with is.
 */
export function compileExpression(source: string): CompiledExpression {
  const written = source.normalize('NFC');
  const parsed = parseExpression(written);
  if (parsed === undefined)
    return { written, aboutUser: false, varies: false, evaluate: () => 'error', logic: { text: written } };
  const nodes = allNodes(parsed.ast);
  const program = programOf(parsed);
  const parts = new Map<string, ExpressionPart>();
  return {
    written,
    aboutUser: nodes.some(isAboutUser) || nodes.some(isWholeDevice(nodes)),
    varies: nodes.some(isVarying),
    evaluate: (facts) => resultOf(program, facts),
    logic: expressionLogic(parsed.ast),
    partOf: (text) => {
      const known = parts.get(text);
      if (known) return known;
      const part = newPart(text);
      parts.set(text, part);
      return part;
    },
  };
}

function newPart(text: string): ExpressionPart {
  const run = parseExpression(text);
  const part = run && programOf(run);
  const beside = run && partsComparedWithApp(run.ast)?.map((node) => untypedEnvironment.parse(textOfNode(node)));
  return {
    ...examinedPart(run?.ast),
    ...(run && omitUndefined({ atApp: logicAtApp(run.ast) })),
    evaluate: (facts) => (part === undefined ? 'error' : resultOf(part, facts)),
    ...(beside && { comparedWithApp: (facts) => beside.flatMap((other) => textsOf(other, facts)) }),
  };
}

/** None if it cannot be evaluated: no app makes a difference then. */
function textsOf(run: ParseResult, facts: RuleFacts): readonly string[] {
  try {
    return textsIn(run(contextOf(facts).values));
  } catch {
    return [];
  }
}

/** Those of a list or a map, too. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return (Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.entries(value)).flatMap(textsIn);
}

/** Undefined: it cannot be read, or calls what it may not. */
export function parseExpression(written: string): ParseResult | undefined {
  try {
    const parsed = untypedEnvironment.parse(written);
    return forbiddenCalls(parsed.ast).length === 0 ? parsed : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** An expression, what it asks about the zones of the address, and how long it takes but for unusual values. */
interface Program {
  readonly run: ParseResult;
  readonly zonesRead: ZonesRead;
  /** The same for expressions that read the zones alike. */
  readonly zonesKey: string;
  readonly steps: number;
}

const unknownAttributes = assumedSizes(() => largestAttribute);

function programOf(run: ParseResult): Program {
  const zonesRead = zonesReadBy(run.ast);
  const zonesKey = JSON.stringify([[...zonesRead.named], zonesRead.all]);
  return { run, zonesRead, zonesKey, steps: mostStepsFor(run.ast, unknownAttributes).steps };
}

/** It counts only if it is the same wherever the address may be. */
function resultOf(program: Program, facts: RuleFacts): 'hit' | 'miss' | 'error' {
  const { run, zonesRead } = program;
  const { network } = facts;
  const context = contextOf(facts);
  if (network.unknownZones === undefined || !readsZones(zonesRead))
    return isWithinSteps(program, context, 1) ? resultIn(run, context) : 'error';
  const possible = possibleValues(program, context);
  if (!isWithinSteps(program, context.withAllZones(), possible.length)) return 'error';
  const [result, another] = new Set(possible.map((values) => resultIn(run, { values })));
  return result === undefined || another !== undefined ? 'error' : result;
}

/** What takes too long is not evaluated at all: the result must not depend on how fast the node is. */
function isWithinSteps({ run, steps }: Program, { sizes, isUnusual }: Measured, times: number): boolean {
  return (steps * times <= mostSteps && !isUnusual) || stepsWith(run.ast, sizes) * times <= mostSteps;
}

function resultIn(run: ParseResult, { values }: Pick<Context, 'values'>): 'hit' | 'miss' | 'error' {
  const { stackTraceLimit } = Error;
  // A test of each member goes on if it fails for one: with a stack, each error takes ten times as long.
  Error.stackTraceLimit = 0;
  try {
    const value: unknown = run(values);
    if (typeof value !== 'boolean') return 'error';
    return value ? 'hit' : 'miss';
  } catch {
    return 'error';
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Cached by the last facts: several expressions in a row are about the same ones. */
let last: Context | undefined;

interface Measured {
  readonly sizes: FactSizes;
  readonly isUnusual: boolean;
}

type Values = ReturnType<typeof newContext>;

interface Context extends Measured {
  readonly facts: RuleFacts;
  readonly values: Values;
  /** By `Program.zonesKey`: the same with each list of zones that is possible. */
  readonly possible: Map<string, readonly Values[]>;
  /** With every zone that the address may be in. It is measured only if it is asked for, and then once. */
  readonly withAllZones: () => Measured;
}

function contextOf(facts: RuleFacts): Context {
  if (last?.facts === facts) return last;
  const values = newContext(facts);
  const measured = { sizes: actualSizes(values), isUnusual: hasUnusualSizes(facts) };
  let longest: Measured | undefined;
  const withAllZones = () => {
    longest ??= measuredIn(facts.network, { ...measured, values });
    return longest;
  };
  last = { facts, values, ...measured, possible: new Map(), withAllZones };
  return last;
}

/** The rest is not measured again. */
function measuredIn(
  { zones, unknownZones = [] }: RuleFacts['network'],
  { values, sizes, isUnusual }: Measured & Pick<Context, 'values'>,
): Measured {
  const all = [...zones, ...unknownZones];
  const measured = actualSizes({ network: { ...values.network, zones: all } });
  return {
    sizes: (path) => (path.split('.')[0] === 'network' ? measured(path) : sizes(path)),
    isUnusual: isUnusual || areUnusual(all),
  };
}

/** Of many expressions that read the zones alike, only the first one goes through them. None: there are too many. */
function possibleValues({ zonesRead, zonesKey }: Program, { facts, values, possible }: Context): readonly Values[] {
  const known = possible.get(zonesKey);
  if (known) return known;
  const lists = possibleZones(facts.network, zonesRead) ?? [];
  // As in `newContext`.
  const found = lists.map((zones) => ({ ...values, network: { ...values.network, zones: zones.toSorted() } }));
  possible.set(zonesKey, found);
  return found;
}

/** What is absent has no key, so that `has()` tells and reading it fails. */
function newContext({ subject, request, network, device, now }: RuleFacts) {
  return {
    ...(subject && {
      user: {
        id: subject.id,
        identifiers: subject.identifiers,
        groups: subject.groups,
        ...(subject.userType !== undefined && { userType: subject.userType }),
        profile: subject.profile,
        // Of an account that does not exist: it looks like one that was always there.
        createdAt: zonedTime(subject.createdAt ?? 0),
      },
    }),
    request: { clientId: request.clientId, scopes: request.scopes, acrValues: request.acrValues },
    // The order of zones must not tell where each of them is known from.
    network: {
      ...(!network.isUnknown && { ip: canonicalAddress(network.ip) ?? network.ip }),
      zones: network.zones.toSorted(),
    },
    device: { known: device.known, platform: device.platform, os: device.os },
    now: zonedTime(now),
  };
}

function allNodes(node: ASTNode): readonly ASTNode[] {
  return [node, ...childrenOf(node).flatMap(allNodes)];
}

function isName(node: ASTNode, name: string): boolean {
  return node.op === 'id' && node.args === name;
}

/** Whether a device is known depends on the user, too. */
function isAboutUser(node: ASTNode): boolean {
  return isName(node, 'user') || (node.op === '.' && isName(node.args[0], 'device') && node.args[1] === 'known');
}

/** The device in any other way than by one of its fields: it may be a way to ask whether it is known. */
function isWholeDevice(nodes: readonly ASTNode[]): (node: ASTNode) => boolean {
  const read = new Set(nodes.flatMap((node) => (node.op === '.' ? [node.args[0]] : [])));
  return (node) => isName(node, 'device') && !read.has(node);
}

/** It may differ at another sign-in of the same user to the same app. */
function isVarying(node: ASTNode): boolean {
  return ['now', 'network', 'device', 'request'].some((name) => isName(node, name));
}
