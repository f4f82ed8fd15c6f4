/**
 * Which test file shows which finding of a configuration that is valid. The findings that a file really causes are
 * noted; a file that no longer causes those of its row fails at its end. Each error code has its file in
 * `test/unit/policy/check/coded-errors.test.ts`.
 */
import { afterAll } from '@jest/globals';
import type { FindingCode } from '../../../src/policy/model/analysis-finding.ts';
import { drawsAll } from '../../core/support/seeded.ts';

/** By the path below `test`. `test/architecture/findings.test.ts` compares with the list of codes. */
export const codesFoundIn: Readonly<Record<string, readonly FindingCode[]>> = {
  'unit/network-data.test.ts': ['network_file_damaged', 'network_file_foreign'],
  'unit/policy/check/model-files.test.ts': ['metadata_file_damaged', 'unknown-model'],
  'unit/policy/analysis/lock-outs/second-sign-ins.test.ts': ['returning-lock-out'],
  'unit/policy/analysis/lock-outs/stuck-passwords.test.ts': ['password-lock-out', 'kept-password'],
  'unit/policy/analysis/mistakes/seeded-mistakes.test.ts': [
    'contradictory',
    'shadowed',
    'lock-out',
    'newcomer-lock-out',
    'never-added',
    'closed-app',
    'unreachable',
    'unmeetable',
    'weaker-below',
    'spoofable',
    'unreached-age',
    'pointless-alternative',
    'user-written',
    'unguarded-read',
    'fail-open',
    'invariant',
    'undecided-invariant',
    'empty-invariant',
    'past',
    'unused',
    'unknown-group',
    'restricted-authenticator',
    'acceptance',
    'undecided',
  ],
  'unit/policy/analysis/rules/unaskable-scopes.test.ts': ['unaskable-scope'],
  'unit/policy/analysis/standards/standards.test.ts': ['standard'],
  'unit/policy/check/coded-warnings.test.ts': [
    'changeable-user',
    'discouraged-authenticator',
    'message-unsent',
    'registration-unproved',
    'newcomer-identifier',
    'country-code',
    'unreachable-acr',
    'uncommon-algorithms',
    'pkce-optional',
    'scope-without-label',
    'secret-missing',
    'network_file_missing',
    'metadata_file_missing',
    'renamed-key',
  ],
};

const found = new Set<string>();

/** Notes the codes of these findings, which it returns. */
export function noteFound<Found extends { readonly code: string }>(findings: readonly Found[]): readonly Found[] {
  for (const { code } of findings) found.add(code);
  return findings;
}

/** `run`: see `scripts/jest/shared-modules-environment.cjs`. Absent in a mutation run, which runs single tests. */
const { run } = globalThis as { run?: { readonly file: string; readonly isWhole: boolean } };

afterAll(() => {
  const [, expected = []] = Object.entries(codesFoundIn).find(([file]) => run?.file.endsWith(`/test/${file}`)) ?? [];
  // `npm run test:core` tries only some of the cases.
  const missing = run?.isWhole && drawsAll ? expected.filter((code) => !found.has(code)) : [];
  if (missing.length > 0) throw new Error(`no test of this file finds ${missing.join(', ')}`);
});
