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
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  const zones = valuesAt(settings, 'zones.*').map(({ path }) => String(path.at(-1)));
  const dear = sources.flatMap(dearExpressions(attributeLimits(sources), zones));
  return [...faultsBy(sources, expressionFaults), ...dear].map(({ source, path, offset, message, isTooDear }) => ({
    ...source.locationWithin(path, offset),
    message,
    code: isTooDear ? 'expression_too_dear' : 'expression_invalid',
  }));
}

/** The first expression with which those of a file take too long. Those of invariants are in no decision together. */
function dearExpressions(
  limitsOf: (attribute: string) => AttributeLimits,
  zones: readonly string[],
): (document: DocumentSource) => readonly (FaultLocation & ExpressionFault)[] {
  const sizes = assumedSizes(limitsOf);
  const stepsOf = (ast: ASTNode) => {
    const { steps, dearest } = mostStepsFor(ast, sizes);
    // It is not evaluated where that would take more than one expression may.
    const withoutZones = Math.min(steps * mostPossibleZones(zones, zonesReadBy(ast)), mostSteps);
    return { steps, dearest, counted: Math.max(steps, withoutZones) };
  };
  return ({ kind, source }) => {
    let sum = 0;
    for (const { path, value } of valuesInConditions(source.content, 'expression')) {
      const ast = typeof value === 'string' ? parseExpression(value)?.ast : undefined;
      if (ast === undefined) continue;
      const { steps, dearest, counted } = stepsOf(ast);
      sum = kind === 'invariants' ? steps : sum + counted;
      if (sum <= mostSteps) continue;
      const offset = dearest?.range.start ?? 0;
      return [{ source, path, offset, message: dearMessage(steps, sum), isTooDear: true }];
    }
    return [];
  };
}

function dearMessage(steps: number, sum: number): string {
  const [taken, most] = [steps > mostSteps ? steps : sum, mostSteps].map((count) =>
    Math.ceil(count).toLocaleString('en'),
  );
  return steps > mostSteps
    ? `takes up to ${taken} steps for a user with long lists, and may take ${most}`
    : `makes it up to ${taken} steps for a user with long lists, and the expressions of a policy may take ${most} together`;
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
