/** A small world for the tables: authenticators, users, policies, facts. */

import type { AssessedEvidence } from '../../../src/core/evidence/requirement.ts';
import type { EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type {
  AuthenticatorDescriptor,
  Enrollment,
  Evidence,
  Facts,
  RememberedProof,
  RequestFacts,
  Subject,
} from '../../../src/core/model/facts.ts';
import { neutralRequest } from '../../../src/core/model/neutral-facts.ts';
import type {
  AcrLevel,
  Alternative,
  Policy,
  Requirement,
  Rule,
  SessionLimits,
} from '../../../src/core/model/policy.ts';
import type { RiskScoring } from '../../../src/core/model/risk.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';

export const fixedNow = 1_800_000_000;
/** The transaction under way. */
export const thisTransaction = 'tx-now';

export const descriptor = {
  password: {
    key: 'password',
    factors: ['knowledge'],
    characteristics: ['userPresence'],
    enrollable: false,
    askedWithIdentifier: true,
    decoys: { share: 1 },
  },
  security_question: {
    key: 'security_question',
    factors: ['knowledge'],
    characteristics: ['userPresence'],
    enrollable: true,
    maxEnrollments: 1,
    auxiliary: true,
  },
  email: {
    key: 'email',
    factors: ['possession'],
    characteristics: ['userPresence'],
    methods: ['code', 'link'],
    enrollable: false,
    decoys: { share: 1 / 4, shareOfAddresses: 3 / 4 },
  },
  phone: {
    key: 'phone',
    factors: ['possession'],
    characteristics: ['userPresence'],
    methods: ['sms', 'voice'],
    enrollable: true,
    decoys: { share: 1 / 2 },
  },
  totp: {
    key: 'totp',
    factors: ['possession'],
    characteristics: ['userPresence', 'deviceBound'],
    enrollable: true,
    decoys: { share: 1 / 2 },
  },
  recovery_code: {
    key: 'recovery_code',
    factors: ['possession'],
    characteristics: ['userPresence'],
    enrollable: false,
    recovery: true,
  },
  webauthn: {
    key: 'webauthn',
    factors: ['possession', 'inherence'],
    characteristics: ['userPresence', 'userVerification', 'deviceBound', 'phishingResistant'],
    enrollable: true,
    decoys: { share: 1 / 4, characteristics: ['userPresence', 'userVerification', 'phishingResistant'] },
  },
} as const satisfies Record<string, AuthenticatorDescriptor>;

export type Key = keyof typeof descriptor;

const amr: Readonly<Record<Key, readonly string[]>> = {
  password: ['pwd'],
  security_question: ['kba'],
  email: ['email'],
  phone: ['sms'],
  totp: ['otp'],
  recovery_code: ['recovery'],
  webauthn: ['pop', 'user'],
};

/** How it was proved, where a test says nothing else. */
const method: Readonly<Partial<Record<Key, string>>> = { email: 'code', phone: 'sms' };

/** One enrollment of each authenticator; its id is the key. `key` is a WebAuthn key that cannot verify its user. */
export function enrolled(...keys: readonly (Key | 'key')[]): readonly Enrollment[] {
  return keys.map((key) => {
    if (key === 'key')
      return {
        id: 'key',
        authenticator: 'webauthn',
        factors: ['possession'],
        characteristics: ['userPresence', 'phishingResistant'],
      };
    const { factors: covered, characteristics } = descriptor[key];
    return { id: key, authenticator: key, factors: covered, characteristics };
  });
}

export function userWith(keys: readonly (Key | 'key')[], more: Partial<Subject> = {}): Subject {
  return {
    id: 'ann',
    status: 'active',
    identifiers: ['ann@example.org'],
    groups: [],
    profile: {},
    enrollments: enrolled(...keys),
    ...more,
  };
}

/** Evidence of `ann`, proved `age` seconds ago in another transaction, or `now` in this one. */
export function proof(key: Key | 'key', age: number | 'now', more: Partial<Evidence> = {}): Evidence {
  const [enrollment] = enrolled(key);
  if (enrollment === undefined) throw new Error('no enrollment');
  const by = key === 'key' ? undefined : method[key];
  return {
    authenticator: enrollment.authenticator,
    enrollment: enrollment.id,
    subject: 'ann',
    factors: enrollment.factors,
    characteristics: enrollment.characteristics,
    amr: amr[key === 'key' ? 'webauthn' : key],
    ...(by !== undefined && { method: by }),
    at: age === 'now' ? fixedNow - 10 : fixedNow - age,
    transaction: age === 'now' ? thisTransaction : 'tx-before',
    origin: 'sign_in',
    ...more,
  };
}

/** What proving an enrollment now would add, as the search for sufficient sets sees it. */
/** What a browser remembers of a proof, `age` seconds ago. It counts for an hour from now, unless told otherwise. */
export function rememberedProof(key: Key | 'key', age: number, more: Partial<RememberedProof> = {}): RememberedProof {
  const [{ id, authenticator, factors: covered, characteristics }] = enrolled(key) as [Enrollment];
  const proved = { authenticator, enrollment: id, factors: covered, characteristics };
  return { ...proved, at: fixedNow - age, until: fixedNow + 3600, ...more };
}

export function action(key: Key | 'key', more: Partial<AssessedEvidence> = {}): AssessedEvidence {
  const { authenticator, enrollment, factors: covered, characteristics } = proof(key, 'now');
  const { auxiliary }: AuthenticatorDescriptor = descriptor[authenticator as Key];
  return {
    authenticator,
    enrollment,
    factors: covered,
    characteristics,
    age: 'now',
    ...(auxiliary && { auxiliary }),
    ...more,
  };
}

export const plainRequest: RequestFacts = neutralRequest('notes', ['openid']);

export interface FactParts extends Partial<Omit<Facts, 'request'>> {
  readonly request?: Partial<RequestFacts>;
}

/** Facts of a transaction under way; `transaction: undefined` removes it. */
export function factsOf({ request, ...more }: FactParts = {}): Facts {
  return {
    now: fixedNow,
    transaction: { id: thisTransaction, startedAt: fixedNow - 60 },
    network: { ip: '203.0.113.5', zones: ['world'] },
    device: { known: false, platform: 'desktop', os: 'linux' },
    evidence: [],
    ...more,
    request: { ...plainRequest, ...request },
  };
}

/** Facts without a transaction: single sign-on. */
export function silentFacts(parts: FactParts): Facts {
  const { transaction: _, ...facts } = factsOf(parts);
  return facts;
}

export function factors(count: 1 | 2 | 3, more: Partial<Alternative> = {}): Requirement {
  return { anyOf: [{ factors: count, demands: [], ...more }] };
}

/** How many distinct factor types the user's enrollments cover together; the security question covers none. */
export function factorsOf({ enrollments }: Subject): 1 | 2 | 3 {
  const solid = enrollments.filter(({ authenticator }) => authenticator !== 'security_question');
  return new Set(solid.flatMap((enrollment) => enrollment.factors)).size as 1 | 2 | 3;
}

export function allow(requirement: Requirement, session?: SessionLimits): Rule['then'] {
  return { kind: 'allow', requirement, ...(session && { session }) };
}

export function always(then: Rule['then']): Policy {
  return { name: 'always', rules: [{ name: 'everybody', when: {}, then }] };
}

/** Terms of an enrollment rule. Those that are not given ask for nothing. */
export function enrollmentTerms(terms: Partial<EnrollmentTerms> = {}): EnrollmentTerms {
  return { required: [], optional: [], promoted: [], disabled: [], ...terms };
}

export const acrLevels: readonly AcrLevel[] = [
  { value: 'phr', requirement: factors(1, { demands: [{ characteristics: ['phishingResistant'] }] }) },
  { value: '2fa', requirement: factors(2) },
  { value: 'pwd', requirement: factors(1, { demands: [{ authenticators: ['password'] }] }) },
  { value: '1fa', requirement: factors(1) },
];

export interface PolicyParts {
  readonly session?: Policy;
  readonly app?: Policy | Requirement;
  readonly minimumAcr?: string;
  readonly enabled?: readonly Key[];
  readonly acrLevels?: readonly AcrLevel[];
}

/** A session policy that any factor satisfies, unless another is given. */
export function policiesOf({
  session = always(allow(factors(1))),
  app = factors(1),
  minimumAcr,
  enabled,
  ...more
}: PolicyParts = {}): PolicySet {
  const keys = enabled ?? (Object.keys(descriptor) as Key[]);
  return {
    session: compilePolicy(session),
    app: compilePolicy('name' in app ? app : always(allow(app))),
    acrLevels: more.acrLevels ?? acrLevels,
    ...(minimumAcr !== undefined && { minimumAcr }),
    authenticators: keys.map((key) => descriptor[key]),
  };
}

/** Points that are easy to add. */
export const riskScoring: RiskScoring = {
  points: { newDevice: 20, newNetwork: 10, newCountry: 30, impossibleTravel: 60, recentFailures: 20, longAway: 10 },
  levels: { medium: 30, high: 60 },
  failures: 5,
  speed: 1000,
  away: 90 * 86_400,
};
