/** What standards say about policies, as guarantees that the analysis proves or refutes. */

import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import { oneDay, oneHour, oneMinute } from '../../../core/model/durations.ts';
import type { Characteristic } from '../../../core/model/facts.ts';
import type { Alternative, Demand, Requirement } from '../../../core/model/policy.ts';
import type { AuthenticatorRoles, Criterion, PasswordCriterion, Standard } from './standard.ts';

function proves(...anyOf: readonly Alternative[]): Guarantee {
  return { kind: 'proves', requirement: { anyOf } satisfies Requirement };
}

function oneProof(demand: Demand): Guarantee {
  return proves({ factors: 1, demands: [demand] });
}

/** A password and something physical, or something physical that verifies its user. */
function multiFactor(
  { passwords, mail, questions, handedOut }: AuthenticatorRoles,
  shows: readonly Characteristic[] = [],
) {
  const exclude = [...mail, ...questions, ...handedOut];
  const physical: Demand = { factor: 'possession', ...(exclude.length > 0 && { exclude }) };
  const alone: readonly Characteristic[] = [...shows, 'userVerification'];
  return proves(
    {
      factors: 2,
      demands: [
        { factor: 'knowledge', authenticators: passwords },
        { ...physical, ...(shows.length > 0 && { characteristics: shows }) },
      ],
    },
    { factors: 2, demands: [{ ...physical, characteristics: alone }] },
  );
}

const fips = 'validation of authenticators and verifiers under FIPS 140 (federal agencies)';
const biometrics = 'error rates of biometrics';
const appSessions = "the apps' own sessions, which end when the app ends them";
const refreshTokens =
  'refresh tokens, which may count for longer than a session: `session.absolute` of a rule and `tokens.refreshToken` end them';
const proofing = 'identity proofing, and how authenticators were bound to the user';
const account =
  'the pages of the own account: changes there take the strongest proof that the account can give (Law 7)';

/** `sections`: what the standard says of recoveries. */
const recoveries = (sections: string) => `recoveries of passwords, which the recovery policy decides (${sections})`;

const nist = 'NIST SP 800-63B-4';
const asvs = 'OWASP ASVS 5.0';
const pci = 'PCI DSS 4.0.1';
const hardware: readonly Characteristic[] = ['phishingResistant', 'deviceBound', 'hardwareProtected'];

const offersKeys: Criterion['guarantee'] = ({ passwords, phishingResistant }) => ({
  kind: 'offers',
  authenticators: [...passwords, ...phishingResistant],
  including: phishingResistant,
});

const twoFactors: Criterion['guarantee'] = () => proves({ factors: 2, demands: [] });

const everyTime = 'both factors are proved, also in a browser that remembers one';

const noQuestions = {
  section: `${asvs}, 6.4.2`,
  text: 'knowledge-based authentication, such as secret questions, is not present',
  keys: ({ questions }: AuthenticatorRoles) => questions,
};

const noAgeing: PasswordCriterion = {
  section: `${asvs}, 6.2.10`,
  text: 'passwords stay valid until they are known to be compromised or the user changes them',
  isMet: ({ maxAge }) => maxAge === undefined,
};

const rationale = 'a documented reason for asking for less, which 6.3.3 allows for';

/** The standards by the name that `config check --standard` takes. */
export const standards = {
  'nist-aal2': {
    title: 'NIST SP 800-63B-4, authentication assurance level 2',
    criteria: [
      {
        section: `${nist}, 2.2.1`,
        text: 'a password and a physical authenticator, or a multi-factor one; neither mail, nor questions, nor access codes',
        blames: 'app',
        guarantee: (roles) => multiFactor(roles),
      },
      {
        section: `${nist}, 2.2.2`,
        text: 'a phishing-resistant option is offered',
        blames: 'app',
        guarantee: offersKeys,
      },
      {
        section: `${nist}, 2.2.3`,
        text: 'the user proves something again after 24 hours',
        isRecommended: true,
        blames: 'session',
        guarantee: () => oneProof({ maxAge: oneDay }),
      },
      {
        section: `${nist}, 2.2.3`,
        text: 'the user proves something again after an hour without activity',
        isRecommended: true,
        blames: 'session',
        guarantee: () => oneProof({ maxIdle: oneHour }),
      },
    ],
    memory: { section: `${nist}, 2.2.1`, text: everyTime },
    notShown: [fips, biometrics, recoveries('4.2'), appSessions, refreshTokens, proofing, account],
  },
  'nist-aal3': {
    title: 'NIST SP 800-63B-4, authentication assurance level 3',
    criteria: [
      {
        section: `${nist}, 2.3.1`,
        text: 'a phishing-resistant key that is bound to its device and protected by hardware, with its user verified or a password beside it',
        blames: 'app',
        guarantee: (roles) => multiFactor(roles, hardware),
      },
      {
        section: `${nist}, 2.3.3`,
        text: 'both factors are proved again after 12 hours',
        blames: 'session',
        guarantee: () => proves({ factors: 2, demands: [], maxAge: 12 * oneHour }),
      },
      {
        section: `${nist}, 2.3.3`,
        text: 'the user proves something again after 15 minutes without activity',
        isRecommended: true,
        blames: 'session',
        guarantee: () => oneProof({ maxIdle: 15 * oneMinute }),
      },
    ],
    memory: { section: `${nist}, 2.3.1`, text: everyTime },
    notShown: [fips, biometrics, recoveries('4.2'), appSessions, refreshTokens, proofing, account],
  },
  'asvs-l2': {
    title: 'OWASP ASVS 5.0, level 2',
    criteria: [
      { section: `${asvs}, 6.3.3`, text: 'several factors', blames: 'app', guarantee: twoFactors },
      {
        section: `${asvs}, 6.6.1`,
        text: 'where codes over the telephone network count, a stronger authenticator is offered as well',
        blames: 'app',
        guarantee: ({ all, phone, mail, questions, handedOut, passwords }) => {
          const stronger = all.filter((key) => ![...phone, ...mail, ...questions, ...handedOut].includes(key));
          if (phone.length === 0) return undefined;
          return {
            kind: 'offers',
            authenticators: stronger,
            including: stronger.filter((key) => !passwords.includes(key)),
            insteadOf: phone,
          };
        },
      },
    ],
    passwords: [noAgeing],
    banned: noQuestions,
    memory: { section: `${asvs}, 6.3.3`, text: everyTime },
    notShown: [
      'that users are told of the risks of text messages and calls, and that imported numbers were validated (6.6.1)',
      recoveries('6.4.3, 6.4.4'),
      rationale,
      appSessions,
      account,
    ],
  },
  'asvs-l3': {
    title: 'OWASP ASVS 5.0, level 3',
    criteria: [
      {
        section: `${asvs}, 6.3.3`,
        text: 'several factors, one of them phishing resistant, protected by hardware and used by an act of the user',
        blames: 'app',
        // A phishing-resistant key always takes an act of the user (WebAuthn, section 7.2: the flag UP).
        guarantee: () =>
          proves({
            factors: 2,
            demands: [{ factor: 'possession', characteristics: ['phishingResistant', 'hardwareProtected'] }],
          }),
      },
      {
        section: `${asvs}, 6.3.6`,
        text: 'mail is neither a single factor nor one of several',
        blames: 'app',
        guarantee: ({ mail }) => ({ kind: 'without', authenticators: mail }),
      },
      {
        section: `${asvs}, 6.6.1`,
        text: 'text messages and calls are no option',
        blames: 'app',
        guarantee: ({ phone }) => ({ kind: 'without', authenticators: phone }),
      },
    ],
    passwords: [noAgeing],
    banned: noQuestions,
    memory: { section: `${asvs}, 6.3.3`, text: everyTime },
    notShown: [recoveries('6.4.3, 6.4.4'), rationale, appSessions, account],
  },
  'pci-dss-4': {
    title: 'PCI DSS 4.0.1, requirement 8',
    criteria: [
      {
        section: `${pci}, 8.4.2`,
        text: 'several factors, or phishing-resistant ones only',
        blames: 'app',
        guarantee: twoFactors,
        // The applicability notes leave out accounts that only sign in with phishing-resistant factors.
        exempts: oneProof({ characteristics: ['phishingResistant'] }),
      },
      {
        section: `${pci}, 8.2.8`,
        text: 'the user proves something again after 15 minutes without activity',
        blames: 'session',
        guarantee: () => oneProof({ maxIdle: 15 * oneMinute }),
      },
    ],
    passwords: [
      {
        section: `${pci}, 8.3.4`,
        text: 'after 10 wrong attempts at most, none is taken for 30 minutes at least',
        isAboutLockout: true,
        isMet: ({ lockout: { attempts, wait } }) => attempts <= 10 && (wait ?? 0) >= 30 * oneMinute,
      },
      {
        section: `${pci}, 8.3.6`,
        text: 'passwords of 12 characters at least',
        isMet: ({ minLength, minLengthBesideSecondFactor: beside }) => Math.min(minLength, beside) >= 12,
      },
      { section: `${pci}, 8.3.7`, text: 'none of the last four passwords', isMet: ({ history }) => history >= 4 },
    ],
    memory: { section: `${pci}, 8.5.1`, text: everyTime },
    notShown: [
      'that passwords hold letters and digits (8.3.6): length and blocklists stand in for composition, which NIST SP 800-63B-4 section 3.1.1.2 forbids',
      'that passwords change every 90 days, or that the security posture of accounts is analysed (8.3.9): it is about passwords that are the only factor, which 8.4.2 excludes',
      'that bypasses of a factor, as by access codes, are documented and authorised for a limited time (8.5.1)',
      'administrative access that does not pass the provider (8.4.1), and remote access to networks (8.4.3)',
      recoveries('8.3.3'),
      appSessions,
      refreshTokens,
      account,
    ],
  },
  'phr-only': {
    title: 'phishing resistance everywhere',
    criteria: [
      {
        section: `${nist}, 3.2.5`,
        text: 'every sign-in is phishing resistant',
        blames: 'app',
        guarantee: () => oneProof({ characteristics: ['phishingResistant'] }),
      },
    ],
    notShown: ['recoveries of passwords, which prove nothing to an app', appSessions, account],
  },
} as const satisfies Readonly<Record<string, Standard>>;

export type StandardName = keyof typeof standards;
