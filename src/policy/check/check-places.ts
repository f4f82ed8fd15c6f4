/** Finds conditions about places that need a MaxMind DB file which the settings do not name. */
import type { RiskSignal } from '../../core/model/risk.ts';
import type { Finding } from '../model/finding.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

const byPlace: readonly unknown[] = ['newCountry', 'impossibleTravel'] satisfies readonly RiskSignal[];

const advice = 'needs a MaxMind DB file with places: name one in `networkData.country`';

/** Works on data whose shape was not checked. Without readable settings nothing is known, and nothing is found. */
export function checkPlaces(sources: readonly DocumentSource[]): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  if (settings === undefined || valuesAt(settings, 'networkData.country').length > 0) return [];
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'app' || kind === 'settings') return [];
    const needing = [
      ...valuesInConditions(source.content, 'distance'),
      ...valuesInConditions(source.content, 'risk.any|none.*').filter(({ value }) => byPlace.includes(value)),
    ];
    return needing.map(({ path }) => source.finding(path, advice));
  });
}
