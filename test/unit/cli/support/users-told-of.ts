/**
 * How many users a `config diff` tells of, and how many there are: each walked through the sign-in by the evaluator
 * under both configurations.
 */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { AppPair } from '../../../../src/cli/config/diff/compared/app-pairs.ts';
import {
  type ComparedConfiguration,
  nextConfiguration,
} from '../../../../src/cli/config/diff/compared/compared-configuration.ts';
import type { AccessChange } from '../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { factsIn } from '../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import { asksAlike, type RulesInEffect, rulesInEffect } from '../../../../src/core/analysis/proofs/rules-in-effect.ts';
import type { Facts, Subject } from '../../../../src/core/model/facts.ts';
import { everyWay, waysToTell } from '../../../core/support/every-way.ts';
import { enough } from '../../../core/support/seeded.ts';
import { kindsOf, load, validFiles } from '../../policy/support/configuration-dir.ts';

export const authenticators = kindsOf('password', 'totp', 'webauthn');

const settings = `issuer: https://id.example.test
brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
`;

/** Users with a password and another authenticator can prove what any of these asks for. */
const then = fc.constantFrom<unknown>(
  'deny',
  { allow: { factors: 1 } },
  { allow: { factors: 2 } },
  { allow: { knowledge: {} } },
);
const last = fc.constantFrom<unknown>({ allow: { factors: 1 } }, { allow: { factors: 2 } });

/** The rules of a sign-on policy, with such conditions. */
export function rulesWith(when: fc.Arbitrary<object>): fc.Arbitrary<readonly object[]> {
  return fc
    .tuple(fc.array(fc.record({ when, then }), { maxLength: 3 }), last)
    .map(([some, other]) => [...some.map((rule, at) => ({ name: `R${at}`, ...rule })), { name: 'Last', then: other }]);
}

/** A configuration in which the app `notes` has these rules. Fails if it has errors. */
export async function configurationWith(rules: readonly object[]): Promise<ComparedConfiguration> {
  const files = { 'policies/sign-on/notes.yaml': JSON.stringify({ name: 'notes', rules }) };
  const loaded = await load({ ...validFiles, ...files, 'stepgate.yaml': settings }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return nextConfiguration(loaded.documents, authenticators);
}

interface Asked {
  /** What the user may prove to get in. Empty: nothing lets the user in. */
  readonly proofs: string;
  readonly asks: RulesInEffect['asks'];
}

/** A sign-in of a user in a browser, with what else is known of the user's past. */
export interface WalkedSignIn {
  readonly subject: Subject;
  readonly known: boolean;
  readonly now: number;
  readonly past?: Pick<Facts, 'lastSignIn'>;
}

function askedAt(pair: AppPair, side: 'active' | 'next', { subject, known, now, past }: WalkedSignIn): Asked {
  const network = { ip: '203.0.113.1', zones: [] };
  const place = { label: '', activeLabel: '', zones: [], activeZones: [], active: network, next: network };
  const device = { known, platform: 'desktop' as const, os: 'other' as const };
  const circumstance = { place, device, believed: { active: {}, next: {} }, now, scopes: ['openid'] };
  const facts = { ...factsIn(pair[side], circumstance, side), subject, ...past };
  const { policies } = pair[side];
  const ways = waysToTell(everyWay(policies, facts, subject));
  const sets = ways.map(({ proofs }) => JSON.stringify(proofs.map(({ authenticator }) => authenticator).sort()));
  const [first] = ways.flatMap(({ evidence }) => evidence);
  const { asks } = rulesInEffect(policies, { ...facts, evidence: first ? [first] : [] });
  return { proofs: [...new Set(sets)].sort().join(), asks };
}

export interface UserCounts {
  readonly lockedOut: number;
  readonly letIn: number;
  /** Those who get in before and after, and of whom something else is asked. */
  readonly others: number;
}

/** How many of these sign-ins change. Without a pair, the app is the same on both sides. */
export function changedSignIns(pair: AppPair | undefined, signIns: readonly WalkedSignIn[]): UserCounts {
  const found = signIns.flatMap((signIn) => {
    if (pair === undefined) return [];
    const [from, to] = [askedAt(pair, 'active', signIn), askedAt(pair, 'next', signIn)];
    return [{ from: from.proofs, to: to.proofs, isSame: asksAlike(from.asks, to.asks, authenticators) }];
  });
  return {
    lockedOut: found.filter(({ from, to }) => from !== '' && to === '').length,
    letIn: found.filter(({ from, to }) => from === '' && to !== '').length,
    others: found.filter(({ from, to, isSame }) => from !== '' && to !== '' && (from !== to || !isSame)).length,
  };
}

/** The users of whom these changes tell. */
export function usersToldOf(changes: readonly AccessChange[]): UserCounts {
  const usersIn = (isMeant: (change: AccessChange) => boolean) =>
    changes.filter(isMeant).reduce((sum, { who }) => sum + (who.users ?? 0), 0);
  const isDenied = (side: 'before' | 'after') => (change: AccessChange) => change[side].words === 'denied';
  const isOther = (change: AccessChange) =>
    ['requirement', 'steps'].includes(change.kind) && !isDenied('before')(change) && !isDenied('after')(change);
  return { lockedOut: usersIn(isDenied('after')), letIn: usersIn(isDenied('before')), others: usersIn(isOther) };
}

/** Adds up over many runs, so that a test can tell that each kind of change occurred. */
export function userCountSum() {
  const sum = { lockedOut: 0, letIn: 0, others: 0 };
  return {
    add(counts: UserCounts) {
      sum.lockedOut += counts.lockedOut;
      sum.letIn += counts.letIn;
      sum.others += counts.others;
    },
    expectEach(users: number) {
      expect(sum.lockedOut).toBeGreaterThan(enough(users));
      expect(sum.letIn).toBeGreaterThan(enough(users));
      expect(sum.others).toBeGreaterThan(enough(users));
    },
  };
}
