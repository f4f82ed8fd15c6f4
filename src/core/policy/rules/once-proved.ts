/**
 * The two moments of a fresh sign-in at which different rules may decide: before the first proof, and after it. Until
 * then the past of the account does not count (`risk`, `distance`), and a denial is withheld. So what a sign-in comes
 * to is up to the rules that decide once something is proved.
 */
import type { Facts } from '../../model/facts.ts';
import type { RuleHead } from '../../model/policy.ts';
import { withProof } from '../theories/theory.ts';
import { pastCounts } from '../values/risk.ts';
import type { CompiledPolicy, PolicySet } from './compile.ts';
import { conditionSets, conditionsOnceProved } from './condition-table.ts';

type AnyPolicy = CompiledPolicy<RuleHead> | undefined;

/** As the rules of this policy see a fresh sign-in once something is proved. The same facts where no rule can tell. */
export function onceProved(policy: AnyPolicy, facts: Facts): Facts {
  return policy !== undefined && asksIn(policy, rulesOf) ? proved(facts) : facts;
}

/** As all rules that decide about a sign-in see it once something is proved. The same facts where none can tell. */
export function signInOnceProved(policies: PolicySet, facts: Facts): Facts {
  return asksIn(policies, rulesOfSignIn) ? proved(facts) : facts;
}

function proved(facts: Facts): Facts {
  const { subject } = facts;
  return subject === undefined || pastCounts(facts) ? facts : withProof({ ...facts, subject });
}

/** Cached by policy, or by the policies of an app: most rules ask nothing about the past. */
const asking = new WeakMap<object, boolean>();

function asksIn<Of extends object>(of: Of, rulesIn: (of: Of) => readonly RuleHead[]): boolean {
  const known = asking.get(of) ?? rulesIn(of).some(asksAboutPast);
  asking.set(of, known);
  return known;
}

function rulesOf({ rules }: CompiledPolicy<RuleHead>): readonly RuleHead[] {
  return rules.map(({ rule }) => rule);
}

function rulesOfSignIn({ session, app, enrollment, password, profile, accountPolicy }: PolicySet): readonly RuleHead[] {
  const compiled: readonly AnyPolicy[] = [session, app, enrollment, password, profile];
  return [...compiled.flatMap((policy) => (policy ? rulesOf(policy) : [])), ...(accountPolicy?.rules ?? [])];
}

function asksAboutPast({ when }: RuleHead): boolean {
  return conditionSets(when).some((set) => conditionsOnceProved.some((name) => set[name] !== undefined));
}
