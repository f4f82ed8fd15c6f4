/** Denials that miss users who lack what they rest on: at sign-ins, changes of an account and recoveries. */
import { type FailOpen, failOpen } from '../../../core/analysis/findings/fail-open.ts';
import { isSignInDenied } from '../../../core/analysis/simulation/simulated-outcome.ts';
import type { CompiledPolicy, PolicySet } from '../../../core/policy/rules/compile.ts';
import type { Universe, UserFacts } from '../../../core/policy/theories/theory.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';

/** A rule of the account policy may be found once for each change that it is about. */
export function failOpenFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return [...ofSignIns(apps, configuration), ...ofOthers(configuration)].flatMap((examined) =>
    inPolicy(examined, configuration),
  );
}

interface Examined {
  readonly policy: CompiledPolicy;
  /** The other policy of the same sign-ins. Absent: there is none. */
  readonly beside?: CompiledPolicy;
  readonly universe: Universe;
  /** All policies of the app. Absent: it is about none, or about the account pages. */
  readonly policies?: PolicySet;
  /** What the rule below does, as a clause. */
  readonly does: string;
  /** Whether `explain` shows it: it asks about sign-ins, and about no other change or recovery. */
  readonly isSignIn: boolean;
}

function ofSignIns(apps: readonly AnalysedApp[], { universe }: AnalysedConfiguration): readonly Examined[] {
  const said = { does: 'lets in', isSignIn: true };
  const atApps = apps.flatMap(({ app: { clientId }, policies }): readonly Examined[] => {
    const { session, app } = policies;
    const common = { ...said, policies, universe: universe([clientId]) };
    if (app === undefined) return [{ ...common, policy: session }];
    return [
      { ...common, policy: session, beside: app },
      { ...common, policy: app, beside: session },
    ];
  });
  const [first] = apps;
  if (first === undefined) return [];
  // At the account pages, the session policy stands alone.
  return [...atApps, { ...said, policy: first.policies.session, universe: universe([accountClientId]) }];
}

function ofOthers({ policies, universe }: AnalysedConfiguration): readonly Examined[] {
  return policies.flatMap((analysedPolicy) => {
    const { kind, policy, clientIds } = analysedPolicy;
    if (kind !== 'account' && kind !== 'recovery') return [];
    const does = kind === 'account' ? 'lets them change their account' : 'lets them recover their password';
    return [{ policy, universe: universe(clientIds), does, isSignIn: false }];
  });
}

function inPolicy(
  { policy, beside, universe, ...said }: Examined,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const { found, undecided } = failOpen(policy, universe, beside);
  return [
    ...found.flatMap((open) => findingOf(open, said, configuration)),
    ...undecidedFindings(undecided, 'whether users who lack an attribute escape it', configuration),
  ];
}

/** Users who cannot set up there what they are asked for have it already. Undefined: it makes no difference. */
function enrolledIn(facts: UserFacts, policies: PolicySet | undefined): readonly string[] | undefined {
  if (policies === undefined) return undefined;
  const { authenticators } = policies;
  const assumed = authenticators.filter(({ askedWithIdentifier }) => askedWithIdentifier).map(({ key }) => key);
  return isSignInDenied(policies, facts, assumed) ? authenticators.map(({ key }) => key) : undefined;
}

function findingOf(
  { rule, attribute, instead, facts }: FailOpen,
  { does, isSignIn, policies }: Pick<Examined, 'does' | 'isSignIn' | 'policies'>,
  { locationOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = locationOf(rule);
  if (location === undefined) return [];
  const parts = {
    message: `denies by \`${attribute}\`, and a user who lacks it is under the rule "${instead.name}" instead, which ${does}`,
    rules: [namedRule(instead)],
    ...(isSignIn && { example: exampleOptions(facts, enrolledIn(facts, policies)) }),
    advice:
      attribute === 'userType'
        ? 'deny every type but some, with `userType: { none: [...] }`'
        : `say what it means to lack it, in a rule with \`${attribute}: { present: false }\`, or deny all but some with \`not\``,
  };
  return [findingAt('fail-open', location, parts)];
}
