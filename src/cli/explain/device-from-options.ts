/** What the options of `explain` say of the browser and its device. */
import type { Facts } from '../../core/model/facts.ts';
import { systemsOfPlatform } from '../../core/policy/conditions/device.ts';
import type { DeviceAssurance } from '../../policy/model/device-signals.ts';
import { operatingSystems, platforms } from '../../policy/model/platforms.ts';
import { meets } from '../../policy/revision/device-signals.ts';
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

/**
 * What is given, with what is always so beside it: a managed device is a registered one, and what is stated for one
 * name may suffice for others. Each name is stated by a source of its own.
 */
export function signalsFromOptions(
  { deviceSignals = [] }: FactOptions,
  { settings }: Snapshot,
): Partial<Facts['device']> {
  const assured = Object.entries(settings.deviceSignals?.assurances ?? {});
  const names = assured.map(([name]) => name);
  for (const name of deviceSignals) knownName('signal of a device', name, ['registered', 'managed', ...names]);
  const standings = ['registered', 'managed'].map((name) => [name, { signals: [name] }] as const);
  const given = [...standings, ...assured].filter(([name]) => deviceSignals.includes(name));
  const isMet = (wanted: DeviceAssurance) => given.some(([, other]) => takesNoMore(wanted, other));
  const [isRegistered, isManaged] = standings.map(([, standing]) => isMet(standing));
  const assurances = assured.filter(([, assurance]) => isMet(assurance)).map(([name]) => name);
  return {
    ...(isRegistered && { registered: true }),
    ...(isManaged && { managed: true }),
    ...(assurances.length > 0 && { assurances }),
  };
}

/** Whether each device that meets `other` meets the assurance as well. */
function takesNoMore(assurance: DeviceAssurance, { osVersion, signals = [] }: DeviceAssurance): boolean {
  const stated = Object.fromEntries(signals.map((name) => [name, true] as const));
  const systems = osVersion ? Object.entries(osVersion).map(([os, version]) => ({ os, osVersion: version })) : [{}];
  return systems.every((system) => meets(assurance, { ...stated, ...system }));
}
