/** The user who has every authenticator has as many of a kind as rules ask for: `config matrix`, `who` and `diff`. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { numberAskedFor } from '../../../../../src/cli/config/questions/best-enrollments.ts';
import { whoCommand } from '../../../../../src/cli/config/questions/who.ts';
import type { Requirement } from '../../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { StepgateError } from '../../../../../src/errors.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { all, base, type Diffs, enrollment, type Files, openDiffs, signOn } from '../../support/diff-harness.ts';
import { run } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const openStore = () => Promise.reject(new StepgateError('not_configured', 'there is no store'));

/** What a user in no group is asked for. */
async function asked(files: Files): Promise<string> {
  return withConfiguration({ ...base, ...files }, async (configDir) => {
    await run(whoCommand({ ...diffs.terminal.context, configDir, openStore }), 'notes', '--json');
    return JSON.parse(diffs.terminal.printed()).rows[0].outcomes[0].asked;
  });
}

const passkey = { authenticators: ['webauthn'] };
const chain = (...steps: readonly object[]) => ({ name: 'In', then: { allow: { chains: [steps] } } });
/** Passkeys are not added on the way. */
const closed = enrollment({ useOnly: ['webauthn', 'totp'] });

test('a chain of two passkeys lets in', async () => {
  expect(await asked({ ...signOn(chain(passkey, passkey)), ...closed })).toBe('webauthn + another webauthn');
});

test('a count of enrollments that the user cannot add to does not keep out', async () => {
  const two = enrollment({ required: [{ anyOf: ['webauthn'], count: 2 }], useOnly: ['totp'] });
  const one = enrollment({ required: [{ anyOf: ['webauthn'], count: 1 }], useOnly: ['totp'] });
  const rules = signOn(all(2));
  expect(await asked({ ...rules, ...two })).toBe(await asked({ ...rules, ...one }));
  expect(await asked({ ...rules, ...two })).not.toMatch(/denied|enroll/);
});

test('config diff without a store says the same', async () => {
  const active = { ...base, ...signOn(chain(passkey)), ...closed };
  const text = await withConfiguration(active, (from) =>
    withConfiguration({ ...active, ...signOn(chain(passkey, passkey)) }, (dir) => diffs.printed(dir, '--from', from)),
  );
  const headline = 'every user: "webauthn" becomes "webauthn, then webauthn"';
  expect(text).toContain(`${headline}; those with one of each authenticator can't get in any more`);
  expect(text.match(/can't get in any more/g)).toHaveLength(1);
});

test('as many as the longest chain or the largest count asks for, of those that an account may have', () => {
  const then = (requirement: Requirement) => ({ kind: 'allow' as const, requirement });
  const session = compilePolicy({
    name: 'session',
    rules: [{ name: 'All', when: {}, then: then({ anyOf: [{ factors: 1, demands: [] }] }) }],
  });
  const app = compilePolicy({
    name: 'app',
    rules: [
      { name: 'In', when: {}, then: then({ chains: [[passkey, { authenticators: ['phone.sms', 'webauthn'] }]] }) },
    ],
  });
  const enrolling = (count: number) => ({
    name: 'enrollment',
    rules: [
      {
        name: 'Many',
        when: {},
        then: { required: [{ anyOf: ['totp', 'email'], count }], optional: [], promoted: [], disabled: [] },
      },
    ],
  });
  const policies = { session, app, acrLevels: [], authenticators: [] };
  const numberOf = numberAskedFor([{ ...policies, enrollment: compilePolicy(enrolling(3)) }]);
  expect(numberOf({ key: 'webauthn' })).toBe(2);
  expect(numberOf({ key: 'phone' })).toBe(1);
  expect(numberOf({ key: 'totp' })).toBe(3);
  expect(numberOf({ key: 'password' })).toBe(1);
  expect(numberOf({ key: 'email', maxEnrollments: 1 })).toBe(1);
  expect(numberAskedFor([{ ...policies, enrollment: compilePolicy(enrolling(40)) }])({ key: 'totp' })).toBe(10);
});
