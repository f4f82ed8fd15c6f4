/** Formats an explanation for terminals: aligned, one fact per line. */

import type { Branch } from '../../core/analysis/simulation/branches.ts';
import type { Evidence, Seconds } from '../../core/model/facts.ts';
import type { AllowTerms } from '../../core/model/policy.ts';
import { sourceLocationText } from '../../core/model/source-location.ts';
import type { RuleTrace } from '../../core/model/trace.ts';
import { riskText } from '../../core/policy/values/risk.ts';
import type { ExplainedLayer, ExplainedRule, Explanation, WholeExplanation } from '../../flow/explain.ts';
import { nameInList } from '../../policy/analysis/text/comma-list.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { printable } from '../../policy/model/printable.ts';
import type { Paint } from '../shared/output/paint.ts';
import { zoneText } from '../shared/output/zone-text.ts';
import { conditionLines, leaves, resultText } from './condition-text.ts';
import { denialText, denyReasonText, keptPasswordText } from './denial-text.ts';
import { beforeText, enrollmentRows, skippableText } from './enrollment-text.ts';
import { assumedId } from './facts-from-options.ts';
import type { Locked } from './locked-authenticators.ts';
import { consentText, keepText, profileRows, profileText } from './profile-text.ts';
import { enrolledText, evidenceText, rememberedText } from './proof-text.ts';
import { appSessionText, maxAgeText, missingText, requirementText, sessionText } from './requirement-text.ts';
import { followingDenialText, neededText, stepLines, withheldDenialText } from './step-text.ts';
import { leftAsideLines } from './unanswered-conditions.ts';

/** What the command adds to an explanation. */
export interface CommandExplanation extends WholeExplanation {
  readonly branches: readonly Branch[];
  /** `name`: as `--evidence` takes it, such as `webauthn#2`. */
  readonly evidence: readonly (Evidence & { readonly name: string })[];
  /** What rules ask about the user and the past, of which nothing was given and nothing is known. */
  readonly leftAside: readonly string[];
  /** Why no session can hold some of the evidence, in sentences. */
  readonly outlived: readonly string[];
  /** Absent for an invented user. */
  readonly locked?: readonly Locked[];
}

/** `source`: describes the configuration. */
export function explanationText(explanation: CommandExplanation, source: string, paint: Paint): string {
  const { app, layers, later, steps, branches } = explanation;
  const needed = neededText(branches);
  const lines = [
    paint('bold', `Sign-in to ${app.name} (${app.clientId}), by ${source}`),
    ...factLines(explanation),
    ...layers.flatMap((layer) => ['', ...layerLines(layer, paint)]),
    ...later.flatMap((layer) => ['', ...layerLines(layer, paint, ', once something is proved')]),
    '',
    `${paint('bold', 'Outcome')}    ${outcomeText(explanation)}${followingDenialText(explanation)}`,
    ...(explanation.rule === '' ? [] : [`Decided by ${explanation.rule}`]),
    ...(later.length === 0
      ? []
      : [`Later by   ${later.map(({ layer, decidedBy }) => `${layer}: ${decidedBy}`).join('; ')}`]),
    ...(needed === '' ? [] : [`Needs      ${needed}: nothing replaces it`]),
    '',
    paint('bold', 'Steps'),
    ...stepLines(steps, { subject: explanation.subject, branches }),
    ...leftAsideLines(explanation.leftAside),
    ...(explanation.outlived.length > 0 ? ['', ...explanation.outlived.map((sentence) => `Note: ${sentence}.`)] : []),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function factLines(explanation: CommandExplanation): readonly string[] {
  const { subject, evidence, network, device, request, at, locked = [] } = explanation;
  const who = subject === undefined ? 'the user has not identified yet' : (subject.identifiers[0] ?? 'a user');
  const zones = zoneText(network);
  const owned = subject?.enrollments ?? [];
  const requestParts = [
    `scope ${request.scopes.join(' ')}`,
    ...(request.acrValues.length === 0
      ? []
      : [`${request.acrEssential ? 'essential acr' : 'acr_values'} ${request.acrValues.join(' ')}`]),
    ...(request.essentialClaims ? [`essential claims ${request.essentialClaims.join(' ')}`] : []),
    ...(request.maxAge === undefined ? [] : [`max_age ${request.maxAge}`]),
    ...(request.claims ? [`claims ${request.claims.join(' ')}`] : []),
    ...(request.promptLogin ? ['prompt login'] : []),
    ...(request.promptConsent ? ['prompt consent'] : []),
    ...(request.promptSelectAccount ? ['prompt select_account'] : []),
  ];
  const rows: readonly (readonly [string, string])[] = [
    ['who', subject === undefined || subject.status === 'active' ? who : `${who} (${subject.status})`],
    ...(subject === undefined
      ? []
      : ([
          ['groups', subject.groups.map(nameInList).join(', ') || 'none'],
          ...attributeRows(explanation),
          ['enrolled', enrolledText(owned)],
          ['evidence', evidenceText(evidence, owned, at)],
          ...locked.map((entry) => ['locked', lockedText(entry)] as const),
        ] as const)),
    ['network', `${network.ip || 'no address'}, ${zones}`],
    [
      'device',
      `${device.known ? 'known' : 'new'}, ${device.platform}, ${device.os}${signalText(device)}${rememberedText(device.remembered ?? [], owned, at)}`,
    ],
    ...unusualRows(explanation),
    ['request', requestParts.join('; ')],
    ['time', new Date(at * 1000).toISOString().replace('.000', '')],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(9)} ${printable(value)}`);
}

/**
 * For an invented user, the facts given to the command. Those of a real user are personal data, shown by `users show`.
 */
function attributeRows({ subject, locked }: CommandExplanation): readonly (readonly [string, string])[] {
  if (subject === undefined || locked !== undefined) return [];
  const type = subject.userType === undefined ? [] : [['type', subject.userType] as const];
  const attributes = Object.entries(subject.profile).map(
    ([name, value]) => `${name} ${[value].flat().join(' and ') || 'without a value'}`,
  );
  const id = subject.id === assumedId ? [] : [['id', subject.id] as const];
  return [...id, ...type, ...(attributes.length === 0 ? [] : [['profile', attributes.join(', ')] as const])];
}

/** Risk counts only after a proof, so the steps may ask for more than the layers above them. */
function unusualRows({ risk, distance, evidence }: Explanation): readonly (readonly [string, string])[] {
  const counts = evidence.length > 0 ? '' : '; counts after the first proof';
  const far = typeof distance === 'number' ? `${distance} km from the nearest usual place` : distance;
  return [
    ...(risk === undefined ? [] : [['risk', `${riskText(risk)}${counts}`] as const]),
    ...(far === undefined ? [] : [['distance', `${far}${counts}`] as const]),
  ];
}

function signalText({ registered, managed, assurances = [] }: Explanation['device']): string {
  const state = managed ? ['managed'] : registered ? ['registered'] : [];
  return [...state, ...assurances].map((name) => `, ${name}`).join('');
}

/** Attempts by strangers count for the account, but not for a browser that the user has signed in with. */
export function lockedText(locked: Locked): string {
  return `${locked.authenticator}, no attempt is left ${lockEndText(locked)}, except from a browser that the user has signed in with`;
}

/** For example `for 4 min 52 s`. */
export function lockEndText({ retryAfter }: Locked): string {
  return retryAfter === undefined ? 'until it is unlocked' : `for ${durationText(retryAfter)}`;
}

export const layerTitles = {
  session: 'Session policy',
  app: 'Sign-on policy',
  request: 'Request',
  account: 'Account policy',
  enrollment: 'Enrollment policy',
  profile: 'Profile policy',
  service: 'Service policy',
} as const;

/** A layer with its rules and its ruling. `when`: added to the title. */
export function layerLines(layer: ExplainedLayer, paint: Paint, when = ''): readonly string[] {
  const width = Math.max(...layer.rules.map(({ rule }) => rule.length), 0);
  const { notReached } = layer;
  return [
    paint('bold', `${layerTitle(layer)}${when}`),
    ...layer.rules.flatMap((rule, index) => ruleLines(rule, index, { width, layer, paint })),
    ...(notReached > 0 ? [paint('dim', `  ${notReached} more not evaluated`)] : []),
    ...resultLines(layer, paint),
  ];
}

function layerTitle({ layer, policy, requiredAcr, change }: ExplainedLayer): string {
  if (change !== undefined) return `${layerTitles[layer]}, to ${change.action} ${change.of}`;
  if (layer === 'app' && requiredAcr !== undefined) return `Minimum acr of the app: ${requiredAcr.join(', ')}`;
  if (layer === 'request') return requiredAcr ? `Request: acr ${requiredAcr.join(' or ')}` : 'Request';
  return policy === '' || policy === layer ? layerTitles[layer] : `${layerTitles[layer]} ${policy}`;
}

function ruleLines(
  rule: ExplainedRule,
  index: number,
  { width, layer, paint }: { readonly width: number; readonly layer: ExplainedLayer; readonly paint: Paint },
): readonly string[] {
  const decides = rule.rule === layer.decidedBy && index === layer.rules.length - 1;
  const conditions = conditionLines(rule, paint).map((line) => `             ${line}`);
  const head = `  ${resultText(rule.result, paint)} ${String(index + 1).padStart(2)}  ${printable(rule.rule).padEnd(width)}  ${locationText(rule, paint)}`;
  return [
    decides ? `${head}  ${paint('bold', `decides: ${layer.outcome}`)}` : head,
    ...(conditions.length === 0 ? [paint('dim', '             no conditions: always')] : conditions),
  ];
}

function locationText({ location }: RuleTrace, paint: Paint): string {
  return location ? paint('dim', sourceLocationText(location)) : '';
}

/** One line for each member: one that is left out does not compile. */
const grantedRows: Readonly<
  Record<Exclude<keyof AllowTerms, 'kind' | 'requirement'>, (layer: ExplainedLayer) => readonly string[]>
> = {
  session: ({ session }) => (session === undefined ? [] : [row('counts', sessionText(session))]),
  appSession: ({ appSession }) => (appSession === undefined ? [] : [row('counts', appSessionText(appSession))]),
  scopes: ({ scopes }) => (scopes === undefined ? [] : [row('grants', `scopes ${scopes.join(', ')}`)]),
  remember: ({ remember }) =>
    remember === undefined ? [] : [row('remembers', `the second factor for ${durationText(remember)}, if asked to`)],
};

function resultLines(layer: ExplainedLayer, paint: Paint): readonly string[] {
  const { outcome, requirements, missing, maxAge, remembered, enrollment, profile, satisfied } = layer;
  const alternatives = requirements.flatMap(requirementText);
  const lines = [
    ...list('requires', alternatives),
    ...(maxAge === undefined ? [] : [maxAgeRow(alternatives.length > 0, maxAge)]),
    ...Object.values(grantedRows).flatMap((rowsIn) => rowsIn(layer)),
    ...(remembered === undefined
      ? []
      : [row('waives', `the second factor: this browser remembers ${remembered.join(', ')}`)]),
    ...(enrollment === undefined ? [] : enrollmentRows(enrollment).map(([name, words]) => row(name, words))),
    ...(profile === undefined ? [] : profileRows(profile).map(([name, words]) => row(name, words))),
    ...list('missing', missing.map(missingText)),
    ...(layer.reported === undefined ? [] : [row('reports', reportedText(layer.reported))]),
    ...(satisfied ? [row('missing', paint('green', 'nothing'))] : []),
  ];
  if (outcome === 'undecided') return [...lines, row('undecided', undecidedText(layer))];
  if (outcome === 'not_requested' && maxAge === undefined) return [...lines, row('requires', 'nothing')];
  return outcome === 'deny' && layer.decidedBy === undefined ? [...lines, row('denies', noRuleText(layer))] : lines;
}

/** What a report-only rule would have decided. */
function reportedText({ rule, result, outcome, satisfied, location }: NonNullable<ExplainedLayer['reported']>): string {
  const decision = outcome === 'allow' && satisfied === false ? 'ask for more' : outcome;
  const why = result === 'error' ? ', as a condition of it could not be found out' : '';
  const where = location === undefined ? '' : ` (${sourceLocationText(location)})`;
  return `"${printable(rule)}" would ${decision}${why}, and only reports${where}`;
}

function undecidedText({ rules }: Pick<ExplainedLayer, 'rules'>): string {
  const unknown = rules
    .flatMap(({ conditions }) => conditions.flatMap(leaves))
    .filter(({ result }) => result === 'unknown');
  const isSignIn = unknown.length > 0 && unknown.every(({ condition }) => condition === 'authenticated');
  return isSignIn ? 'it depends on how the user signs in' : 'it depends on the user';
}

function maxAgeRow(follows: boolean, maxAge: Seconds): string {
  const words = `everything ${maxAgeText(maxAge)}`;
  return follows ? row('', `and ${words}`) : row('requires', words);
}

function noRuleText({ layer, requiredAcr, policy }: ExplainedLayer): string {
  if (requiredAcr) return denyReasonText('acr_unattainable');
  return denyReasonText(layer === 'app' && policy === '' ? 'no_policy' : 'no_rule');
}

function list(name: string, alternatives: readonly string[]): readonly string[] {
  return alternatives.map((alternative, index) =>
    row(index === 0 ? name : '', index === 0 ? alternative : `or ${alternative}`),
  );
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${text}`;
}

function outcomeText({ outcome, steps }: Pick<Explanation, 'outcome' | 'steps'>): string {
  switch (outcome.kind) {
    case 'identify':
      return 'identify: it depends on the user';
    case 'allow':
      return `allow${outcome.assurance.acr === undefined ? '' : `, acr ${outcome.assurance.acr}`}${keptPasswordText(outcome)}`;
    case 'deny':
      return `deny: ${denialText(outcome)}`;
    case 'enroll':
      return `enroll: ${outcome.choices.join(' or ')}${skippableText(outcome.skippable)}${outcome.proofFirst ? '; to enroll, the user proves more first' : ''}`;
    case 'profile':
      return `profile: ${profileText(outcome)}`;
    case 'consent':
      return `consent: ${consentText(outcome.scopes)}`;
    case 'select_account':
      return 'select account: the app asks the user which one';
    case 'keep_account':
      return keepText(outcome.dueAt);
    case 'challenge': {
      const options = outcome.options.map(({ authenticator }) => authenticator).join(' or ');
      const challenge = `challenge: ${options}${beforeText(outcome.toEnroll)}`;
      return `${challenge}${withheldDenialText(outcome.withheld, steps)}`;
    }
  }
}
