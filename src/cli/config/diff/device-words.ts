/** Says what is believed of the devices on which something is so. */
import type { BelievedDevice } from '../../../core/policy/theory.ts';
import type { BelievedPair } from '../../../policy/analysis/believable-pairs.ts';

/** What may be believed of a device, in words after "a device that". */
interface Trait {
  readonly has: (device: BelievedDevice) => boolean;
  readonly yes: string;
  readonly no: string;
}

/** Kinds of devices that are named; more are counted. */
const most = 3;

/** `on a device that is managed`. Where the sides do not believe the same of it, what is believed now stands behind. */
export function deviceWords(some: readonly BelievedPair[], all: readonly BelievedPair[]): string {
  const traits = traitsThatTell(some, all);
  const kinds = some.map(({ live, next }) => {
    const [before, after] = [kindWords(live, traits), kindWords(next, traits)];
    return before === after ? after : `${after} (now it ${before})`;
  });
  const words = [...new Set(kinds)];
  return `on ${words.length > most ? `${words.length} kinds of devices` : `a device that ${words.join(', or ')}`}`;
}

/** No more than are needed to tell these from the others. */
function traitsThatTell(some: readonly BelievedPair[], all: readonly BelievedPair[]): readonly Trait[] {
  const others = all.filter((pair) => !some.includes(pair));
  const areApart = (traits: readonly Trait[]) => {
    const read = ({ live, next }: BelievedPair) => JSON.stringify(traits.map(({ has }) => [has(live), has(next)]));
    const found = new Set(some.map(read));
    return !others.some((pair) => found.has(read(pair)));
  };
  const needed = (traits: readonly Trait[], trait: Trait) => {
    const fewer = traits.filter((one) => one !== trait);
    return areApart(fewer) ? fewer : traits;
  };
  const traits = traitsOf(all);
  return traits.reduce(needed, traits);
}

function traitsOf(all: readonly BelievedPair[]): readonly Trait[] {
  const names = new Set(all.flatMap(({ live, next }) => [live, next].flatMap(({ assurances = [] }) => assurances)));
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

function kindWords(device: BelievedDevice, traits: readonly Trait[]): string {
  return traits.map(({ has, yes, no }) => (has(device) ? yes : no)).join(' and ');
}
