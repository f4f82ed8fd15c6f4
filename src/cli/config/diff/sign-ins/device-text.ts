/** Describes the devices for which a statement holds, by what the server believes about them. */
import { neededAmong } from '../../../../core/analysis/findings/dead-rules.ts';
import type { BelievedDevice } from '../../../../core/policy/theories/theory.ts';
import type { BelievedPair } from '../../../../policy/analysis/analysed/believable-pairs.ts';

/** A possible belief about a device, with the words that follow "a device that". */
interface Feature {
  readonly has: (device: BelievedDevice) => boolean;
  readonly yes: string;
  readonly no: string;
}

/** The most kinds of devices to name. Others are counted. */
const most = 3;

/**
 * For example `on a device that is managed`. If the beliefs of the two sides differ, the present belief is appended.
 */
export function deviceText(some: readonly BelievedPair[], all: readonly BelievedPair[]): string {
  const features = neededFeatures(some, all);
  const kinds = some.map(({ active, next }) => {
    const [before, after] = [kindText(active, features), kindText(next, features)];
    return before === after ? after : `${after} (now it ${before})`;
  });
  const words = [...new Set(kinds)];
  return `on ${words.length > most ? `${words.length} kinds of devices` : `a device that ${words.join(', or ')}`}`;
}

/** The fewest features that distinguish these devices from the others. */
function neededFeatures(some: readonly BelievedPair[], all: readonly BelievedPair[]): readonly Feature[] {
  const others = all.filter((pair) => !some.includes(pair));
  const areApart = (features: readonly Feature[]) => {
    const read = ({ active, next }: BelievedPair) =>
      JSON.stringify(features.map(({ has }) => [has(active), has(next)]));
    const found = new Set(some.map(read));
    return !others.some((pair) => found.has(read(pair)));
  };
  // The last ones say more, so the first ones are left out first.
  return neededAmong(featuresOf(all).toReversed(), areApart).toReversed();
}

function featuresOf(all: readonly BelievedPair[]): readonly Feature[] {
  const names = new Set(all.flatMap(({ active, next }) => [active, next].flatMap(({ assurances = [] }) => assurances)));
  return [
    { has: ({ registered }) => registered === true, yes: 'is registered', no: 'is not registered' },
    { has: ({ managed }) => managed === true, yes: 'is managed', no: 'is not managed' },
    ...Array.from(names, (name) => ({
      has: ({ assurances = [] }: BelievedDevice) => assurances.includes(name),
      yes: `meets ${name}`,
      no: `does not meet ${name}`,
    })),
  ];
}

function kindText(device: BelievedDevice, features: readonly Feature[]): string {
  return features.map(({ has, yes, no }) => (has(device) ? yes : no)).join(' and ');
}
