/** Tells administrators the story of a sign-in in plain words. */

import { sourceLocationText } from '../../core/model/source-location.ts';
import type { TracedProof } from '../../flow/audit-trace.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import { printable } from '../../policy/model/printable.ts';
import type { AuditLine } from '../audit/audit-text.ts';
import type { Paint } from '../shared/output/paint.ts';
import { zoneText } from '../shared/output/zone-text.ts';
import { conditionText } from './condition-text.ts';
import { denyReasonText, letInWithText } from './denial-text.ts';
import { enrollmentRows } from './enrollment-text.ts';
import { eventText, tracedLayerTitle, tracedProofName } from './event-text.ts';
import { profileRows } from './profile-text.ts';
import { characteristicTexts, maxAgeText, requirementText } from './requirement-text.ts';
import type { SignInStory, ToldDecision, ToldLayer, ToldRule } from './sign-in-story.ts';

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
  const ip = events.findLast((line) => line.ip !== undefined && !isOfTokens(line))?.ip;
  const last = decisions.at(-1);
  return [
    row('who', who),
    ...(ip === undefined
      ? []
      : [row('from', [ip || 'an unknown address', ...(last ? [zonesText(last), deviceText(last)] : [])].join('; '))]),
    ...(last ? [row('request', requestText(last))] : []),
  ];
}

/** An app's server gets tokens, at an address of its own. */
function isOfTokens({ event }: AuditLine): boolean {
  return event.startsWith('token.');
}

function zonesText({ zones = [], unknownZones = [] }: ToldDecision): string {
  return zoneText({ zones, unknownZones });
}

function deviceText({ device }: ToldDecision): string {
  const kind = [device.platform, device.os].filter((part) => part !== undefined);
  const browser = device.known ? 'a known browser' : 'a browser that is not known';
  return [browser, ...kind, ...signalsText(device)].join(', ');
}

/** Nothing if no rule asked. */
function signalsText({ signals }: ToldDecision['device']): readonly string[] {
  if (signals === undefined) return [];
  return [signals.length === 0 ? 'no signal believed' : `signals ${signals.join(', ')}`];
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
  const isSilent = events.some(({ trace }) => trace?.noInteraction);
  if (isOver || isSilent) return lines;
  if (open === undefined) return [...lines, '  Nothing more: the user did not continue.'];
  return [...lines, `  It is under way${open.waitsFor === undefined ? '' : `, and waits for ${open.waitsFor}`}.`];
}

function timeText({ time }: AuditLine): string {
  return time.slice(0, 19).replace('T', ' ');
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
  const title = `  ${paint('bold', tracedLayerTitle(layer, decision))}`;
  const decider = rule === undefined ? [] : [`    by the rule "${printable(rule)}"${where}`];
  return [
    title,
    ...(morePassed === undefined ? [] : [`    ${morePassed} rules before these did not hold, either`]),
    ...passedRules(layer).map((toldRule) => `    not by "${printable(toldRule.rule)}": ${passedRuleText(toldRule)}`),
    ...decider,
    ...askedLines(layer).map((text) => `    ${text}`),
  ];
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
  const {
    authenticator,
    method,
    age,
    factors,
    characteristics = [],
    origin,
    replacesProof,
    earlier,
    longestPause,
    again,
  } = proof;
  const origins = {
    sign_in: '',
    recovery: 'to recover',
    enrollment: replacesProof ? 'set up in place of one that was proved' : 'by setting it up',
    registration: 'by registering',
  };
  // Every proof shows that a user was present, so this is not mentioned.
  const shown = characteristics
    .filter((characteristic) => characteristic !== 'userPresence')
    .map((characteristic) => characteristicTexts[characteristic]);
  return [
    `${tracedProofName(authenticator, method)} (${[...factors, ...shown].join(', ')})`,
    age === 0 ? 'just then' : `${durationText(age)} before`,
    earlier ? 'before this sign-in' : 'in this sign-in',
    ...(origin === undefined ? [] : [origins[origin]]),
    ...(longestPause === undefined ? [] : [`with a pause of ${durationText(longestPause)} since`]),
    ...(again ? ['by the same one as a newer proof'] : []),
  ].join(', ');
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${printable(text)}`;
}
