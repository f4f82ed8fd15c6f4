/**
 * What the settings let the server believe about devices. An analysis must not make up a device that no source can
 * describe, nor one that meets an assurance but not another one that asks for less.
 */
import type { BelievedDevice } from '../../../core/policy/theories/theory.ts';
import type { DeviceAssurance, DeviceSignalSettings } from '../../model/device-signals.ts';
import { meets, type Signals } from '../../revision/device-signals.ts';
import { sampleAddresses } from './sample-addresses.ts';

/** The largest number of statements that are combined. */
const mostTogether = 1_000;

/**
 * Everything that the server can believe, as far as these assurances distinguish it. The first is nothing. Undefined:
 * there is too much.
 */
export function believableDevices(
  settings: DeviceSignalSettings | undefined,
  names: readonly string[],
): readonly BelievedDevice[] | undefined {
  if (settings === undefined) return [{}];
  const asked = assurancesNamed(settings, names);
  const said = anythingSaid(asked);
  if (said === undefined) return undefined;
  const believe = (signals: Signals) => marksOf(signals, asked);
  const free = new Set(said.map(believe));
  const certified = Object.fromEntries((settings.certificate?.says ?? []).map((name) => [name, true as const]));
  const certificate = new Set([0n, believe(certified)]);
  const own = { proxy: free, certificate, agent: free };
  const found = sourcesTogether(settings).map((sources) => saidTogether(sources.map((source) => own[source])));
  return inOrder(found)?.map((marks) => deviceFromMarks(marks, asked));
}

/** The plainer ones come first. Undefined: they are too many. */
export function inOrder(all: readonly (ReadonlySet<DeviceMarks> | undefined)[]): readonly DeviceMarks[] | undefined {
  const found = new Set<DeviceMarks>();
  for (const some of all) {
    if (some === undefined) return undefined;
    for (const marks of some) found.add(marks);
  }
  if (found.size > mostTogether) return undefined;
  return [...found].sort((a, b) => markCount(a) - markCount(b) || (a < b ? -1 : 1));
}

export type SignalSource = 'proxy' | 'certificate' | 'agent';

/**
 * A request has one peer, which may be a proxy for one source, or for both. An agent sends its statement from
 * anywhere.
 */
function sourcesTogether({ proxy, certificate, agent }: DeviceSignalSettings): readonly (readonly SignalSource[])[] {
  const proxies = {
    ...(proxy && { proxy: { cidrs: proxy.proxies } }),
    ...(certificate && { certificate: { cidrs: certificate.proxies } }),
  };
  const peers = sampleAddresses(proxies).map(({ zones }) => zones as readonly SignalSource[]);
  return peers.map((sources): readonly SignalSource[] => [...sources, ...(agent ? (['agent'] as const) : [])]);
}

export type NamedAssurances = readonly (readonly [name: string, assurance: DeviceAssurance])[];

export function assurancesNamed(settings: DeviceSignalSettings | undefined, names: readonly string[]): NamedAssurances {
  return Object.entries(settings?.assurances ?? {}).filter(([name]) => names.includes(name));
}

/**
 * The statements that an unrestricted source may make, as far as they make a difference: with each system the signals
 * of some of the assurances that can be met with it. Undefined: there are too many.
 */
export function anythingSaid(asked: NamedAssurances): readonly Signals[] | undefined {
  const standings: readonly (readonly string[])[] = [[], ['registered'], ['managed'], ['registered', 'managed']];
  const found: Signals[] = [];
  for (const system of systemsOf(asked)) {
    const met = asked.filter(([, { osVersion }]) => meets({ ...(osVersion && { osVersion }) }, system));
    const together = signalsTogether(met.map(([, { signals = [] }]) => signals));
    if (together === undefined) return undefined;
    for (const signals of together)
      for (const standing of standings)
        found.push({
          ...Object.fromEntries([...signals, ...standing].map((name) => [name, true as const])),
          ...system,
        });
    if (found.length > standings.length * mostTogether) return undefined;
  }
  return found;
}

/** All signals of some of these lists together. Lists that share signals, or hold others, have few such unions. */
function signalsTogether(lists: readonly (readonly string[])[]): readonly (readonly string[])[] | undefined {
  const found = new Map<string, readonly string[]>([['', []]]);
  for (const list of lists) {
    for (const signals of [...found.values()]) {
      const together = [...new Set([...signals, ...list])].sort();
      found.set(together.join(' '), together);
    }
    if (found.size > mostTogether) return undefined;
  }
  return [...found.values()];
}

/** No system, and of each one the versions that an assurance asks for. */
function systemsOf(asked: NamedAssurances): readonly Signals[] {
  const named = asked.flatMap(([, { osVersion = {} }]) => Object.entries(osVersion));
  const distinct = new Map(named.map(([os, osVersion]) => [`${os} ${osVersion}`, { os, osVersion }]));
  return [{}, ...distinct.values()];
}

/** What is believed, as bits: registered, managed, and then the assurances in their order. */
export type DeviceMarks = bigint;
const standingMarks = { registered: 1n, managed: 2n } as const;
export const standingBits = 2;

export function marksOf(said: Signals, asked: NamedAssurances): DeviceMarks {
  const isManaged = said.managed === true;
  const met = asked.map(([, assurance], index): DeviceMarks => (meets(assurance, said) ? markAt(index) : 0n));
  return [
    isManaged || said.registered === true ? standingMarks.registered : 0n,
    isManaged ? standingMarks.managed : 0n,
    ...met,
  ].reduce((all, mark) => all | mark, 0n);
}

function markAt(position: number): DeviceMarks {
  return 1n << BigInt(standingBits + position);
}

export function deviceFromMarks(marks: DeviceMarks, asked: NamedAssurances): BelievedDevice {
  const assurances = asked.map(([name]) => name).filter((_, index) => marks & markAt(index));
  return {
    ...((marks & standingMarks.registered) > 0n && { registered: true }),
    ...((marks & standingMarks.managed) > 0n && { managed: true }),
    ...(assurances.length > 0 && { assurances }),
  };
}

/** What several sources say counts together. Undefined: it is too much. */
export function saidTogether(sources: readonly ReadonlySet<DeviceMarks>[]): ReadonlySet<DeviceMarks> | undefined {
  let all: ReadonlySet<DeviceMarks> = new Set([0n]);
  for (const others of sources) {
    const found = new Set<DeviceMarks>();
    for (const marks of all) for (const other of others) found.add(marks | other);
    if (found.size > mostTogether) return undefined;
    all = found;
  }
  return all;
}

function markCount(marks: DeviceMarks): number {
  return marks.toString(2).replaceAll('0', '').length;
}
