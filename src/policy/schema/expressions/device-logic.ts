/** What an expression asks of the browser alone: it is known for each, as there are finitely many descriptions. */
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import type { ConditionSet, ExpressionLogic } from '../../../core/model/conditions.ts';
import type { OperatingSystem } from '../../../core/model/facts.ts';
import { operatingSystems, platforms } from '../../model/platforms.ts';
import { forbiddenCalls, untypedEnvironment } from './expression-environment.ts';
import { pathsIn } from './expression-part.ts';
import { textOfNode } from './expression-text.ts';

type Device = NonNullable<ConditionSet['device']>;

/** Undefined: it reads something else, or nothing, or fails for some browser. */
export function deviceLogic(node: ASTNode): ExpressionLogic | undefined {
  const paths = pathsIn(node);
  if (paths.length === 0 || paths.some((path) => !facts.includes(path)) || forbiddenCalls(node).length > 0)
    return undefined;
  const run = untypedEnvironment.parse(textOfNode(node));
  const [ofKnown, ofOthers] = [devicesFor(run, true), devicesFor(run, false)];
  if (ofKnown === undefined || ofOthers === undefined) return undefined;
  if (JSON.stringify(ofKnown) === JSON.stringify(ofOthers)) return anyOf(ofKnown);
  return anyOf([
    ...ofKnown.map((device) => ({ known: true, ...device })),
    ...ofOthers.map((device) => ({ known: false, ...device })),
  ]);
}

const facts = ['device.known', 'device.platform', 'device.os'];

/** The devices for which it holds. An empty one stands for all. Undefined: it fails for some. */
function devicesFor(run: ParseResult, known: boolean): readonly Device[] | undefined {
  const results = platforms.map((platform) => operatingSystems.map((os) => resultFor(run, { known, platform, os })));
  if (results.flat().includes(undefined)) return undefined;
  const systemsOf = results.map((each) => operatingSystems.filter((_, at) => each[at]));
  const [first = [], ...others] = systemsOf;
  if (others.every((systems) => `${systems}` === `${first}`)) return first.length === 0 ? [] : [onSystems(first)];
  return platforms.flatMap((platform, at): readonly Device[] => {
    const systems = systemsOf[at] ?? [];
    return systems.length === 0 ? [] : [{ platform: [platform], ...onSystems(systems) }];
  });
}

function onSystems(os: readonly OperatingSystem[]): Device {
  return os.length === operatingSystems.length ? {} : { os };
}

function resultFor(run: ParseResult, device: object): boolean | undefined {
  try {
    const value: unknown = run({ device });
    return typeof value === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  }
}

function anyOf(devices: readonly Device[]): ExpressionLogic {
  const all = devices.map((device): ExpressionLogic => {
    return Object.keys(device).length === 0 ? { all: [] } : { when: { device } };
  });
  const [only, ...others] = all;
  return only !== undefined && others.length === 0 ? only : { any: all };
}
