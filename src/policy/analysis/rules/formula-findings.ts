/** Expressions that fail for users without an attribute, and those whose time is over, as findings. */
import type { Seconds } from '../../../core/model/facts.ts';
import { unguardedExpressions } from '../../document-checks/check-expressions.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { endsOf } from '../../schema/expressions/check-expression.ts';
import { findingAt } from '../../source/finding-at.ts';
import { valuesInConditions } from '../../source/values-at.ts';
import type { DocumentSource } from '../../source/yaml-source.ts';

export function formulaFindings(sources: readonly DocumentSource[], now: Seconds): readonly AnalysisFinding[] {
  return [
    ...unguardedExpressions(sources).map(({ message, offset, ...location }) =>
      findingAt('unguarded-read', location, { message, offset, advice: 'ask whether it is there first' }),
    ),
    ...sources.flatMap((source) => overFindings(source, now)),
  ];
}

function overFindings({ source }: DocumentSource, now: Seconds): readonly AnalysisFinding[] {
  return valuesInConditions(source.content, 'expression').flatMap(({ path, value }) =>
    endsOf(typeof value === 'string' ? value : '')
      .filter(({ until }) => until <= now)
      .map(({ name, offset }) => {
        const message = `${name} is over: this part never holds any more`;
        return findingAt('past', { source, path }, { message, offset, advice: 'remove it, or set a later time' });
      }),
  );
}
