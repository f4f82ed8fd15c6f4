/**
 * Finds what a method that is switched on lets users enroll after proving less. Accounts that have its authenticator
 * now reach their strongest level by this method, too (Law 7); before, that took another method. The evaluator confirms
 * it under both configurations. A new authenticator needs no examination: no account has it, and adding it takes what
 * the account had before. Accounts may have one that was enabled before it was switched off: it is examined like a new
 * method.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { requestsOf, stepAfter } from '../simulation/step-after.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type Deciders, decidingTogether, factsFor, factsOn, type PolicySides } from './deciding-together.ts';

/** The user sets up one of `enrolls` with these proofs; the first did not count before. */
export interface NewlyOpened {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** The first with its method. */
  readonly proved: readonly AuthenticatorDescriptor[];
  /** Keys of the other authenticators that the user has. */
  readonly besides: readonly string[];
  readonly enrolls: readonly string[];
}

/** `enabledEarlier`: keys of authenticators that accounts may have, although they are off before. */
interface SwitchedSides extends PolicySides {
  readonly enabledEarlier?: readonly string[];
}

/** One example for each new method, if one is known. */
export function newlyOpened(sides: SwitchedSides, space: RuleSpace): readonly NewlyOpened[] {
  const proofs = newMethods(sides);
  if (proofs.length === 0) return [];
  const found = new Map<AuthenticatorDescriptor, NewlyOpened>();
  for (const { before, now, formulas } of decidingTogether(sides, space)) {
    const open = proofs.filter((proof) => !found.has(proof));
    const facts = open.length > 0 && factsFor({ before, now, formulas }, { ...sides, space });
    if (typeof facts !== 'object') continue;
    for (const descriptor of open) {
      const opened = openedBy(descriptor, facts, sides);
      if (opened) found.set(descriptor, { before, now, ...opened });
    }
  }
  return [...found.values()];
}

/** Recovery authenticators belong to no level. */
function newMethods({ active, next, enabledEarlier = [] }: SwitchedSides): readonly AuthenticatorDescriptor[] {
  return next.authenticators.flatMap((descriptor) => {
    const then = active.authenticators.find(({ key }) => key === descriptor.key);
    if (descriptor.recovery || descriptor.auxiliary) return [];
    if (then === undefined) return enabledEarlier.includes(descriptor.key) ? byMethod(descriptor) : [];
    const methods = descriptor.methods?.filter((method) => !(then.methods?.includes(method) ?? true)) ?? [];
    return methods.map((method) => ({ ...descriptor, methods: [method] }));
  });
}

function byMethod(descriptor: AuthenticatorDescriptor): readonly AuthenticatorDescriptor[] {
  return descriptor.methods?.map((method) => ({ ...descriptor, methods: [method] })) ?? [descriptor];
}

function openedBy(
  proof: AuthenticatorDescriptor,
  facts: UserFacts,
  sides: PolicySides,
): Pick<NewlyOpened, 'facts' | 'proved' | 'besides' | 'enrolls'> | undefined {
  const { active, next } = sides;
  const kept = next.authenticators.filter(
    ({ key }) => key !== proof.key && active.authenticators.some((authenticator) => authenticator.key === key),
  );
  for (const asked of requestsOf(facts, next))
    for (const more of [[], ...kept.map((descriptor) => [descriptor])]) {
      const others = kept.filter((descriptor) => !more.includes(descriptor));
      for (const besides of [[], ...others.map((other) => [other]), others]) {
        const user = { proved: [proof, ...more], besides };
        const now = stepAfter(user, factsOn('next', asked, sides), next);
        // What is off proves nothing, and belongs to no level.
        const userThen = active.authenticators.some(({ key }) => key === proof.key) ? user : { proved: more, besides };
        if (now.kind !== 'enroll' || stepAfter(userThen, factsOn('active', asked, sides), active).kind !== 'refused')
          continue;
        return { facts: asked, proved: user.proved, besides: besides.map(({ key }) => key), enrolls: now.choices };
      }
    }
  return undefined;
}
