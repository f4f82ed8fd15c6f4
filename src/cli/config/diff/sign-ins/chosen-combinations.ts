/** Chooses what is compared of all combinations of what circumstances differ in, if there are too many. */

/** The values of each aspect, by their positions. The first value is the most ordinary one. */
export interface AspectCounts {
  /** The number of values of each aspect. */
  readonly counts: readonly number[];
  /** Positions of the values that tell the rules apart that differ between the configurations. */
  readonly changed: () => readonly (readonly number[])[];
}

export interface ChosenCombinations {
  /** For each combination, the position of the value of each aspect. */
  readonly combinations: readonly (readonly number[])[];
  /** There are more. */
  readonly isPartial: boolean;
}

/** More combinations are not compared. */
const most = 500;

/**
 * All of them; or each aspect alone, what the changed rules ask about together, and beside that one or two aspects.
 */
export function chosenCombinations({ counts, changed }: AspectCounts): ChosenCombinations {
  const all = counts.map((count) => Array.from({ length: count }, (_, position) => position));
  if (sizeOf(all) <= most) return { combinations: product(all), isPartial: false };
  const ordinary = counts.map(() => [0]);
  const found = new Map<string, readonly number[]>();
  const add = (blocks: readonly Block[], limit = most) => {
    for (const block of blocks) {
      if (sizeOf(block) > limit) continue;
      const fresh = product(block).filter((combination) => !found.has(combination.join()));
      if (found.size + fresh.length > limit) continue;
      for (const combination of fresh) found.set(combination.join(), combination);
    }
  };
  const together = changed();
  add(withEach(ordinary, all), Number.POSITIVE_INFINITY);
  add([together]);
  add(withEach(together, all));
  add(withTwo(together, all));
  add(withTwo(ordinary, all));
  return { combinations: [...found.values()], isPartial: true };
}

/** All combinations of these positions. */
type Block = readonly (readonly number[])[];

function sizeOf(block: Block): number {
  return block.reduce((size, { length }) => size * length, 1);
}

function product(block: Block): readonly (readonly number[])[] {
  return block.reduce<readonly (readonly number[])[]>(
    (all, positions) => all.flatMap((before) => positions.map((position) => [...before, position])),
    [[]],
  );
}

/** For each aspect, the block with all of its values. */
function withEach(block: Block, all: Block): readonly Block[] {
  return all.map((positions, aspect) => block.with(aspect, positions));
}

function withTwo(block: Block, all: Block): readonly Block[] {
  return all.flatMap((positions, aspect) =>
    all.slice(aspect + 1).map((others, after) => block.with(aspect, positions).with(aspect + 1 + after, others)),
  );
}
