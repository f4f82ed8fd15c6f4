/** Tells administrators the story of a sign-in in plain words. */

import { refusalCodes } from '../../authenticators/refusal-codes.ts';
import { methodName } from '../../core/model/authenticator-name.ts';
import { type DenyReason, denyReasons } from '../../core/model/decision.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { sourceLocationText } from '../../core/model/source-location.ts';
import type { TracedLayer, TracedProof } from '../../flow/audit-trace.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import type { AuditLine } from '../audit/audit-text.ts';
import type { Paint } from '../shared/output/paint.ts';
import { printable } from '../shared/output/printable.ts';
import { conditionText } from './condition-text.ts';
import { denialText, denyReasonText, letInWithText, mustBeReplacedText } from './denial-text.ts';
import { enrollmentRows } from './enrollment-text.ts';
import { layerTitles } from './explain-text.ts';
import { profileRows } from './profile-text.ts';
import { characteristicTexts, maxAgeText, requirementText } from './requirement-text.ts';
import { isRecovery, type SignInStory, type ToldDecision, type ToldLayer, type ToldRule } from './sign-in-story.ts';

export function storyText(story: SignInStory, paint: Paint): string {
  const lines = [
    paint('bold', `Sign-in ${story.transaction}${appText(story)}`),
    ...headLines(story),
    '',
    paint('bold', 'What happened, in UTC'),
    ...happened(story),
    ...story.decisions.flatMap((decision) => ['', ...decisionLines(decision, paint)]),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function appText({ app, client }: SignInStory): string {
  if (client === undefined) return '';
  return printable(app === undefined ? ` to ${client}` : ` to ${app} (${client})`);
}

function headLines({ subject, user, events, decisions }: SignInStory): readonly string[] {
  const none = events.every(({ event }) => event.startsWith('sign_in.'))
    ? 'a user who did not identify'
    : 'nobody that has an account';
  const who = subject === undefined ? none : (user ?? `${subject} (the account is gone)`);
  const ip = events.findLast((line) => line.ip !== undefined)?.ip;
  const last = decisions.at(-1);
  return [
    row('who', who),
    ...(ip === undefined
      ? []
      : [row('from', [ip || 'an unknown address', ...(last ? [zoneText(last), deviceText(last)] : [])].join(', '))]),
    ...(last ? [row('request', requestText(last))] : []),
  ];
}

function zoneText({ zones = [] }: ToldDecision): string {
  return zones.length === 0 ? 'in no zone' : `in ${zones.join(', ')}`;
}

function deviceText({ device }: ToldDecision): string {
  const kind = [device.platform, device.os].filter((part) => part !== undefined);
  const browser = device.known ? 'a known browser' : 'a browser that is not known';
  return [browser, ...kind].join(', ');
}

function requestText({ scopes, acrValues, acrEssential, maxAge, promptLogin }: ToldDecision): string {
  return [
    `scope ${scopes.join(' ')}`,
    ...(acrValues ? [`${acrEssential ? 'essential acr' : 'acr_values'} ${acrValues.join(' ')}`] : []),
    ...(maxAge === undefined ? [] : [`max_age ${maxAge}`]),
    ...(promptLogin ? ['prompt login'] : []),
  ].join('; ');
}

function happened({ events, open }: SignInStory): readonly string[] {
  const lines = events.map((line) => `  ${timeText(line)}  ${eventText(line)}`);
  const isOver = events.some(({ event }) => /^sign_in\.(completed|denied|cancelled)$|^consent\.refused$/.test(event));
  if (isOver) return lines;
  if (open === undefined) return [...lines, '  Nothing more: the user did not continue.'];
  return [...lines, `  It is under way${open.waitsFor === undefined ? '' : `, and waits for ${open.waitsFor}`}.`];
}

function timeText({ time }: AuditLine): string {
  return time.slice(0, 19).replace('T', ' ');
}

/** The words for each event, shown next to its name. */
const sentences: Readonly<Record<string, (line: AuditLine) => string>> = {
  'authenticator.verified': ({ authenticator, method }) => `proved ${proofName(authenticator, method)}`,
  'authenticator.refused': ({ authenticator, reason }) => `${authenticator} was refused: ${refusalText(reason)}`,
  'authenticator.throttled': ({ authenticator }) => `${authenticator} was not checked: too many attempts`,
  'authenticator.enrolled': ({ authenticator }) => `set up ${authenticator}`,
  'recovery.started': ({ authenticator }) => `began to recover ${authenticator ?? 'the password'}`,
  'recovery.completed': ({ authenticator }) => `set a new ${authenticator}`,
  'enrollment.skipped': ({ authenticator, reason }) => `skipped setting up ${authenticator} (${reason})`,
  'profile.completed': ({ attributes = [] }) => `filled in ${attributes.join(', ') || 'the profile'}`,
  'profile.skipped': ({ attributes = [] }) => `skipped ${attributes.join(', ') || 'the profile'}`,
  'user.registered': () => 'made the account',
  'message.queued': ({ channel, authenticator }) =>
    `a message was sent for ${authenticator}${channel === authenticator ? '' : ` (${channel})`}`,
  'message.withheld': ({ authenticator }) => `no message was sent for ${authenticator}: it would reach no account`,
  'message.limited': ({ authenticator, reason }) =>
    authenticator === undefined
      ? 'the user was not notified of a new browser: too many messages'
      : `no message was sent for ${authenticator}: too many (${reason})`,
  'message.undeliverable': ({ authenticator, reason }) => `no message was sent for ${authenticator}: ${reason}`,
  'message.failed': ({ reason }) => `a message could not be delivered: ${reason}`,
  'challenge_service.refused': ({ reason }) => `the challenge service refused the response: ${reason}`,
  'challenge_service.failed': ({ reason }) => `the challenge service could not be asked: ${reason}`,
  'consent.given': ({ scopes = [] }) => `granted ${scopes.join(', ') || 'nothing'}`,
  'consent.refused': () => 'refused what the app asked for',
  'sign_in.completed': ({ acr, amr = [], waived }) =>
    `signed in: ${[...(acr ? [`acr ${acr}`] : []), `amr ${amr.join(' ') || 'none'}`, ...(waived ? [`not asked for ${waived.join(', ')}, which the browser remembers`] : [])].join(', ')}`,
  'sign_in.asked': ({ trace, reported }) => `${askingConditionsText(trace)}${reportedOfChangeText(reported)}`,
  'sign_in.new_browser': () => 'the user was notified of a new browser',
  'sign_in.denied': (line) => `denied: ${denialOfLineText(line)}`,
  'sign_in.cancelled': () => 'the user gave up',
  'account.deletion_cancelled': () => 'kept the account, which was to be deleted',
  'account.device_remembered': () => 'the browser remembers the second factor from now on',
  'token.refreshed': () => 'new tokens by the refresh token, the last time',
  'token.denied': ({ reason }) => `no tokens: ${reasonText(reason)}`,
  'token.refresh_denied': ({ reason }) => `no new tokens: ${reasonText(reason)}`,
};

/** The account policy rules only over the changes of a step, so no later decision says what it would have decided. */
function reportedOfChangeText(reported = ''): string {
  const ofAccount = reported.split('; ').filter((part) => part.startsWith('account: '));
  return ofAccount.length === 0 ? '' : `; rules that only report: ${ofAccount.join('; ')}`;
}

/** The layers that the proofs did not meet. If all are met, further steps follow that prove nothing. */
function askingConditionsText(trace: AuditLine['trace']): string {
  const layers = trace?.layers ?? [];
  const named = (some: readonly TracedLayer[]) =>
    some
      .map((layer) => [titleOf(layer, layers), ...(layer.rule === undefined ? [] : [`"${layer.rule}"`])].join(', '))
      .join('; ');
  const asking = layers.filter(({ met, outcome }) => met === false || outcome === 'deny');
  const replaced = trace?.passwordToReplace && mustBeReplacedText(trace.passwordToReplace);
  const more = asking.length > 0 ? `more was asked for by ${named(asking)}` : undefined;
  if (replaced !== undefined || more !== undefined) return [replaced, more].filter((text) => text).join(', and ');
  return isRecovery(layers) ? `may set a new password, by ${named(layers)}` : 'everything asked for was proved';
}

/** For example `the answer is wrong (credentials.invalid)`. A reason may follow the code. */
function refusalText(reason = ''): string {
  const [code = ''] = reason.split(':');
  const words = Object.entries(refusalCodes)
    .find(([known]) => known === code)?.[1]
    .split(';')[0];
  return words === undefined ? reason : `${words} (${reason})`;
}

function eventText(line: AuditLine): string {
  const words = sentences[line.event]?.(line) ?? [line.event, ...(line.reason ? [line.reason] : [])].join(': ');
  return printable(words);
}

function isDenyReason(reason: string): reason is DenyReason {
  return (denyReasons as readonly string[]).includes(reason);
}

function reasonText(reason = ''): string {
  return isDenyReason(reason) ? denyReasonText(reason) : reason.replaceAll('_', ' ');
}

function denialOfLineText({ reason = '', trace }: AuditLine): string {
  if (!isDenyReason(reason)) return reasonText(reason);
  if (trace?.missingEnrollment) {
    const { layer, rule, ...missingEnrollment } = trace.missingEnrollment;
    return denialText(omitUndefined({ reason, layer, rule, missingEnrollment }));
  }
  if (trace?.passwordToReplace === undefined) return reasonText(reason);
  const { layer, rule, ...passwordToReplace } = trace.passwordToReplace;
  return denialText(omitUndefined({ reason, layer, rule, passwordToReplace }));
}

function decisionLines(decision: ToldDecision, paint: Paint): readonly string[] {
  const { line, layers, proved, revisionFound } = decision;
  const lost = `Revision ${line.policyRevision} is not in the store any more: only the names of its rules are known.`;
  return [
    paint('bold', `Why: the decision of ${timeText(line)}, by revision ${line.policyRevision}`),
    ...(revisionFound ? [] : [`  ${lost}`]),
    ...layers.filter(says).flatMap((layer) => layerLines(layer, layers, paint)),
    ...reportedLines(line, paint),
    ...unusualLines(line, paint),
    ...keptPasswordLines(line, paint),
    `  ${paint('bold', 'Proved at that time')}`,
    ...(proved.length === 0 ? ['    nothing'] : proved.map((proof) => `    ${tracedProofText(proof)}`)),
  ];
}

/** What report-only rules would have decided, in the form of the line: `app: Soon with two factors (unmet)`. */
function reportedLines({ reported }: AuditLine, paint: Paint): readonly string[] {
  if (reported === undefined) return [];
  return [`  ${paint('bold', 'Rules that only report')}`, `    ${printable(reported)}`];
}

/** The level of risk with its reasons, and the distance, if a rule asked about them. */
function unusualLines({ risk, trace }: AuditLine, paint: Paint): readonly string[] {
  const distance = trace?.distance;
  const rows = [
    risk ?? (trace?.risk?.length === 0 ? 'nothing that counts' : trace?.risk?.join(', ')),
    typeof distance === 'number' ? `${distance} km from the nearest usual place` : undefined,
    distance === 'nowhere' ? 'it is not known where the address is' : undefined,
  ].filter((text) => text !== undefined);
  return rows.length === 0 ? [] : [`  ${paint('bold', 'Unusual')}`, ...rows.map((text) => `    ${printable(text)}`)];
}

function keptPasswordLines({ trace }: AuditLine, paint: Paint): readonly string[] {
  const kept = trace?.keptPassword;
  return kept === undefined ? [] : [`  ${paint('bold', 'Password')}`, `    ${printable(letInWithText(kept))}`];
}

/** A request that asks for nothing is not mentioned. */
function says({ layer, outcome, maxAge }: ToldLayer): boolean {
  return layer !== 'request' || outcome !== 'not_requested' || maxAge !== undefined;
}

function layerLines(layer: ToldLayer, decision: readonly ToldLayer[], paint: Paint): readonly string[] {
  const { morePassed, rule, location } = layer;
  const where = location === undefined ? '' : paint('dim', `  ${sourceLocationText(location)}`);
  const title = `  ${paint('bold', titleOf(layer, decision))}`;
  const decider = rule === undefined ? [] : [`    by the rule "${printable(rule)}"${where}`];
  return [
    title,
    ...(morePassed === undefined ? [] : [`    ${morePassed} rules before these did not hold, either`]),
    ...passedRules(layer).map((toldRule) => `    not by "${printable(toldRule.rule)}": ${passedRuleText(toldRule)}`),
    ...decider,
    ...askedLines(layer).map((text) => `    ${text}`),
  ];
}

function titleOf({ layer, policy, change, requiredAcr }: TracedLayer, decision: readonly TracedLayer[]): string {
  if (isRecovery(decision)) return 'Recovery policy';
  if (layer === 'app' && requiredAcr !== undefined) return `Minimum acr of the app: ${requiredAcr.join(', ')}`;
  if (layer === 'request') return requiredAcr ? `Request: acr ${requiredAcr.join(' or ')}` : 'Request';
  if (change !== undefined) return `${layerTitles[layer]}, to ${change.action} ${change.of}`;
  return policy === '' || policy === layer ? layerTitles[layer] : `${layerTitles[layer]} ${printable(policy)}`;
}

/**
 * Lines of earlier releases do not mark the rule that was not known, and also list the rules below it. Those that hold
 * have no condition to tell.
 */
function passedRules({ passed = [], outcome }: ToldLayer): readonly ToldRule[] {
  if (outcome !== 'undecided' || passed.some(({ unknown }) => unknown)) return passed;
  return passed.flatMap((rule) => (rule.because === '' ? [] : [{ ...rule, unknown: true as const }]));
}

function passedRuleText({ because, when, unknown }: ToldRule): string {
  if (because === 'any') return `none of its alternatives ${unknown ? 'is known to hold yet' : 'holds'}`;
  const condition = when === undefined ? because : conditionText(when, because);
  return `${printable(condition)} ${unknown ? 'is not known yet' : 'does not hold'}`;
}

function askedLines(layer: ToldLayer): readonly string[] {
  const { outcome, failed, requirements = [], maxAge, remembered, enrollment, profile, met, requiredAcr } = layer;
  if (failed !== undefined) return [`denied, as ${failed} could not be found out`];
  if (outcome === 'deny' && requirements.length === 0)
    return [
      requiredAcr
        ? 'denied: none of these is configured'
        : layer.rule
          ? 'denied'
          : `denied: ${denyReasonText('no_rule')}`,
    ];
  const alternatives = requirements.flatMap(requirementText);
  const rows = [...(enrollment ? enrollmentRows(enrollment) : []), ...(profile ? profileRows(profile) : [])];
  const asked = [
    ...alternatives.map((words, index) => `${index === 0 ? 'asked for' : '       or'} ${words}`),
    ...(maxAge === undefined ? [] : [`asked for everything ${maxAgeText(maxAge)}`]),
    ...rows.map(([name, words]) => `${name} ${words}`),
    ...(remembered ? [`the browser remembers ${remembered.join(', ')}`] : []),
  ];
  if (met !== undefined) return [...asked, met ? 'met' : 'not met'];
  return asked.length === 0 ? [outcome === 'undecided' ? 'not decided yet' : 'asked for nothing'] : asked;
}

/** For example `password (knowledge), 29 s before, in this sign-in`. */
function tracedProofText(proof: TracedProof): string {
  const { authenticator, method, age, factors, characteristics = [], origin, earlier, longestPause } = proof;
  const origins = {
    sign_in: '',
    recovery: 'to recover',
    enrollment: 'by setting it up',
    registration: 'by registering',
  };
  // Every proof shows that a user was present, so this is not mentioned.
  const shown = characteristics
    .filter((characteristic) => characteristic !== 'userPresence')
    .map((characteristic) => characteristicTexts[characteristic]);
  return [
    `${proofName(authenticator, method)} (${[...factors, ...shown].join(', ')})`,
    age === 0 ? 'just then' : `${durationText(age)} before`,
    earlier ? 'before this sign-in' : 'in this sign-in',
    ...(origin === undefined ? [] : [origins[origin]]),
    ...(longestPause === undefined ? [] : [`with a pause of ${durationText(longestPause)} since`]),
  ].join(', ');
}

function proofName(authenticator: string | undefined, method: string | undefined): string {
  return authenticator === undefined || method === undefined ? `${authenticator}` : methodName(authenticator, method);
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${printable(text)}`;
}
