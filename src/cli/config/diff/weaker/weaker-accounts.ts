/** Finds what takes less apart from sign-ins: a new password, and changes of an account. */
import { type LaxerChange, laxerChanges } from '../../../../core/analysis/comparison/laxer-changes.ts';
import { type LaxerRecovery, laxerRecoveries } from '../../../../core/analysis/comparison/laxer-recovery.ts';
import { newlyTaken } from '../../../../core/analysis/comparison/newly-accepted-proofs.ts';
import type { EvidenceSet } from '../../../../core/analysis/proofs/evidence-set.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { appTests } from '../../../../core/policy/rules/app-lists.ts';
import { conditionSets } from '../../../../core/policy/rules/condition-table.ts';
import type { UserFacts } from '../../../../core/policy/theories/theory.ts';
import { exampleOptions } from '../../../../policy/analysis/text/example-options.ts';
import { enrolledOptions } from '../../../../policy/analysis/text/proofs-text.ts';
import type { AppPair } from '../compared/app-pairs.ts';
import type { ComparedPair } from './compared-pair.ts';
import {
  laxerRule,
  namedLocationText,
  ruleLocations,
  shownFacts,
  type WeakerFindings,
  type WeakerRule,
} from './weaker-rules.ts';
import { enoughText, ownerText, provedText } from './weaker-sentences.ts';

/** The pages of the account come first. Apps count where rules tell them apart, or where they may ask for more. */
export function ofAccounts([account, ...apps]: readonly ComparedPair[]): WeakerFindings {
  if (account === undefined) return { weaker: [], undecided: [] };
  const comparedBy = (rulesOf: (app: ComparedPair) => readonly RuleHead[]) => {
    return [account, ...apps.filter((app) => app.refused !== undefined || rulesOf(app).some(namesApps))];
  };
  const recovered = distinct(comparedBy(recoveryRulesOf).map(ofRecovery));
  const changed = distinct(comparedBy(accountRulesOf).map(ofChanges));
  return merged([ofNewProofs(account), recovered, changed]);
}

/** Rules that decide about a recovery, on both sides. */
function recoveryRulesOf({ active, next }: ComparedPair): readonly RuleHead[] {
  return [active, next].flatMap(({ recovery, enrollment }) =>
    [recovery, enrollment].flatMap((policy): readonly RuleHead[] => (policy?.rules ?? []).map(({ rule }) => rule)),
  );
}

function accountRulesOf({ active, next }: ComparedPair): readonly RuleHead[] {
  return [active, next].flatMap(({ accountPolicy }) => accountPolicy?.rules ?? []);
}

function namesApps({ when }: RuleHead): boolean {
  return conditionSets(when).some((set) => appTests(set).length > 0);
}

/** What one pair of rules comes to. */
interface RulePairFindings {
  /** Names the pair. */
  readonly key: string;
  /** Absent: it is undecided. */
  readonly weaker?: WeakerRule;
  /** A sentence. */
  readonly undecided: string;
}

/** Each pair of rules once, with an example if some app has one. */
function distinct(apps: readonly (readonly RulePairFindings[])[]): WeakerFindings {
  const all = apps.flat();
  const found = new Map(all.toReversed().flatMap(({ key, weaker }) => (weaker ? [[key, weaker] as const] : [])));
  const open = new Map(all.toReversed().map(({ key, undecided: sentence }) => [key, sentence]));
  const undecided = [...open].toReversed().flatMap(([key, sentence]) => (found.has(key) ? [] : [sentence]));
  return { weaker: [...found.values()].toReversed(), undecided };
}

function merged(all: readonly WeakerFindings[]): WeakerFindings {
  return { weaker: all.flatMap(({ weaker }) => weaker), undecided: all.flatMap(({ undecided }) => undecided) };
}

/** Finds what new proofs allow under the recovery policy and the account policy. */
function ofNewProofs({ pair, active, next, space }: ComparedPair): WeakerFindings {
  const { recovered, undecided } = newlyTaken({ active, next }, space);
  return {
    weaker: recovered.map((newlyRecovered) =>
      newPasswordRule({ ...newlyRecovered, before: newlyRecovered.rule, now: newlyRecovered.rule }, pair),
    ),
    undecided: ruleLocations(undecided).map(
      (location) => `${namedLocationText(location)}, by what did not count before`,
    ),
  };
}

interface NewPassword {
  readonly before?: RuleHead;
  readonly now: RuleHead;
  readonly facts: UserFacts;
  readonly evidence: EvidenceSet;
}

function newPasswordRule({ before, now, facts, evidence }: NewPassword, { clientIds, next }: AppPair): WeakerRule {
  const measure = { authenticators: next.policies.authenticators };
  const proofs = {
    evidence,
    remembered: [],
    enrolled: [...new Map(evidence.map(({ enrollment, authenticator }) => [enrollment, authenticator])).values()],
  };
  return {
    apps: clientIds,
    words: enoughText(proofs, measure).replace('is enough', 'is enough to set a new password'),
    before: ruleLocations(before ? [before] : []),
    after: ruleLocations([now]),
    example: exampleOptions(shownFacts(facts), enrolledOptions(proofs, measure)),
  };
}

function ofRecovery({ pair, space, ...sides }: ComparedPair): readonly RulePairFindings[] {
  const { found, undecided } = laxerRecoveries(sides, space);
  const findingOf = (laxer: LaxerRecovery): RulePairFindings => ({
    ...openPair(laxer, 'who may set a new password'),
    weaker: newPasswordRule(laxer, pair),
  });
  return [...found.map(findingOf), ...undecided.map((rules) => openPair(rules, 'who may set a new password'))];
}

function ofChanges({ pair, space, ...sides }: ComparedPair): readonly RulePairFindings[] {
  const { found, undecided } = laxerChanges(sides, space);
  const findingOf = (laxer: LaxerChange): RulePairFindings => ({
    ...openPair(laxer, changeQuestion, atApp(pair)),
    weaker: changeRule(laxer, pair),
  });
  return [
    ...found.map(findingOf),
    ...undecided.map((rules) => openPair(rules, `who may change the account${atApp(pair)}`)),
  ];
}

function atApp({ next, clientIds: [clientId] }: AppPair): string {
  return next.policies.isAccountApp ? '' : ` in a sign-in to ${clientId}`;
}

interface Rules {
  readonly before?: RuleHead;
  readonly now?: RuleHead;
}

const changeQuestion = 'who may change the account';

/** `where`: at which app, if one is meant. */
function openPair({ before, now }: Rules, question: string, where = ''): Omit<RulePairFindings, 'weaker'> {
  const named = (rule: RuleHead | undefined) =>
    ruleLocations(rule ? [rule] : [])
      .map(namedLocationText)
      .join() || 'no rule';
  const key = `${named(now)}, where ${named(before)} decided ${question}`;
  return { key, undecided: `${key}${where}` };
}

function changeRule(laxer: LaxerChange, pair: AppPair): WeakerRule {
  const { change, before, now, proofs } = laxer;
  const measure = { authenticators: pair.next.policies.authenticators };
  const what = change.action === 'add' ? `set up ${change.of}` : `${change.action} ${change.of}`;
  const shown = laxerRule({ ...laxer, before: {}, now: {} }, pair);
  return {
    ...shown,
    words: `${provedText(proofs, measure)} is enough to ${what}${ownerText(proofs)}, and was not`,
    before: ruleLocations(before ? [before] : []),
    after: ruleLocations(now ? [now] : []),
  };
}
