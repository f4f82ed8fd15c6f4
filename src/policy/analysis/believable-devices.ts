/**
 * What can be believed of devices by the settings: an analysis must not make up a device that no source can speak of,
 * nor one that meets an assurance without another one that asks for less.
 */
import type { BelievedDevice } from '../../core/policy/theory.ts';
import type { DeviceAssurance, DeviceSignalSettings } from '../model/device-signals.ts';
import { meets, type Signals } from '../revision/device-signals.ts';
import { placesIn } from './places.ts';

/** Of more assurances together it is not found out. */
const mostAssurances = 8;

/**
 * All that can be believed, as far as these assurances tell it apart; the first is nothing. Undefined: they are too
 * many.
 */
export function believableDevices(
  settings: DeviceSignalSettings | undefined,
  names: readonly string[],
): readonly BelievedDevice[] | undefined {
  if (settings === undefined) return [{}];
  if (names.length > mostAssurances) return undefined;
  const asked = assurancesNamed(settings, names);
  const believe = (said: Signals) => marksOf(said, asked);
  const free = new Set(anythingSaid(asked).map(believe));
  const certified = Object.fromEntries((settings.certificate?.says ?? []).map((name) => [name, true as const]));
  const certificate = new Set([0, believe(certified)]);
  const own = { proxy: free, certificate, agent: free };
  const found = sourcesTogether(settings).flatMap((sources) => [
    ...sources.reduce((all, source) => jointly(all, own[source]), new Set([0])),
  ]);
  return [...new Set(found)]
    .sort((a, b) => markCount(a) - markCount(b) || a - b)
    .map((marks) => deviceFromMarks(marks, asked));
}

export type Source = 'proxy' | 'certificate' | 'agent';

/** A request comes from one peer, which may be a proxy for one of both, or for both. An agent speaks from anywhere. */
function sourcesTogether({ proxy, certificate, agent }: DeviceSignalSettings): readonly (readonly Source[])[] {
  const proxies = {
    ...(proxy && { proxy: { cidrs: proxy.proxies } }),
    ...(certificate && { certificate: { cidrs: certificate.proxies } }),
  };
  const peers = placesIn(proxies).map(({ zones }) => zones as readonly Source[]);
  return peers.map((sources): readonly Source[] => [...sources, ...(agent ? (['agent'] as const) : [])]);
}

export type NamedAssurances = readonly (readonly [name: string, assurance: DeviceAssurance])[];

export function assurancesNamed(settings: DeviceSignalSettings | undefined, names: readonly string[]): NamedAssurances {
  return Object.entries(settings?.assurances ?? {}).filter(([name]) => names.includes(name));
}

/** What a source may say that is not bound to anything, as far as it makes a difference. */
export function anythingSaid(asked: NamedAssurances): readonly Signals[] {
  const standings: readonly (readonly string[])[] = [[], ['registered'], ['managed'], ['registered', 'managed']];
  const signals = subsetsOf(asked).flatMap((wanted) => {
    const own = wanted.flatMap(([, assurance]) => assurance.signals ?? []);
    return standings.map((standing) => Object.fromEntries([...own, ...standing].map((name) => [name, true as const])));
  });
  return systemsOf(asked).flatMap((system) => signals.map((said): Signals => ({ ...said, ...system })));
}

/** No system, and of each one the versions that an assurance asks for. */
function systemsOf(asked: NamedAssurances): readonly Signals[] {
  const named = asked.flatMap(([, { osVersion = {} }]) => Object.entries(osVersion));
  return [{}, ...named.map(([os, osVersion]) => ({ os, osVersion }))];
}

/** What is believed, as bits: registered, managed, and then the assurances in their order. */
export type Marks = number;
const standingMarks = { registered: 1, managed: 2 } as const;
const firstAssurance = 2;

export function marksOf(said: Signals, asked: NamedAssurances): Marks {
  const isManaged = said.managed === true;
  const met = asked.map(([, assurance], at): Marks => (meets(assurance, said) ? 1 << (firstAssurance + at) : 0));
  return [
    isManaged || said.registered === true ? standingMarks.registered : 0,
    isManaged ? standingMarks.managed : 0,
    ...met,
  ].reduce((all, mark) => all | mark, 0);
}

export function deviceFromMarks(marks: Marks, asked: NamedAssurances): BelievedDevice {
  const assurances = asked.map(([name]) => name).filter((_, at) => marks & (1 << (firstAssurance + at)));
  return {
    ...((marks & standingMarks.registered) > 0 && { registered: true }),
    ...((marks & standingMarks.managed) > 0 && { managed: true }),
    ...(assurances.length > 0 && { assurances }),
  };
}

/** What two sources say counts together. */
export function jointly(all: ReadonlySet<Marks>, others: ReadonlySet<Marks>): Set<Marks> {
  const found = new Set<Marks>();
  for (const one of all) for (const other of others) found.add(one | other);
  return found;
}

/** The plainer ones come first. */
export function markCount(marks: Marks): number {
  return marks.toString(2).replaceAll('0', '').length;
}

function subsetsOf<One>(all: readonly One[]): readonly (readonly One[])[] {
  return Array.from({ length: 2 ** all.length }, (_, subset) => all.filter((_one, at) => subset & (1 << at)));
}
