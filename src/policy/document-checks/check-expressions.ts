/** Checks expressions in conditions by the attribute schema: what they name, their types, and what they may cost. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { AttributeType } from '../../core/model/attribute.ts';
import { defaultMaxLength } from '../../core/profile/attribute-value.ts';
import type { Finding } from '../model/finding.ts';
import { standardAttributes } from '../model/standard-attributes.ts';
import { expressionFaults, unguardedReads } from '../schema/expressions/check-expression.ts';
import { parseExpression } from '../schema/expressions/expression.ts';
import {
  type ExpressionFault,
  longestExpression,
  typedEnvironment,
} from '../schema/expressions/expression-environment.ts';
import { mostSteps, mostStepsFor } from '../schema/expressions/expression-steps.ts';
import { mostPossibleZones, zonesReadBy } from '../schema/expressions/possible-zones.ts';
import { type AttributeLimits, assumedSizes } from '../schema/expressions/value-size.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { attributeTypes } from './check-attribute-tests.ts';

type TypedEnvironment = ReturnType<typeof typedEnvironment>;

/** Expressions that can never be evaluated, each at the location of its fault. */
export function expressionFindings(sources: readonly DocumentSource[]): readonly Finding[] {
  const dear = sources.flatMap(dearExpressions(sources));
  return [...faultsBy(sources, expressionFaults), ...dear].map(({ source, path, offset, message, isTooDear }) => ({
    ...source.locationWithin(path, offset),
    message,
    code: isTooDear ? 'expression_too_dear' : 'expression_invalid',
  }));
}

/** The first expression with which those of a file take too long. Those of invariants are in no decision together. */
function dearExpressions(
  sources: readonly DocumentSource[],
): (document: DocumentSource) => readonly (FaultLocation & ExpressionFault)[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const zones = valuesAt(settings, 'zones.*').map(({ path }) => String(path.at(-1)));
  const sizes = assumedSizes(attributeLimits(sources), settings === undefined ? undefined : zones.length);
  const stepsOf = (ast: ASTNode) => {
    const { steps, dearest } = mostStepsFor(ast, sizes);
    const times = mostPossibleZones(zones, zonesReadBy(ast));
    // It is not evaluated where that would take more than one expression may.
    return { steps, dearest, times, counted: Math.max(steps, Math.min(steps * times, mostSteps)) };
  };
  return ({ kind, source }) => {
    let sum = 0;
    let areRepeated = false;
    for (const { path, value } of valuesInConditions(source.content, 'expression')) {
      const ast = typeof value === 'string' ? parseExpression(value)?.ast : undefined;
      if (ast === undefined) continue;
      const { steps, dearest, times, counted } = stepsOf(ast);
      sum = kind === 'invariants' ? steps : sum + counted;
      if (sum > mostSteps) {
        const message = steps > mostSteps ? dearAlone(steps) : dearTogether(sum, { times, areRepeated });
        return [{ source, path, offset: dearest?.range.start ?? 0, message, isTooDear: true }];
      }
      areRepeated ||= times > 1;
    }
    return [];
  };
}

function dearAlone(steps: number): string {
  return `takes up to ${countText(steps)} steps for a user with long lists, and may take ${countText(mostSteps)}`;
}

/** What makes an expression count several times where zones are not known. */
interface Repetition {
  readonly times: number;
  /** Whether one of those before it is. */
  readonly areRepeated: boolean;
}

function dearTogether(sum: number, { times, areRepeated }: Repetition): string {
  const most = `the expressions of a policy may take ${countText(mostSteps)} together`;
  const repeated = areRepeated ? 'some before it are evaluated several times' : undefined;
  const reason = times > 1 ? `it is evaluated ${times} times` : repeated;
  return [
    `makes it up to ${countText(sum)} steps for a user with long lists, and ${most}`,
    ...(reason ? [`for a request whose zones are not known ${reason}`] : []),
  ].join('; ');
}

function countText(steps: number): string {
  return Math.ceil(steps).toLocaleString('en');
}

/** By attribute: the type and the length that the configuration or OpenID Connect says. */
function attributeLimits(sources: readonly DocumentSource[]): (attribute: string) => AttributeLimits {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const written = new Map(valuesAt(settings, 'attributes.*').map(({ path, value }) => [String(path.at(-1)), value]));
  const types = written.size > 0 ? attributeTypes(sources) : new Map<string, AttributeType>();
  return (name) => {
    const standard = Object.hasOwn(standardAttributes, name) ? standardAttributes[name] : undefined;
    const own = written.get(name) as Partial<AttributeLimits> | null | undefined;
    // A limit that is no number is the matter of the schema.
    const ownLength = typeof own?.maxLength === 'number' ? own.maxLength : undefined;
    return { type: types.get(name), maxLength: ownLength ?? standard?.maxLength ?? defaultMaxLength };
  };
}

/** Expressions that fail for a user without an attribute. Those that have faults are left out. */
export function unguardedExpressions(
  sources: readonly DocumentSource[],
): readonly (FaultLocation & { readonly message: string })[] {
  return faultsBy(sources, unguardedReads);
}

/** A location in an expression of a file. */
export interface FaultLocation {
  readonly source: YamlSource;
  readonly path: Path;
  readonly offset: number;
}

function faultsBy(
  sources: readonly DocumentSource[],
  look: typeof expressionFaults,
): readonly (FaultLocation & ExpressionFault)[] {
  let environment: TypedEnvironment | undefined;
  return sources.flatMap(({ source }) =>
    valuesInConditions(source.content, 'expression').flatMap(({ path, value }) => {
      if (typeof value !== 'string' || value === '' || value.length > longestExpression) return [];
      environment ??= environmentFor(sources);
      return look(value, environment).map((fault) => ({ source, path, ...fault }));
    }),
  );
}

/** Where the configuration names no attributes, a profile may hold any. */
function environmentFor(sources: readonly DocumentSource[]): TypedEnvironment {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  return typedEnvironment(valuesAt(settings, 'attributes').length > 0 ? attributeTypes(sources) : undefined);
}
