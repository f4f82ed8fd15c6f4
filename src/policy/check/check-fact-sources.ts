/** Finds conditions that need a source of facts which the settings do not name: a MaxMind DB file, device signals. */
import type { RiskSignal } from '../../core/model/risk.ts';
import type { Finding } from '../model/finding.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

const byPlace: readonly unknown[] = ['newCountry', 'impossibleTravel'] satisfies readonly RiskSignal[];

const advice = 'needs a MaxMind DB file with places: name one in `networkData.country`';

/** What conditions need of the settings: one of these is there, or a finding says what is missing. */
const needs = [
  {
    setting: 'networkData.country',
    conditions: ['distance', 'risk.any|none.*'],
    isMeant: (path: readonly (string | number)[], value: unknown) =>
      path.at(-1) === 'distance' || byPlace.includes(value),
    advice,
  },
  {
    setting: 'deviceSignals',
    conditions: ['device.registered|managed|assurance'],
    isMeant: () => true,
    advice: 'needs `deviceSignals` in stepgate.yaml: who may say so of a device',
  },
];

/** Works on data whose shape was not checked. Without readable settings nothing is known, and nothing is found. */
export function checkFactSources(sources: readonly DocumentSource[]): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  if (settings === undefined) return [];
  const missing = needs.filter(({ setting }) => valuesAt(settings, setting).length === 0);
  return sources.flatMap(({ kind, source }) => {
    if (kind === 'app' || kind === 'settings') return [];
    return missing.flatMap((need) =>
      need.conditions
        .flatMap((pattern) => valuesInConditions(source.content, pattern))
        .filter(({ path, value }) => need.isMeant(path, value))
        .map(({ path }) => source.finding('setting_missing', path, need.advice)),
    );
  });
}
