/** The order of the actions in a sufficient set: a step of a chain comes after the earlier steps. */

import { type Automaton, isMetBy } from './alternative-automaton.ts';
import type { ActionClass, SearchSpace } from './search-space.ts';

/** The actions that the user may take next. */
export function actionsNow(actions: readonly ActionClass[], { automata, layers }: SearchSpace): readonly ActionClass[] {
  const ready = actions.filter((action, index) => {
    const others = actions.toSpliced(index, 1);
    return layers.every(({ from, to }) =>
      automata.slice(from, to).some((automaton, at) =>
        isReady(
          automaton,
          effectOn(from + at, action),
          others.map((other) => effectOn(from + at, other)),
        ),
      ),
    );
  });
  // Two layers may require opposite orders. Then any order is allowed.
  return ready.length > 0 ? ready : actions;
}

function effectOn(automaton: number, { effects }: ActionClass): number {
  return effects[automaton] ?? 0;
}

/** The alternative or chain is met without the action, or may begin with it. */
function isReady(automaton: Automaton, effect: number, others: readonly number[]): boolean {
  if (isMetBy(automaton, others)) return true;
  return automaton.mayComeFirst ? automaton.mayComeFirst(effect, others) : isMetBy(automaton, [effect, ...others]);
}
