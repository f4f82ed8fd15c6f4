/** Describes the devices for which a statement holds, by what the server believes about them. */
import { neededAmong } from '../../../../core/analysis/space/needed-among.ts';
import type { BelievedDevice } from '../../../../core/policy/theories/theory.ts';
import type { BelievedPair } from '../../../../policy/analysis/analysed/believable-pairs.ts';
import { assuranceStatement } from '../../questions/devices.ts';

/** A possible belief about a device, with the words that follow "a device that". */
interface Feature {
  /** As in `statementsIn`. */
  readonly statement: string;
  readonly has: (device: BelievedDevice) => boolean;
  readonly yes: string;
  readonly no: string;
}

/** The most kinds of devices to name. Others are counted. */
const most = 3;

/** The compared devices: those for which it holds, and all. */
export interface ComparedDevices {
  readonly some: readonly BelievedPair[];
  readonly all: readonly BelievedPair[];
  /** As in `ComparedCircumstances`: the others of these are not compared. */
  readonly statements?: readonly string[] | undefined;
}

/**
 * For example `on a device that is managed`. If the beliefs of the two sides differ, the present belief is appended.
 */
export function deviceText({ some, all, statements = [] }: ComparedDevices): string {
  const needed = neededFeatures(some, all);
  const asked = featuresOf(all).filter(
    ({ statement }) => statements.includes(statement) || needed.some((feature) => feature.statement === statement),
  );
  const features = withoutOpen(asked, needed, { some, all });
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
    const found = new Set(some.map((pair) => readingOf(pair, features)));
    return !others.some((pair) => found.has(readingOf(pair, features)));
  };
  // The last ones say more, so the first ones are left out first.
  return neededAmong(featuresOf(all).toReversed(), areApart).toReversed();
}

/**
 * Of many statements only some are compared, and these may differ in fewer features than a rule asks about. So what is
 * asked stays, unless it is not needed and it holds for each compared kind of device with and without it.
 */
function withoutOpen(
  asked: readonly Feature[],
  needed: readonly Feature[],
  { some, all }: Pick<ComparedDevices, 'some' | 'all'>,
): readonly Feature[] {
  return asked.reduceRight((kept, feature) => {
    if (needed.some(({ statement }) => statement === feature.statement)) return kept;
    const rest = kept.filter((other) => other !== feature);
    return kindsBy(kept, some) === kindsBy([feature], all) * kindsBy(rest, some) ? rest : kept;
  }, asked);
}

/** How many kinds of devices these features tell apart. */
function kindsBy(features: readonly Feature[], pairs: readonly BelievedPair[]): number {
  return new Set(pairs.map((pair) => readingOf(pair, features))).size;
}

function readingOf({ active, next }: BelievedPair, features: readonly Feature[]): string {
  return JSON.stringify(features.map(({ has }) => [has(active), has(next)]));
}

function featuresOf(all: readonly BelievedPair[]): readonly Feature[] {
  const names = new Set(all.flatMap(({ active, next }) => [active, next].flatMap(({ assurances = [] }) => assurances)));
  return [
    {
      statement: 'registered',
      has: ({ registered }) => registered === true,
      yes: 'is registered',
      no: 'is not registered',
    },
    { statement: 'managed', has: ({ managed }) => managed === true, yes: 'is managed', no: 'is not managed' },
    ...Array.from(names, (name) => ({
      statement: assuranceStatement(name),
      has: ({ assurances = [] }: BelievedDevice) => assurances.includes(name),
      yes: `meets ${name}`,
      no: `does not meet ${name}`,
    })),
  ];
}

function kindText(device: BelievedDevice, features: readonly Feature[]): string {
  return features.map(({ has, yes, no }) => (has(device) ? yes : no)).join(' and ');
}
