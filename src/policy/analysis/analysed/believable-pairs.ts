/**
 * What two configurations believe about one device, which states the same to both: `believableDevices` for both
 * together, so that a comparison makes up no device that only seems to differ.
 */
import type { BelievedDevice } from '../../../core/policy/theories/theory.ts';
import type { DeviceSignalSettings } from '../../model/device-signals.ts';
import { canonicalJson } from '../../revision/document-store.ts';
import {
  anythingSaid,
  assurancesNamed,
  type DeviceMarks,
  deviceFromMarks,
  inOrder,
  marksOf,
  type NamedAssurances,
  type SignalSource,
  saidTogether,
  standingBits,
} from './believable-devices.ts';
import { sampleAddresses } from './sample-addresses.ts';

/** What each side believes of the same device. */
export interface BelievedPair {
  readonly active: BelievedDevice;
  readonly next: BelievedDevice;
}

type Side = keyof BelievedPair;
/** The settings of each side about sources. */
type Sides = Readonly<Record<Side, DeviceSignalSettings | undefined>>;

/**
 * What the server can believe under both configurations, as far as these assurances distinguish it. The first is
 * nothing. If there is too much, the result has only some of it, and also what no source can state.
 */
export function believablePairs(sides: Sides, names: readonly string[]): readonly BelievedPair[] {
  const [active, next] = [assurancesNamed(sides.active, names), assurancesNamed(sides.next, names)];
  const distinct = new Map([...active, ...next].map((entry) => [canonicalJson(entry[1]), entry] as const));
  const said = saidBy(sides, { active, next, both: [...distinct.values()] });
  if (said === undefined) return plainPairs(sides, names);
  // The lowest bits are what the server believes under the active configuration.
  const bits = BigInt(standingBits + active.length);
  const found = peersOf(sides).map((heard) =>
    saidTogether(sourceNames.map((source) => heardOf(said[source], heard[source], bits))),
  );
  const pairs = inOrder(found)?.map((marks) => ({
    active: deviceFromMarks(BigInt.asUintN(Number(bits), marks), active),
    next: deviceFromMarks(marks >> bits, next),
  }));
  return pairs ?? plainPairs(sides, names);
}

const sourceNames: readonly SignalSource[] = ['proxy', 'certificate', 'agent'];

interface Said {
  /** Both sides trust the same source. */
  readonly isSame: boolean;
  /** What one statement sets on each side. */
  readonly marks: readonly (readonly [active: DeviceMarks, next: DeviceMarks])[];
}

/** Undefined: there is too much. */
function saidBy(
  sides: Sides,
  asked: Readonly<Record<Side | 'both', NamedAssurances>>,
): Readonly<Record<SignalSource, Said>> | undefined {
  const anything = anythingSaid(asked.both);
  if (anything === undefined) return undefined;
  const free = anything.map((said) => [marksOf(said, asked.active), marksOf(said, asked.next)] as const);
  const certified = (side: Side) => {
    const says = sides[side]?.certificate?.says ?? [];
    return marksOf(Object.fromEntries(says.map((name) => [name, true as const])), asked[side]);
  };
  const isSame = (sourceOf: (settings: DeviceSignalSettings) => unknown) => {
    const [active, next] = [sides.active, sides.next].map((settings) => canonicalJson(settings && sourceOf(settings)));
    return active === next;
  };
  return {
    proxy: { isSame: isSame(({ proxy }) => proxy?.header), marks: free },
    certificate: {
      isSame: isSame(({ certificate }) => [certificate?.header, certificate?.authorities]),
      marks: [
        [0n, 0n],
        [certified('active'), certified('next')],
      ],
    },
    agent: { isSame: isSame(({ agent }) => agent), marks: free },
  };
}

type Heard = Readonly<Record<Side, boolean>>;

/**
 * The statements of the source to the sides that trust it. If the two sides trust different sources, a device has a
 * statement of one of them.
 */
function heardOf({ isSame, marks }: Said, { active, next }: Heard, bits: bigint): ReadonlySet<DeviceMarks> {
  const all = marks.map(([one, other]) => [active ? one : 0n, next ? other << bits : 0n] as const);
  return new Set([0n, ...(isSame ? all.map(([one, other]) => one | other) : all.flat())]);
}

/** The sources that each side trusts for one peer. */
function peersOf(sides: Sides): readonly Readonly<Record<SignalSource, Heard>>[] {
  const named = (['active', 'next'] as const).flatMap((side) =>
    (['proxy', 'certificate'] as const).flatMap((source) => {
      const cidrs = sides[side]?.[source]?.proxies;
      return cidrs === undefined ? [] : [[`${side} ${source}`, { cidrs }] as const];
    }),
  );
  const agent = { active: sides.active?.agent !== undefined, next: sides.next?.agent !== undefined };
  return sampleAddresses(Object.fromEntries(named)).map(({ zones }) => {
    const heard = (source: SignalSource) => ({
      active: zones.includes(`active ${source}`),
      next: zones.includes(`next ${source}`),
    });
    return { proxy: heard('proxy'), certificate: heard('certificate'), agent };
  });
}

/** A pair for each assurance alone, for none and for all. */
function plainPairs(sides: Sides, names: readonly string[]): readonly BelievedPair[] {
  const standings: readonly BelievedDevice[] = [{}, { registered: true }, { registered: true, managed: true }];
  const devices = standings.flatMap((standing) =>
    [[], ...names.map((name) => [name]), names].map((assurances) => ({ ...standing, assurances })),
  );
  const known = (side: Side, { assurances, ...standing }: (typeof devices)[number]): BelievedDevice => {
    const met = assurances.filter((name) => Object.hasOwn(sides[side]?.assurances ?? {}, name));
    return sides[side] === undefined ? {} : { ...standing, ...(met.length > 0 && { assurances: met }) };
  };
  return devices.map((device) => ({ active: known('active', device), next: known('next', device) }));
}
