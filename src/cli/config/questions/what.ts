/** `stepgate config what`. */
import type { Command } from 'commander';
import { choicesIn, requiredInEach } from '../../../core/analysis/simulation/required-choices.ts';
import type { DenyReason } from '../../../core/model/decision.ts';
import { StepgateError } from '../../../errors.ts';
import { newCommand } from '../../commands.ts';
import { lockedText } from '../../explain/explain-text.ts';
import type { Locked } from '../../explain/locked-authenticators.ts';
import { alternativesLine, requirementText } from '../../explain/requirement-text.ts';
import { withPrintedFindings } from '../../shared/output/print-findings.ts';
import { printResult, type ResultOptions } from '../../shared/output/print-result.ts';
import { tableText } from '../../shared/output/table.ts';
import { findSubject } from '../../shared/store/find-subject.ts';
import { type AskContext, type AskedConfiguration, appsToShow, withAskedConfiguration } from './asked-configuration.ts';
import { askedText, byOutcome, exclusionText, leftAsideText, outcomeData, placesLeftText } from './asked-text.ts';
import { type Outcome, questionAbout, signInsTo } from './fresh-sign-ins.ts';
import { recordedLastSignIn } from './last-sign-ins.ts';
import { conditionsLeftAside } from './left-aside.ts';
import { lockedAtApps, lockedWays } from './locked-ways.ts';
import { withoutRepeatedPlaces } from './zones-together.ts';

interface WhatOptions extends ResultOptions {
  readonly config?: string;
}

export function whatCommand(context: AskContext): Command {
  return newCommand('config what')
    .argument('<user>', 'identifier or id of the account')
    .option('--config <dir>', 'use these files instead of the active revision')
    .action((user: string, options: WhatOptions) =>
      withPrintedFindings(context, options, () =>
        withAskedConfiguration(context, options.config, (configured) => print(context, options, { user, configured })),
      ),
    );
}

async function print(
  context: AskContext,
  options: WhatOptions,
  { user, configured }: { readonly user: string; readonly configured: AskedConfiguration },
): Promise<void> {
  const { snapshot, source, store } = configured;
  if (store === undefined) throw new StepgateError('not_configured', 'there is no store that the user could be in');
  const apps = await appsToShow(configured);
  const asked = await questionAbout(apps, snapshot, context);
  const subject = await findSubject(store, user, asked.now);
  const past = asked.asksWhen ? await recordedLastSignIn(store, subject, asked) : {};
  const lockedAt = lockedAtApps(store, subject, asked);
  const rows: AskedApp[] = [];
  for (const app of apps) {
    const outcomes = await (await signInsTo(app, asked))({ subject, ...past });
    rows.push({ app: app.clientId, outcomes, locked: await lockedAt(app) });
  }
  const leftAside = await conditionsLeftAside(apps, asked, { realUser: true });
  const lines = rows.flatMap(tableLines);
  const who = subject.identifiers[0] ?? subject.id;
  printResult(context, options, {
    text: [
      `What ${who} can open now, by ${source}: a fresh sign-in in a new browser\n\n`,
      tableText([['app', 'from', 'asked', 'missing'], ...lines]),
      placesLeftText(asked),
      lockedLines(rows),
      leftAsideText(leftAside),
    ].join(''),
    data: {
      source,
      user: { id: subject.id, identifiers: subject.identifiers, status: subject.status, groups: subject.groups },
      apps: rows.map(({ app, outcomes, locked }) => ({
        app,
        ...(locked.length > 0 && { locked }),
        outcomes: withoutRepeatedPlaces(outcomes, (outcome) => askedAndMissingText(outcome, locked)).map((outcome) => ({
          ...outcomeData(outcome),
          ...(lockedWays(outcome, locked).length > 0 && { getsIn: false }),
          missing: missing(outcome, locked),
        })),
      })),
      leftAside,
    },
  });
}

interface AskedApp {
  readonly app: string;
  readonly outcomes: readonly Outcome[];
  /** Authenticators of the user at which no attempt is left. */
  readonly locked: readonly Locked[];
}

function tableLines({ app, outcomes, locked }: AskedApp): readonly (readonly string[])[] {
  return byOutcome(outcomes, (outcome) => askedAndMissingText(outcome, locked)).map(({ where, outcome }, index) => [
    index === 0 ? app : '',
    where,
    askedText(outcome),
    missing(outcome, locked).join('; ') || '-',
  ]);
}

function askedAndMissingText(outcome: Outcome, locked: readonly Locked[]): string {
  return JSON.stringify([askedText(outcome), missing(outcome, locked)]);
}

function lockedLines(rows: readonly AskedApp[]): string {
  const texts = new Set(rows.flatMap(({ locked }) => locked.map(lockedText)));
  return texts.size === 0 ? '' : `\n${[...texts].map((text) => `Locked: ${text}.\n`).join('')}`;
}

/** What excludes the user, is locked for now, or must be enrolled or filled in during the sign-in. */
function missing(outcome: Outcome, locked: readonly Locked[]): readonly string[] {
  const last = outcome.steps.at(-1);
  const why = exclusionText(outcome);
  const denying = last?.kind === 'denied' ? last.rule : undefined;
  const rule = denying === undefined || why.includes(`"${denying}"`) ? '' : ` (${denying})`;
  const lacking = [...lockedWays(outcome, locked), ...unmet(outcome), ...counted(lackingIn(outcome))];
  return [...(why === '' ? [] : [`${why}${rule}`]), ...lacking];
}

const requirementReasons: readonly DenyReason[] = [
  'unsatisfiable',
  'enrollment_forbids',
  'authenticator_not_enrollable',
  'enrollments_full',
  'acr_unattainable',
];

/** The unmet requirements, unless a rule, a further enrollment, or the state of the account excludes the user. */
function unmet({ steps, asked, required }: Outcome): readonly string[] {
  const last = steps.at(-1);
  if (asked !== undefined || last?.kind !== 'denied' || !requirementReasons.includes(last.reason)) return [];
  if (last.missingEnrollment?.enrollmentRule !== undefined) return [];
  const words = required.map((requirements) => alternativesLine(requirements.flatMap(requirementText)));
  const named = [...new Set(words)].filter((word) => word !== '');
  return named.length === 0 ? [] : [`required: ${named.join(', and ')}`];
}

/** Merges equal enrollments into one with a number. */
function counted(parts: readonly string[]): readonly string[] {
  const same = Map.groupBy(parts, (part) => part);
  return Array.from(same, ([part, { length }]) => (length === 1 ? part : `${length} of ${part}`));
}

/** Whichever proofs the user gives, and whatever may be skipped: what follows only some of the proofs is none. */
function lackingIn({ steps, asked, least }: Outcome): readonly string[] {
  const ways = asked === undefined ? [{ steps, setUps: [choicesIn(steps)] }] : least();
  const setUps = requiredInEach(ways.flatMap((way) => way.setUps)).map(
    (keys) => `${keys.join(' or ')}, to be enrolled`,
  );
  const [first = [], ...others] = ways.map((way) => way.steps.flatMap(lackingAt));
  const countIn = (parts: readonly string[], part: string) => parts.filter((other) => other === part).length;
  const inEach = first.filter((part, at) => {
    const before = countIn(first.slice(0, at), part);
    return others.every((parts) => countIn(parts, part) > before);
  });
  return [...setUps, ...inEach];
}

/** Besides what must be set up. */
function lackingAt(step: Outcome['steps'][number]): readonly string[] {
  if (step.kind === 'enroll' && step.skippable === undefined && step.replacementReason)
    return [`${step.authenticator}, to be replaced`];
  return step.kind === 'profile' && step.required.length > 0 ? [`${step.required.join(', ')}, to be filled in`] : [];
}
