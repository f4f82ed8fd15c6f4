/** Zones, groups and policies that nothing uses, as findings. */
import { composedName } from '../../../core/model/composed-name.ts';
import type { CompiledExpression } from '../../../core/model/conditions.ts';
import { expressionParts, isRead } from '../../../core/policy/rules/expression-parts.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { compileExpression, parseExpression } from '../../schema/expressions/expression.ts';
import { examinedPart } from '../../schema/expressions/expression-part.ts';
import { findingAt } from '../../source/finding-at.ts';
import { type FoundValue, valuesAt, valuesInConditions } from '../../source/values-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

export function unusedFindings(configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  return [...unusedNames(configuration), ...unusedPolicies(configuration)];
}

function unusedNames({ settings, snapshot, sources }: AnalysedConfiguration): readonly AnalysisFinding[] {
  if (settings === undefined) return [];
  // As written: rules that only report, those that are switched off, and invariants name them, too.
  const contents = sources.map(({ source }) => source.content);
  const inConditions = (pattern: string) =>
    contents.flatMap((content) => textsOf(valuesInConditions(content, pattern)));
  const expressions = inConditions('expression').map(compileExpression);
  // Which of them an expression reads is not found out: each of its texts may be a name.
  const texts = expressions.flatMap(({ written }) => examinedPart(parseExpression(written)?.ast).texts);
  const assigned = contents.flatMap((content) => textsOf(valuesAt(content, 'rules.*.then.register.groups.*')));
  const locations = [
    {
      what: 'zone',
      under: 'zones',
      names: mayReadAny('network.zones', expressions) ? [] : Object.keys(snapshot.settings.zones),
      used: new Set([...texts, ...inConditions('network.any|all|none.*')]),
    },
    {
      what: 'group',
      under: 'groups',
      names: mayReadAny('user.groups', expressions) ? [] : Object.keys(snapshot.settings.groups ?? {}),
      used: new Set([...texts, ...[...assigned, ...inConditions('groups.any|all|none.*')].map(composedName)]),
    },
  ];
  return locations.flatMap(({ what, under, names, used }) =>
    names
      .filter((name) => !used.has(name))
      .map((name) => {
        const parts = {
          message: `no rule names this ${what}`,
          advice: what === 'group' ? 'remove it, unless it is for apps only' : 'remove it',
          key: name,
        };
        return findingAt('unused', { source: settings, path: [under] }, parts);
      }),
  );
}

/** Whether an expression reads the list in a way that names none: by the beginnings of names, or by their number. */
function mayReadAny(list: string, expressions: readonly CompiledExpression[]): boolean {
  return expressions.some(({ logic, partOf }) =>
    expressionParts(logic).some((part) => {
      if (!('text' in part) || 'zones' in part || 'attribute' in part) return false;
      return isRead(list, partOf?.(part.text).reads ?? []);
    }),
  );
}

function textsOf(found: readonly FoundValue[]): readonly string[] {
  return found.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

function unusedPolicies({ policies, locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  return policies.flatMap(({ isUsed, policy }) => {
    const [first] = policy.rules;
    const location = first && locationOf(first.rule);
    if (isUsed || location === undefined) return [];
    const message = 'no app uses this policy';
    return [
      findingAt('unused', { ...location, path: ['name'] }, { message, advice: 'remove it, or name it in an app' }),
    ];
  });
}
