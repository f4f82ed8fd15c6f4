/** What the options of `explain` say of the browser and its device. */
import type { Facts } from '../../core/model/facts.ts';
import { systemsOfPlatform } from '../../core/policy/conditions/device.ts';
import { operatingSystems, platforms } from '../../policy/model/platforms.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { knownName, refusal } from '../shared/options/refusal.ts';
import type { FactOptions } from './fact-options.ts';

/** Of a system alone the platform is known. */
export function browserFromOptions({
  platform: given,
  os: system = 'other',
}: FactOptions): Pick<Facts['device'], 'platform' | 'os'> {
  const os = knownName('operating system', system, operatingSystems);
  const possible = platforms.filter((candidate) => systemsOfPlatform[candidate].some((each) => each === os));
  if (given === undefined) return { platform: os === 'other' ? 'desktop' : (possible[0] ?? 'desktop'), os };
  const platform = knownName('platform', given, platforms);
  if (os !== 'other' && !possible.includes(platform))
    throw refusal(`no browser says both: --os ${os} is ${possible.join(' or ')}, not ${platform}`);
  return { platform, os };
}

/** A managed device is a registered one. */
export function signalsFromOptions(
  { deviceSignals = [] }: FactOptions,
  { settings }: Snapshot,
): Partial<Facts['device']> {
  const assured = Object.keys(settings.deviceSignals?.assurances ?? {});
  for (const name of deviceSignals) knownName('signal of a device', name, ['registered', 'managed', ...assured]);
  const isManaged = deviceSignals.includes('managed');
  const assurances = deviceSignals.filter((name) => assured.includes(name));
  return {
    ...((isManaged || deviceSignals.includes('registered')) && { registered: true }),
    ...(isManaged && { managed: true }),
    ...(assurances.length > 0 && { assurances }),
  };
}
