/** Which rules fall short of a standard, as findings at these rules. */
import type { AdditionPlaces } from '../../../core/analysis/accounts/entry-rules.ts';
import { type ExaminedPolicies, examineInvariant, type Violation } from '../../../core/analysis/findings/invariants.ts';
import { browsersOf, isRememberable } from '../../../core/analysis/proofs/asked-proofs.ts';
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import type { Conditions } from '../../../core/model/conditions.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { defaultPasswordTerms } from '../../../core/model/password-policy.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import { inOrderOfLocations } from '../../../core/model/source-location.ts';
import type { PolicySet } from '../../../core/policy/rules/compile.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import type { App } from '../../model/app.ts';
import type { AuthenticatorKind, DeliveryChannel } from '../../model/authenticator-kind.ts';
import { enabledAuthenticators } from '../../revision/enabled-authenticators.ts';
import type { EquivalentApps } from '../../revision/equivalent-apps.ts';
import { type FileLocation, findingAt } from '../../source/finding-at.ts';
import { appsExaminedOnce } from '../analysed/apps-examined-once.ts';
import { type AnalysedConfiguration, analysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { type AcceptedFinding, dayOf, withoutAccepted } from '../findings/accepted-findings.ts';
import type { CheckedSources } from '../findings/analyse.ts';
import { reasonIn } from '../invariants/invariant-findings.ts';
import { otherAppsText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { proofsText, provedOptions } from '../text/proofs-text.ts';
import { applyingPasswordRules } from './applying-passwords.ts';
import { examinedApp, placesOf } from './examined-app.ts';
import type { AuthenticatorRoles, Criterion, Standard } from './standard.ts';
import { type StandardName, standards } from './standards.ts';

export interface StandardOptions {
  readonly standard: StandardName;
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Client ids and labels of the apps to look at. Both absent: all. */
  readonly apps?: readonly string[];
  readonly labels?: readonly string[];
  /** Epoch seconds: until when comments accept findings. */
  readonly now: Seconds;
}

export interface StandardResult {
  /** Sorted by file, line and column, without those that comments in the files accept. */
  readonly findings: readonly AnalysisFinding[];
  /** What comments in the files accept. */
  readonly accepted: readonly AcceptedFinding[];
  /** How many apps were looked at. */
  readonly apps: number;
}

/** Findings about files that were checked. */
export async function standardFindings(checked: CheckedSources, options: StandardOptions): Promise<StandardResult> {
  const configuration = await analysedConfiguration(checked, options);
  const standard: Standard = standards[options.standard];
  const meant = configuration.apps.map(({ app }) => app).filter((app) => isMeant(app, options));
  const ofApps: AppFinding[] = [];
  const roles = rolesIn(configuration, options.authenticators);
  const context = { configuration, standard, roles, places: await placesOf(configuration) };
  for (const alike of await appsExaminedOnce(meant, [everySignIn], configuration)) {
    const findings = appFindings(alike, await configuration.snapshot.policies(alike.app), context);
    ofApps.push(...findings.map((finding) => ({ finding, alike })));
  }
  const found = [...distinctFindings(ofApps), ...(await passwordFindings(context)), ...bannedFindings(context)];
  const sorted = found.toSorted(inOrderOfLocations);
  const sources = checked.sources.map(({ source }) => source);
  return { ...withoutAccepted(sorted, sources, dayOf(options.now)), apps: meant.length };
}

interface AppFinding {
  readonly finding: AnalysisFinding;
  /** The apps that it is about. */
  readonly alike: EquivalentApps;
}

/** One for each rule and section: an error if there is one. It names all apps. */
function distinctFindings(all: readonly AppFinding[]): readonly AnalysisFinding[] {
  const places = Map.groupBy(all, ({ finding: { file, line, column, message } }) => {
    return `${file}:${line}:${column} ${message.replace(/(?:; it takes .*)? \(app .*$/, '')}`;
  });
  return [...places.values()].flatMap((same) => {
    const shown = same.find(({ finding }) => finding.severity === 'error') ?? same[0];
    if (shown === undefined) return [];
    const { clientId } = shown.alike.app;
    const others = otherAppsText([...new Set(same.map(({ alike }) => alike))], clientId);
    const named = others === '' ? `(app ${clientId})` : `(app ${clientId}, and also ${others})`;
    return { ...shown.finding, message: shown.finding.message.replace(/\(app [^()]*\)$/, named) };
  });
}

interface Context {
  readonly configuration: AnalysedConfiguration;
  readonly standard: Standard;
  readonly roles: AuthenticatorRoles;
  readonly places: AdditionPlaces;
}

function isMeant(app: App, { apps, labels }: StandardOptions): boolean {
  if (app.signOnPolicies === undefined) return false;
  if (apps === undefined && labels === undefined) return true;
  return (apps ?? []).includes(app.clientId) || (labels ?? []).some((label) => app.labels.includes(label));
}

function rolesIn(
  { snapshot: { settings } }: AnalysedConfiguration,
  all: readonly AuthenticatorKind[],
): AuthenticatorRoles {
  const enabled = enabledAuthenticators(all, settings);
  const keysOf = (fits: (one: (typeof enabled)[number]) => boolean) => enabled.filter(fits).map(({ key }) => key);
  const sends = ({ key, channels }: (typeof enabled)[number], by: readonly DeliveryChannel[]) => {
    const own = settings.authenticators[key];
    return own !== undefined && (channels?.(own) ?? []).some((channel) => by.includes(channel));
  };
  return {
    passwords: keysOf(({ underPasswordPolicy }) => underPasswordPolicy === true),
    mail: keysOf((kind) => sends(kind, ['email'])),
    phone: keysOf((kind) => sends(kind, ['sms', 'voice'])),
    questions: keysOf(({ auxiliary }) => auxiliary === true),
    handedOut: keysOf(({ recovery, enrollable }) => recovery === true && !enrollable),
    phishingResistant: keysOf(({ characteristics }) => characteristics.includes('phishingResistant')),
    all: keysOf(() => true),
  };
}

const everySignIn: Conditions = {};

function appFindings({ app }: EquivalentApps, policies: PolicySet, context: Context): readonly AnalysisFinding[] {
  const { configuration, standard, roles, places } = context;
  const examinedFor = examinedApp({ app, policies, when: everySignIn }, configuration, places);
  const remembering = rememberingRules(policies, context);
  const found = standard.criteria.flatMap((criterion) => {
    const guarantee = criterion.guarantee(roles);
    if (guarantee === undefined) return [];
    const examined = examinedFor(guarantee);
    const { when } = examined;
    const verdict = examineInvariant(
      {
        ...{ name: criterion.section, when, guarantee },
        ...(standard.memory && { countsRemembered: true as const }),
        ...(criterion.blames === 'session' && { bySession: true as const }),
      },
      examined,
    );
    if (verdict.kind !== 'holds' && isExempt(criterion, when, examined)) return [];
    if (verdict.kind !== 'refuted' && verdict.kind !== 'undecided') return [];
    const violations = verdict.kind === 'refuted' ? verdict.violations : [];
    const undecided = verdict.open.flatMap((rules) => {
      const reason = reasonIn(rules);
      const why = reason === undefined ? '' : `; ${reason}`;
      const message = `whether it meets ${criterion.section} could not be decided: ${criterion.text}${why}`;
      return findingAtRule(rules, criterion, { ...context, message, advice: simplerAdvice(guarantee) });
    });
    return [
      ...violations.flatMap((violation) => violationFinding(violation, { app, policies, criterion }, context)),
      ...undecided,
    ];
  });
  return [...found, ...remembering];
}

/** What users can set up decides about offers, too. */
function simplerAdvice({ kind }: Guarantee): string {
  const others = kind === 'offers' ? ', and those of the enrollment and the account policy,' : '';
  return `write these rules${others} with simpler conditions`;
}

function isExempt({ section: name, exempts }: Criterion, when: Conditions, examined: ExaminedPolicies): boolean {
  return exempts !== undefined && examineInvariant({ name, when, guarantee: exempts }, examined).kind === 'holds';
}

/** A finding of its own, so that it is listed together with what else the rule lacks. */
function rememberingRules(policies: PolicySet, { configuration, standard }: Context): readonly AnalysisFinding[] {
  const { memory } = standard;
  const rules = policies.app?.rules.map(({ rule }) => rule) ?? [];
  if (memory === undefined) return [];
  return rules.flatMap((rule) => {
    const location = waivesProofs(rule, policies) ? configuration.locationOf(rule) : undefined;
    if (location === undefined) return [];
    const message = `falls short of ${memory.section}: ${memory.text}`;
    const path = [...location.path, 'then', 'remember'];
    return [findingAt('standard', { ...location, path }, { message, advice: 'remove `remember` from this rule' })];
  });
}

/** Whether a browser that remembers something has to prove less, under some rule of the session policy. */
function waivesProofs(app: Rule, policies: PolicySet): boolean {
  const rememberable = policies.authenticators.filter(isRememberable);
  return policies.session.rules.some(
    ({ rule: session }) => browsersOf({ session, app }, policies, rememberable).length > 1,
  );
}

function violationFinding(
  { rules, facts, proved, never }: Violation,
  { app, policies, criterion }: { readonly app: App; readonly policies: PolicySet; readonly criterion: Criterion },
  context: Context,
): readonly AnalysisFinding[] {
  const { authenticators, session } = policies;
  const guarantee = criterion.guarantee(context.roles);
  const measure = { authenticators, session, ...(guarantee?.kind === 'proves' && { wanted: guarantee.requirement }) };
  const short = `falls short of ${criterion.section}: ${criterion.text}`;
  const instead = proved && guarantee?.kind !== 'offers' ? `; it takes ${proofsText(proved, measure)}` : '';
  const wanted = guarantee?.kind === 'offers' ? guarantee.including : [];
  const lacking = never?.filter((key) => wanted.includes(key)).join(' or ') ?? '';
  const lack = lacking === '' ? '' : `; users such as the one of the example can never set up ${lacking}`;
  const example = proved ? provedOptions(facts, proved, measure) : exampleOptions(facts);
  const message = `${short}${instead}${lack} (app ${app.clientId})`;
  const advice = lack && 'let them set it up, by the enrollment and the account policy';
  return findingAtRule(rules, criterion, { ...context, message, example, ...(advice && { advice }) });
}

interface Said extends Context {
  readonly message: string;
  readonly example?: readonly string[];
  /** Absent: the rule may ask for it, or follow the recommendation. */
  readonly advice?: string;
}

/** A finding at the rule that is to blame. It names the other rules that decide. */
function findingAtRule(
  [session, app, ...others]: readonly RuleHead[],
  { blames, isRecommended }: Criterion,
  { configuration, message, example, advice }: Said,
): readonly AnalysisFinding[] {
  const [blamed, beside] = blames === 'session' ? [session, app] : [app, session];
  const location = blamed && configuration.locationOf(blamed);
  if (location === undefined) return [];
  const rules = [...(beside ? [beside] : []), ...others].filter(({ location: place }) => place !== undefined);
  return [
    findingAt('standard', location, {
      message,
      rules: rules.map(namedRule),
      advice: isRecommended
        ? `${advice ?? 'follow the recommendation'}, or say why not where you keep such reasons`
        : `${advice ?? 'ask for it in this rule'}, or leave the app out of what the standard is for`,
      // Also where only a user in several groups shows it that no rule names together: it is about all who could exist.
      ...(isRecommended && { severity: 'warning' as const }),
      ...(example && { example }),
    }),
  ];
}

/** Each rule of the password policy that may apply; without one, the default. None where no password is in use. */
async function passwordFindings({ configuration, standard, roles }: Context): Promise<readonly AnalysisFinding[]> {
  if (roles.passwords.length === 0) return [];
  const applying = await applyingPasswordRules(configuration);
  return (standard.passwords ?? []).flatMap(({ section, text, isMet, isAboutLockout }) => {
    const rules = isAboutLockout ? applying?.lockingOut : applying?.deciding;
    const message = `falls short of ${section}: ${text}`;
    const advice = 'set it in policies/password.yaml';
    const short = rules?.filter(({ then }) => !isMet(then)) ?? [];
    const locations = short.map((rule) => configuration.locationOf(rule));
    const found = locations.flatMap((location) =>
      location ? [findingAt('standard', location, { message, advice })] : [],
    );
    const isShort = applying === undefined && !isMet(defaultPasswordTerms);
    return isShort ? [...found, missingFileFinding(message)] : found;
  });
}

/** No line of any file is to blame. */
function missingFileFinding(message: string): AnalysisFinding {
  return {
    ...{ file: 'policies/password.yaml', line: 1, column: 1, path: '', code: 'standard', severity: 'error' },
    message: `${message}; without this file, the defaults apply`,
    text: '',
    rules: [],
    advice: 'write policies/password.yaml and set it there',
  };
}

function settingsLocation({ settings }: AnalysedConfiguration): FileLocation | undefined {
  return settings && { source: settings, path: [] };
}

function bannedFindings({ configuration, standard: { banned }, roles }: Context): readonly AnalysisFinding[] {
  const location = settingsLocation(configuration);
  if (banned === undefined || location === undefined) return [];
  return banned.keys(roles).map((key) => {
    const parts = { message: `falls short of ${banned.section}: ${banned.text}`, advice: 'do not enable it', key };
    return findingAt('standard', { ...location, path: ['authenticators'] }, parts);
  });
}
