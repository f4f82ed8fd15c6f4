/** Which actions of a sufficient set come first: a step of a chain comes after the steps before it. */

import { type Goal, meetsGoal } from './goals.ts';
import type { ActionClass, SearchSpace } from './search-space.ts';

/** The actions that the user may take now. */
export function actionsNow(actions: readonly ActionClass[], { goals, layers }: SearchSpace): readonly ActionClass[] {
  const ready = actions.filter((action, index) => {
    const others = actions.toSpliced(index, 1);
    return layers.every(({ from, to }) =>
      goals.slice(from, to).some((goal, at) =>
        isReady(
          goal,
          effectOn(from + at, action),
          others.map((other) => effectOn(from + at, other)),
        ),
      ),
    );
  });
  // Two layers may ask for opposite orders. Then any order is right.
  return ready.length > 0 ? ready : actions;
}

function effectOn(goal: number, { effects }: ActionClass): number {
  return effects[goal] ?? 0;
}

/** The set meets the goal without the action, or with it as the first. */
function isReady(goal: Goal, effect: number, others: readonly number[]): boolean {
  if (meetsGoal(goal, others)) return true;
  return goal.mayComeFirst ? goal.mayComeFirst(effect, others) : meetsGoal(goal, [effect, ...others]);
}
