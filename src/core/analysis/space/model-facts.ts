/** Facts in the classes of a model. */
import type { Subject } from '../../model/facts.ts';
import { neutralFacts, neutralRequest } from '../../model/neutral-facts.ts';
import { plainTime, type Universe, type UserFacts, type Variable } from '../../policy/theories/theory.ts';
import type { ClassModel } from './read-formulas.ts';

const subject: Subject = {
  id: 'example',
  status: 'active',
  identifiers: [],
  groups: [],
  profile: {},
  enrollments: [],
};

/** Plain where the model leaves them open. */
export function factsOfModel(
  model: ClassModel,
  { clientIds, places, notBefore = plainTime, skipped }: Universe,
): UserFacts {
  const network = places.find(({ isRuledOut }) => !isRuledOut);
  const plain: UserFacts = neutralFacts({
    now: Math.max(plainTime, notBefore),
    request: neutralRequest(clientIds[0] ?? '', ['openid']),
    ...(network && { network }),
    device: { known: false, platform: 'desktop', os: 'windows' },
    subject: { ...subject, ...(skipped && { skipped }) },
    signedInWith: [],
  });
  const variables = [...model.keys()].sort((a, b) => (a.order ?? 3) - (b.order ?? 3));
  return variables.reduce((facts, variable) => placed(facts, variable, model.get(variable) ?? 0), plain);
}

function placed(facts: UserFacts, { classes }: Variable, index: number): UserFacts {
  return classes[index]?.applyTo?.(facts) ?? facts;
}
