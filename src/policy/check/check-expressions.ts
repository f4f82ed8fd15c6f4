/** Checks expressions in conditions by the attribute schema: what they name, their types, and what they may cost. */
import type { Finding } from '../model/finding.ts';
import { expressionFaults, unguardedReads } from '../schema/expressions/check-expression.ts';
import {
  type ExpressionFault,
  longestExpression,
  typedEnvironment,
} from '../schema/expressions/expression-environment.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { attributeTypes } from './check-attribute-tests.ts';

type TypedEnvironment = ReturnType<typeof typedEnvironment>;

/** Expressions that can never be evaluated, each at the location of its fault. */
export function expressionFindings(sources: readonly DocumentSource[]): readonly Finding[] {
  return faultsBy(sources, expressionFaults).map(({ source, path, offset, message, isTooDear }) => ({
    ...source.locationWithin(path, offset),
    message,
    code: isTooDear ? 'expression_too_dear' : 'expression_invalid',
  }));
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
