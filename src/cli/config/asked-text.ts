/** What a sign-in asks for, in a few words. */
import type { SimulatedStep } from '../../core/analysis/simulated-answers.ts';
import { denialWords } from '../explain/denial-text.ts';
import { skippableWords } from '../explain/enrollment-text.ts';
import { keepWords, profileWords } from '../explain/profile-text.ts';
import type { Outcome } from './fresh-sign-ins.ts';

/** The user gets in. */
export function getsIn({ steps }: Pick<Outcome, 'steps'>): boolean {
  return steps.at(-1)?.kind === 'complete';
}

/** `password, then webauthn or totp`; `denied`; with what it depends on. */
export function askedWords({ steps, dependsOn }: Pick<Outcome, 'steps' | 'dependsOn'>): string {
  const words = getsIn({ steps }) ? steps.flatMap(stepWords).join(', then ') : 'denied';
  return dependsOn.length === 0 ? words : `${words} (depends on ${dependsOn.join(' and ')})`;
}

/** Why the user does not get in. Empty: the user does. */
export function denialText({ steps }: Pick<Outcome, 'steps'>): string {
  const last = steps.at(-1);
  if (last?.kind === 'complete') return '';
  return last?.kind === 'denied' ? denialWords(last.reason) : 'nothing is enrolled that could be proved';
}

/** A choice needs no words of its own: the step after it names what could be chosen. */
export function stepWords(step: SimulatedStep): readonly string[] {
  switch (step.kind) {
    case 'identify':
      return step.identifyWith === undefined ? [] : [step.identifyWith];
    case 'challenge':
    case 'enroll': {
      const others = step.alternatives.map(({ authenticator }) => authenticator);
      const words = [...new Set([step.authenticator, ...others])].join(' or ');
      return [`${step.kind === 'enroll' ? 'enroll ' : ''}${words}${skippableWords(step.skippable)}`];
    }
    case 'profile':
      return [`fill in ${profileWords(step)}`];
    case 'consent':
      return ['consent'];
    case 'keep_account':
      return [keepWords(step.dueAt)];
    case 'select':
    case 'denied':
    case 'complete':
      return [];
  }
}

export interface SameOutcome {
  /** `everywhere`, or the zones. */
  readonly where: string;
  readonly outcome: Outcome;
}

/** Zones in which the words are the same, together. */
export function byOutcome(outcomes: readonly Outcome[], words: (outcome: Outcome) => string): readonly SameOutcome[] {
  const groups = Map.groupBy(outcomes, words);
  return [...groups.values()].flatMap((same) => {
    const [outcome] = same;
    const where = same.length === outcomes.length ? 'everywhere' : same.map(({ zone }) => zone).join(', ');
    return outcome ? [{ where, outcome }] : [];
  });
}

/** One line that says what else the rules ask about; empty where they ask about nothing else. */
export function leftAsideText(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `\nRules also ask about ${names.join(', ')}. This leaves it aside; \`explain\` does not.\n`;
}

/** For scripts. */
export function outcomeData(outcome: Outcome): object {
  const { zone, steps, dependsOn, explanation } = outcome;
  return { zone, getsIn: getsIn(outcome), asked: askedWords(outcome), dependsOn, rule: explanation.rule, steps };
}
