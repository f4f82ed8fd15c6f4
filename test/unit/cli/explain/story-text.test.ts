import { expect, test } from '@jest/globals';
import type { AuditLine } from '../../../../src/cli/audit/audit-text.ts';
import { storyText } from '../../../../src/cli/explain/story-text.ts';
import { omitUndefined } from '../../../../src/core/model/omit-undefined.ts';
import { type AuditEventName, auditEvents } from '../../../../src/flow/audit.ts';
import type { AuditTrace, TracedLayer } from '../../../../src/flow/audit-trace.ts';

function hasTransaction(event: AuditEventName): boolean {
  return (auditEvents[event].fields as readonly string[]).includes('transaction');
}

const time = '2026-11-24T09:00:00.000Z';
const line = { time, event: 'sign_in.completed', outcome: 'success', ip: '192.0.2.1', policyRevision: 1 } as const;

/** The story of one decision of these layers. */
function told(layers: readonly TracedLayer[], trace: Partial<AuditTrace> = {}): string {
  const decision = { line, layers, proved: [], device: { known: false }, scopes: ['openid'], revisionFound: true };
  const story = { transaction: 'transaction', events: [line], decisions: [{ ...decision, ...trace }] };
  return storyText(story, (_, text) => text);
}

test('only the layer of the minimum acr is told as one: a policy may have its name', () => {
  const layer = { layer: 'app', policy: 'minimumAcr', outcome: 'allow', met: true } as const;
  expect(told([{ ...layer, rule: 'All' }])).toContain('\n  Sign-on policy minimumAcr\n    by the rule "All"\n');
  expect(told([{ ...layer, requiredAcr: ['phr'] }])).toContain('\n  Minimum acr of the app: phr\n');
});

test('an essential acr is no `acr_values`: it came in the claims parameter', () => {
  expect(told([], { acrValues: ['phr', 'phrh'] })).toContain('request   scope openid; acr_values phr phrh\n');
  expect(told([], { acrValues: ['phr'], acrEssential: true })).toContain('request   scope openid; essential acr phr\n');
});

test('a browser that is not known is not called new: it may be a used one', () => {
  expect(told([])).toContain('  from      192.0.2.1; in no zone; a browser that is not known\n');
  expect(told([], { device: { known: true } })).toContain('  from      192.0.2.1; in no zone; a known browser\n');
});

test('what was believed of the device is told where a rule asked', () => {
  const from = (device: AuditTrace['device']) => told([], { device }).split('\n')[2];
  expect(from({ known: true, signals: ['managed', 'healthy'] })).toBe(
    '  from      192.0.2.1; in no zone; a known browser, signals managed, healthy',
  );
  expect(from({ known: false, os: 'ios', signals: [] })).toBe(
    '  from      192.0.2.1; in no zone; a browser that is not known, ios, no signal believed',
  );
});

test("a sign-in came from where the user was, not from the app's server that gets its tokens", () => {
  const headOf = (events: readonly AuditLine[]) =>
    storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words).split('\n')[2];
  const ofServer = { ...line, ip: '198.51.100.77' };
  for (const event of ['token.refreshed', 'token.refresh_denied', 'token.denied'] as const)
    expect(headOf([line, { ...ofServer, event }])).toBe('  from      192.0.2.1');
  expect(headOf([line, { ...ofServer, event: 'sign_in.denied' }])).toBe('  from      198.51.100.77');
  expect(headOf([{ ...ofServer, event: 'token.refreshed' }])).toBe('');
});

test('a zone is not said to be another one if it was not known', () => {
  expect(told([], { unknownZones: ['office', 'home'] })).toContain(
    '  from      192.0.2.1; not known whether in office, home; a browser that is not known\n',
  );
  expect(told([], { zones: ['home'], unknownZones: ['office'] })).toContain('; in home; not known whether in office; ');
});

test.each(Object.keys(auditEvents).filter((name) => hasTransaction(name as AuditEventName)))(
  'what %s means is told in words',
  (event) => {
    const events = [{ ...line, event, authenticator: 'email', reason: 'rule', channel: 'email' }];
    const text = storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words);
    expect(text).not.toContain(`  ${event}`);
    expect(text).not.toContain('undefined');
  },
);

test('lines of earlier releases list rules below one that was not known: those that hold are not told', () => {
  const layer = { layer: 'enrollment', policy: 'enrollment', outcome: 'undecided' } as const;
  const passed = [
    { rule: 'Staff', because: 'groups', when: { groups: { any: ['staff'] } } },
    { rule: 'Everybody else', because: '', when: {} },
  ];
  expect(told([{ ...layer, passed }])).toContain(
    '\n  Enrollment policy\n    not by "Staff": groups any: [staff] is not known yet\n    not decided yet\n',
  );
});

test('a condition that the rule of that name does not have is named alone', () => {
  const layer = { layer: 'app', policy: 'notes', outcome: 'allow', rule: 'All' } as const;
  const passed = [{ rule: 'Same name', because: 'device.known', when: { groups: { any: ['staff'] } } }];
  expect(told([{ ...layer, passed }])).toContain('    not by "Same name": device.known does not hold\n');
});

test('a password that was kept although it had to be replaced is told', () => {
  const trace = { keptPassword: { reason: 'expired', layer: 'account', rule: 'Not here' } } as const;
  const decision = { layers: [], proved: [], device: { known: false }, scopes: ['openid'], revisionFound: true };
  const traced = { ...line, trace: { ...decision, ...trace } };
  const text = storyText(
    { transaction: 'transaction', events: [line], decisions: [{ ...decision, line: traced }] },
    (_, words) => words,
  );
  expect(text).toContain(
    '\n  Password\n    let in with an expired password, kept by "Not here" of the account policy\n',
  );
  expect(told([])).not.toContain('Password');
});

test('a password that took the place of the one that was proved is told as such', () => {
  const password = { authenticator: 'password', age: 0, factors: ['knowledge'], origin: 'enrollment' } as const;
  const words = '    password (knowledge), just then, in this sign-in';
  expect(told([], { proved: [password] })).toContain(`${words}, by setting it up`);
  const replacing = { ...password, replacesProof: true } as const;
  expect(told([], { proved: [replacing] })).toContain(`${words}, set up in place of one that was proved`);
});

test('a denial because of a password that must be replaced says why, and which rule asks for more before', () => {
  const trace = { layers: [], proved: [], device: { known: false }, scopes: ['openid'] };
  const old = { authenticator: 'password', reason: 'compromised', passwordRule: 'Staff' } as const;
  const denied = { ...line, event: 'sign_in.denied', reason: 'password_not_replaceable' };
  const happened = (passwordToReplace: AuditTrace['passwordToReplace']) => {
    const events = [{ ...denied, trace: { ...trace, ...omitUndefined({ passwordToReplace }) } }];
    return `${storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words)}\n`;
  };
  expect(happened({ ...old, layer: 'account', rule: 'Takes a code' })).toContain(
    'denied: the password is on a blocklist (by "Staff" of the password policy), and the user cannot prove what "Takes a code" of the account policy asks for before it is replaced\n',
  );
  expect(happened({ authenticator: 'password', reason: 'expired' })).toContain(
    'denied: the password has expired, and the user cannot prove what must be proved before it is replaced\n',
  );
});

test('a denial because of what must be enrolled says which rule is in the way', () => {
  const trace = { layers: [], proved: [], device: { known: false }, scopes: ['openid'] };
  const happened = (reason: string, missingEnrollment: AuditTrace['missingEnrollment']) => {
    const denied = { ...line, event: 'sign_in.denied', reason };
    const events = [{ ...denied, trace: { ...trace, ...omitUndefined({ missingEnrollment }) } }];
    return `${storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words)}\n`;
  };
  const totp = { authenticators: ['totp', 'webauthn'] };
  const required = { ...totp, enrollmentRule: 'Staff' };
  const account = { layer: 'account', rule: 'Takes a code' } as const;
  expect(happened('authenticator_not_enrollable', { ...required, ...account })).toContain(
    'denied: totp or webauthn must be enrolled (by "Staff" of the enrollment policy), and the user cannot prove what "Takes a code" of the account policy asks for before that\n',
  );
  expect(happened('authenticator_not_enrollable', required)).toContain(
    'denied: totp or webauthn must be enrolled (by "Staff" of the enrollment policy), and the user cannot prove what must be proved before that\n',
  );
  expect(happened('enrollment_forbids', { ...totp, ...account })).toContain(
    'denied: totp or webauthn must be enrolled, and "Takes a code" of the account policy forbids that\n',
  );
  expect(happened('acr_unattainable', { ...totp, ...account })).toContain(
    'cannot be reached (unmet_authentication_requirements): totp or webauthn must be enrolled, and "Takes a code" of the account policy is in the way\n',
  );
  expect(happened('enrollment_forbids', { ...totp, layer: 'account' })).toContain(
    'denied: totp or webauthn must be enrolled, and the account policy forbids that\n',
  );
});

test('a step because of a password that must be replaced says why', () => {
  const trace = { layers: [], proved: [], device: { known: false }, scopes: ['openid'] };
  const old = { authenticator: 'password', reason: 'expired', passwordRule: 'Month' } as const;
  const happened = (more: Partial<AuditTrace>) => {
    const events = [{ ...line, event: 'sign_in.asked', trace: { ...trace, ...more } }];
    return `${storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words)}\n`;
  };
  const why = 'the password has expired (by "Month" of the password policy) and must be replaced';
  expect(happened({ passwordToReplace: old })).toContain(`  ${why}\n`);
  const account = { layer: 'account', policy: 'account', outcome: 'allow', rule: 'By code', met: false } as const;
  expect(happened({ passwordToReplace: old, layers: [account] })).toContain(
    `  ${why}, and more was asked for by Account policy, "By code"\n`,
  );
  expect(happened({})).toContain('  everything asked for was proved\n');
});

test('a step says what report-only rules of the account policy would have decided, and leaves the others to the decision', () => {
  const trace = { layers: [], proved: [], device: { known: false }, scopes: ['openid'] };
  const happened = (reported: string) => {
    const events = [{ ...line, event: 'sign_in.asked', trace, reported }];
    return `${storyText({ transaction: 'transaction', events, decisions: [] }, (_, words) => words)}\n`;
  };
  expect(happened('session: Soon (unmet); account: Keys (deny)')).toContain(
    '  everything asked for was proved; rules that only report: account: Keys (deny)\n',
  );
  expect(happened('session: Soon (unmet)')).toContain('  everything asked for was proved\n');
});

test('a proof by the same key as a newer one is told as such', () => {
  const key = { authenticator: 'webauthn', factors: ['possession'], earlier: true } as const;
  const proved = [
    { ...key, age: 60 },
    { ...key, age: 180 },
    { ...key, age: 240, again: true as const },
  ];
  const text = told([], { proved });
  expect(text).toContain('    webauthn (possession), 3 min before, before this sign-in\n');
  expect(text).toMatch(/webauthn \(possession\), 4 min before, before this sign-in, by the same one as a newer proof$/);
});
