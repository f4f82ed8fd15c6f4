/** Zones, groups and policies that nothing uses, as findings. */
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { namesIn } from '../../../core/policy/theories/membership-theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { readProfilePolicy } from '../../revision/read-document.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';

export function unusedFindings(configuration: AnalysedConfiguration): readonly AnalysisFinding[] {
  return [...unusedNames(configuration), ...unusedPolicies(configuration)];
}

function unusedNames({ settings, snapshot, policies, documents }: AnalysedConfiguration): readonly AnalysisFinding[] {
  if (settings === undefined) return [];
  const sets = policies.flatMap(({ policy }) => policy.rules.flatMap(({ rule }) => conditionSets(rule.when)));
  const assigned = [...documents.values()]
    .filter(({ kind }) => kind === 'profile')
    .flatMap((document) => readProfilePolicy(document).rules.flatMap(({ then }) => then.registration?.groups ?? []));
  // Which of them an expression reads is not found out: each of its texts may be a name.
  const texts = sets.flatMap(({ expression }) => expression?.partOf?.(expression.written).texts ?? []);
  const locations = [
    {
      what: 'zone',
      under: 'zones',
      names: Object.keys(snapshot.settings.zones),
      used: [...texts, ...sets.flatMap(({ network }) => namesIn(network ?? {}))],
    },
    {
      what: 'group',
      under: 'groups',
      names: Object.keys(snapshot.settings.groups ?? {}),
      used: [...texts, ...assigned, ...sets.flatMap(({ groups }) => namesIn(groups ?? {}))],
    },
  ];
  return locations.flatMap(({ what, under, names, used }) =>
    names
      .filter((name) => !used.includes(name))
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
