/**
 * `config diff --replay` gives each fact back as the live decision had it: the line is made by the code of the server,
 * and the decision about it is the live one. Each policy decides otherwise without the fact.
 */
import { expect, test } from '@jest/globals';
import {
  replayedFacts,
  saysWhatWasLeftOut,
  type TracedLine,
  withTracedRisk,
} from '../../../../../src/cli/config/diff/replay/replayed-facts.ts';
import { withZones } from '../../../../../src/core/analysis/comparison/compare-decisions.ts';
import { evaluate } from '../../../../../src/core/decision/evaluate.ts';
import type { ConditionSet } from '../../../../../src/core/model/conditions.ts';
import type { EnrollmentTerms } from '../../../../../src/core/model/enrollment-policy.ts';
import type { Facts, Subject } from '../../../../../src/core/model/facts.ts';
import { omitUndefined } from '../../../../../src/core/model/omit-undefined.ts';
import type { Rule } from '../../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../../src/core/policy/rules/compile.ts';
import { riskOf } from '../../../../../src/core/policy/values/risk.ts';
import { auditTrace } from '../../../../../src/flow/audit-trace.ts';
import type { factTable } from '../../../../../src/flow/facts/fact-table.ts';
import {
  allow,
  always,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  rememberedProof,
  riskScoring,
  userWith,
} from '../../../../core/support/fixtures.ts';

const day = 86_400;

/** A sign-in by password at an app that wants one factor, of a user who has totp. */
const subject = userWith(['password', 'totp'], {
  ...{ groups: ['staff'], userType: 'employee', profile: { level: 3 }, createdAt: fixedNow - 5 * day },
});
const plain = factsOf({ subject, evidence: [proof('password', 'now')], network: { ip: '203.0.113.5', zones: [] } });

const deny = { kind: 'deny' } as const;
const rest: Rule = { name: 'Rest', when: {}, then: allow(factors(1)) };

function rules(...first: readonly Rule[]): PolicySet {
  return { ...policiesOf(), app: compilePolicy({ name: 'app', rules: [...first, rest] }) };
}

const denying = (when: ConditionSet) => rules({ name: 'Deny', when, then: deny });
const enrolling = (terms: Partial<EnrollmentTerms>): PolicySet => ({
  ...policiesOf(),
  enrollment: compilePolicy({
    name: 'enrollment',
    rules: [{ name: 'Everybody', when: {}, then: enrollmentTerms(terms) }],
  }),
});
const remembering = rules({ name: 'Two', when: {}, then: { kind: 'allow', requirement: factors(2), remember: day } });

interface Case {
  readonly policies: PolicySet;
  /** The sign-in with the fact. */
  readonly live: Facts;
  /** A sign-in without it, which comes out otherwise. */
  readonly without: Facts;
}

/** `plain` with the fact is the sign-in without it, if no other is given. */
function of(policies: PolicySet, live: Partial<Facts>, without: Partial<Facts> = {}): Case {
  return { policies, live: { ...plain, ...live }, without: { ...plain, ...without } };
}

function asking(policies: PolicySet, request: Partial<Facts['request']>, more: Partial<Facts> = {}): Case {
  return of(policies, { ...more, request: { ...plain.request, ...request } }, more);
}

const limits = { idle: 600, absolute: day };
const keeping = policiesOf({
  session: always({
    ...{ kind: 'allow', requirement: factors(1) },
    session: { ...limits, keep: { idle: day, absolute: 30 * day } },
  }),
});

const inBrowser = (policies: PolicySet, device: Partial<Facts['device']>): Case =>
  of(policies, { device: { ...plain.device, ...device } });

const session = { evidence: [proof('password', 600)] };
const twoFactors = rules({ name: 'Two', when: {}, then: allow(factors(2)) });
const ofUser = (policies: PolicySet, without: Partial<typeof subject>): Case =>
  of(policies, {}, { subject: { ...subject, ...without } });

type Cases<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends { readonly inBasis: string }
    ? readonly Case[] | { readonly no: string }
    : Cases<Rows[Name]>;
};

/** A further enrollment is asked of users who did not sign in by password. */
const exempting: PolicySet = {
  ...policiesOf(),
  enrollment: compilePolicy({
    name: 'enrollment',
    rules: [
      { name: 'By password', when: { authenticated: { any: ['password'] } }, then: enrollmentTerms({}) },
      { name: 'Rest', when: {}, then: enrollmentTerms({ required: [{ anyOf: ['webauthn'] }] }) },
    ],
  }),
};
const enrolledNow = proof('password', 'now', { origin: 'enrollment' });
const replacing = { ...enrolledNow, replacesProof: true } as const;
const inThis = { transaction: enrolledNow.transaction };
const before = { at: fixedNow - 600, transaction: 'tx-before' };

/** A user with two passkeys, at an app that wants both. */
const passkey = { authenticators: ['webauthn'] };
const bothKeys = rules({ name: 'Both', when: {}, then: allow({ chains: [[passkey, passkey]] }) });
const withKeys = userWith(['password', 'webauthn', 'key']);
const ofKeys = (evidence: Facts['evidence'], without: Facts['evidence']): Case =>
  of(bothKeys, { subject: withKeys, evidence }, { subject: withKeys, evidence: without });
const lessByTheSame = { ...proof('key', 'now'), enrollment: 'webauthn' };

const grace = (skips: number) =>
  enrolling({ required: [{ anyOf: ['webauthn'], grace: { skips } }] as EnrollmentTerms['required'] });
const promoted = enrolling({ promoted: [{ authenticator: 'webauthn', cooldown: 30 * day }] });
const skippedBy = (reason: 'grace' | 'optional' | 'promotion', count: number, age: number) => ({
  subject: { ...subject, skipped: { webauthn: { [reason]: { count, at: fixedNow - age } } } },
});
const transaction = { id: 'tx-now', startedAt: fixedNow - 60 };
const skipping = { transaction: { ...transaction, skipped: ['webauthn'] } };
const { transaction: _, ...silent } = plain;
const pages = { no: 'no rule asks about it: such pages count as answered' };

const cases: Cases<typeof factTable> = {
  now: [
    of(denying({ time: { days: [5], zone: 'UTC' } }), {}, { now: fixedNow + day }),
    of(denying({ accountAge: { atLeast: 5 * day } }), {}, { now: fixedNow - day }),
  ],
  transaction: [
    of(enrolling({ optional: ['webauthn'] }), skipping),
    of(promoted, skipping),
    of(grace(1), { ...skipping, ...skippedBy('grace', 1, 0) }, skippedBy('grace', 1, 0)),
    { policies: enrolling({ optional: ['webauthn'] }), live: silent, without: plain },
  ],
  request: {
    clientId: { no: 'policies are those of the app' },
    scopes: [asking(denying({ scopes: { any: ['email'] } }), { scopes: ['openid', 'email'] })],
    essentialClaims: [asking(denying({ claims: { any: ['email'] } }), { essentialClaims: ['email'] })],
    acrValues: [asking(rules(), { acrValues: ['2fa'] })],
    acrEssential: [
      {
        policies: rules(),
        live: { ...plain, request: { ...plain.request, acrValues: ['none'], acrEssential: true } },
        without: { ...plain, request: { ...plain.request, acrValues: ['none'] } },
      },
    ],
    maxAge: [asking(rules(), { maxAge: 60 }, session)],
    promptLogin: [asking(rules(), { promptLogin: true }, session)],
    promptConsent: pages,
    promptSelectAccount: pages,
    claims: pages,
  },
  network: {
    ip: { no: 'each configuration has zones of its own for the address' },
    isUnknown: { no: 'each configuration finds it out by the empty address' },
    zones: { no: 'each configuration has zones of its own for the address' },
    unknownZones: { no: 'each configuration has zones of its own for the address' },
  },
  device: {
    known: [inBrowser(denying({ device: { known: true } }), { known: true })],
    platform: [inBrowser(denying({ device: { platform: ['mobile'] } }), { platform: 'mobile' })],
    os: [inBrowser(denying({ device: { os: ['ios'] } }), { os: 'ios' })],
    registered: [inBrowser(denying({ device: { registered: true } }), { registered: true })],
    managed: [inBrowser(denying({ device: { managed: true } }), { registered: true, managed: true })],
    assurances: [inBrowser(denying({ device: { assurance: { any: ['disk'] } } }), { assurances: ['disk'] })],
    lastUsed: { no: 'it only orders options' },
    remembered: [
      inBrowser(remembering, { remembered: [rememberedProof('totp', day - 60)] }),
      // What is too old for the rule, or not remembered any more, counts for nothing there, too.
      of(remembering, {
        device: { ...plain.device, remembered: [rememberedProof('totp', day)] },
        evidence: [proof('password', 'now'), proof('totp', 'now')],
      }),
      of(remembering, {
        device: { ...plain.device, remembered: [rememberedProof('totp', 60, { until: fixedNow })] },
        evidence: [proof('password', 'now'), proof('totp', 'now')],
      }),
      {
        policies: rules({
          name: 'Two',
          when: {},
          then: {
            ...{ kind: 'allow', remember: day },
            requirement: factors(2, { demands: [{ authenticators: ['phone.sms'] }] }),
          },
        }),
        live: {
          ...{ ...plain, subject: userWith(['password', 'phone']) },
          device: { ...plain.device, remembered: [rememberedProof('phone', 60, { method: 'sms' })] },
        },
        without: {
          ...{ ...plain, subject: userWith(['password', 'phone']) },
          device: { ...plain.device, remembered: [rememberedProof('phone', 60, { method: 'voice' })] },
        },
      },
      // The enrollment is gone in the meantime.
      {
        policies: rules({
          name: 'Two',
          when: {},
          then: {
            ...{ kind: 'allow', remember: day },
            requirement: factors(2, { demands: [{ factor: 'possession', exclude: ['email'] }] }),
          },
        }),
        live: {
          ...plain,
          subject: userWith(['password', 'totp', 'webauthn']),
          device: { ...plain.device, remembered: [rememberedProof('webauthn', 60)] },
        },
        without: plain,
      },
    ],
  },
  keepSignedIn: [of(keeping, { keepSignedIn: true })],
  lastSignIn: [of(denying({ lastSignIn: { within: 60 } }), { lastSignIn: fixedNow - 30 })],
  isLastSignInAssumed: [
    of(denying({ lastSignIn: { within: 60 } }), { lastSignIn: fixedNow - 30, isLastSignInAssumed: true }),
  ],
  risk: [
    of(denying({ risk: { any: ['newCountry'] } }), { risk: riskOf(['newCountry'], [], riskScoring) }),
    of(denying({ risk: { any: ['newCountry'] } }), { risk: riskOf([], ['newCountry'], riskScoring) }),
    of(denying({ risk: { atLeast: 'medium' } }), { risk: riskOf(['newDevice', 'longAway'], [], riskScoring) }),
  ],
  distance: [of(denying({ distance: { notWithin: 500 } }), { distance: 800 })],
  subject: {
    id: { no: 'the account of the line is read' },
    status: ['suspended' as const].map((status) => ofUser(rules(), { status })),
    identifiers: [ofUser(denying({ users: { any: ['ann@example.org'] } }), { identifiers: [] })],
    groups: [ofUser(denying({ groups: { any: ['staff'] } }), { groups: [] })],
    userType: [ofUser(denying({ userType: { any: ['employee'] } }), { userType: 'guest' })],
    profile: [ofUser(denying({ attributes: { level: { equals: 3 } } }), { profile: {} })],
    enrollments: [ofUser(twoFactors, { enrollments: userWith(['password', 'email']).enrollments })],
    createdAt: [ofUser(denying({ accountAge: { atLeast: 5 * day } }), { createdAt: fixedNow - day })],
    recovery: [
      of(denying({ recovered: { within: day } }), { subject: { ...subject, recovery: { at: fixedNow - 60, by: [] } } }),
    ],
    skipped: [
      of(enrolling({ optional: ['webauthn'] }), skippedBy('optional', 1, 9 * day)),
      of(promoted, skippedBy('promotion', 1, 9 * day), skippedBy('promotion', 1, 31 * day)),
      of(grace(2), skippedBy('grace', 2, day), skippedBy('grace', 1, day)),
      {
        policies: grace(2),
        live: { ...silent, ...skippedBy('grace', 1, day) },
        without: { ...silent, ...skippedBy('grace', 2, day) },
      },
    ],
    acceptedTerms: pages,
    offeredAttributes: pages,
    consents: pages,
    deletionDueAt: pages,
  },
  evidence: [
    of(rules(), session, { evidence: [] }),
    of(twoFactors, { evidence: [proof('password', 600), proof('totp', 'now')] }),
    of(rules({ name: 'Fresh', when: {}, then: allow(factors(1, { maxAge: 300 })) }), session, {
      evidence: [proof('password', 200)],
    }),
    of(
      rules({ name: 'Active', when: {}, then: allow(factors(1, { demands: [{ maxIdle: 300 }] })) }),
      { evidence: [proof('password', 600, { longestPause: 400 })] },
      session,
    ),
    // By two passkeys, or twice by the same one.
    ofKeys([proof('webauthn', 60), proof('key', 'now')], [proof('webauthn', 60), lessByTheSame]),
    ofKeys([proof('webauthn', 60), lessByTheSame], [proof('webauthn', 60), proof('key', 'now')]),
    // The password was replaced on the way.
    of(
      exempting,
      { evidence: [{ ...proof('password', 20), ...inThis, enrollment: 'password-old' }, replacing] },
      { evidence: [{ ...proof('password', 20), ...inThis, enrollment: 'password-old' }, enrolledNow] },
    ),
    of(
      exempting,
      { evidence: [{ ...replacing, ...before }, proof('totp', 'now')] },
      { evidence: [{ ...enrolledNow, ...before }, proof('totp', 'now')] },
    ),
  ],
};

function isCases(value: unknown): value is readonly Case[] {
  return Array.isArray(value);
}

function casesIn(value: unknown, path: string): readonly (readonly [string, Case])[] {
  if (isCases(value)) return value.map((given, index) => [`${path} ${index + 1}`, given] as const);
  return Object.entries(value as object).flatMap(([name, inner]) =>
    typeof inner === 'string' ? [] : casesIn(inner, path === '' ? name : `${path}.${name}`),
  );
}

function decided(policies: PolicySet, facts: Facts) {
  const { trace, ...outcome } = evaluate(policies, facts);
  const { kind, reason, options, choices, skippable, session: granted } = outcome as Readonly<Record<string, unknown>>;
  const layers = trace.layers.map(({ layer, decidedBy, satisfied, remembered }) =>
    omitUndefined({ layer, decidedBy, satisfied, remembered }),
  );
  return { outcome: omitUndefined({ kind, reason, options, choices, skippable, session: granted }), layers };
}

/** The line as the server writes it, and as the command reads it. */
function lineOf({ policies, live }: Pick<Case, 'policies' | 'live'>): TracedLine {
  const line = {
    ...{ time: new Date(live.now * 1000).toISOString(), event: 'sign_in.completed', outcome: 'success' },
    ...{ client: live.request.clientId, ip: live.network.ip, transaction: live.transaction?.id ?? 'reference' },
    ...auditTrace(evaluate(policies, live), live, live.transaction?.id ?? 'reference'),
  };
  return JSON.parse(JSON.stringify(line));
}

function replayedOf(line: TracedLine, user: Facts['subject']): Facts {
  if (user === undefined) throw new Error('the sign-in has no user');
  const facts = withZones(replayedFacts(line, user), () => ({ zones: [] }));
  return withTracedRisk(facts, line.trace, { settings: { risk: riskScoring } } as Parameters<typeof withTracedRisk>[2]);
}

test.each(casesIn(cases, ''))('%s', (_name, { policies, live, without }) => {
  const line = lineOf({ policies, live });
  expect(saysWhatWasLeftOut(line.trace)).toBe(true);
  // The account as it is now has skipped more in the meantime, if the live one had something skipped.
  const now = live.subject?.skipped ? { ...live.subject, skipped: { webauthn: {} } } : live.subject;
  expect(decided(policies, replayedOf(line, now))).toEqual(decided(policies, live));
  expect(decided(policies, without)).not.toEqual(decided(policies, live));
});

test('a passkey that is gone in the meantime proved what it did', () => {
  const live = { ...plain, subject: withKeys, evidence: [proof('webauthn', 60), proof('key', 'now')] };
  const { kind } = evaluate(bothKeys, replayedOf(lineOf({ policies: bothKeys, live }), userWith(['webauthn'])));
  expect(kind).toBe('allow');
});

test.each<[string, number, Subject['recovery']]>([
  ['before the sign-in counts', -60, { at: fixedNow - 60, by: [] }],
  ['with it counts', 0, { at: fixedNow, by: [] }],
  ['after it does not', 60, undefined],
])('a recovery %s', (_when, later, recovery) => {
  const { trace } = auditTrace(evaluate(policiesOf(), plain), plain, 'reference');
  const line = { trace, client: 'app', ip: '', time: new Date(fixedNow * 1000).toISOString() };
  const account: Subject = { ...subject, recovery: { at: fixedNow + later, by: [] } };
  expect(replayedFacts(line as Parameters<typeof replayedFacts>[0], account).subject?.recovery).toEqual(recovery);
});
