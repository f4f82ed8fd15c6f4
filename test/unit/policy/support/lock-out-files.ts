/** Small configurations about who is locked out, and what is found in them. */
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { kindsOf, load, validFiles } from './configuration-dir.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');

/** Passwords, addresses, codes of apps and passkeys are enabled. */
export const settings = `${validFiles['stepgate.yaml']}authenticators: { email: { enabled: true }, webauthn: { enabled: true } }
mail: { from: a@example.org, smtp: { host: mail.example.org } }
`;

/** The content of a policy. */
export const rules = (...all: readonly string[]) => `rules:\n${all.map((rule) => `  - ${rule}\n`).join('')}`;
export const rest = '{ name: Rest, then: { allow: { factors: 1 } } }';
export const byPasskey = 'then: { allow: { possession: { authenticators: [webauthn] } } }';
/** An account policy with these rules before the last one. */
export const account = (...all: readonly string[]) => ({ 'policies/account.yaml': rules(...all, rest) });

type Files = Readonly<Record<string, string | undefined>>;

/** What is found besides groups that no rule names, and denials that a user without an attribute escapes. */
export async function findings(files: Files) {
  const loaded = await load({ 'stepgate.yaml': settings, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now: 1_800_000_000 });
  return found.filter(({ code }) => code !== 'unused' && code !== 'fail-open');
}

export const places = async (files: Files) =>
  (await findings(files)).map(
    ({ severity, code, file, line, column }) => `${severity} ${code} ${file}:${line}:${column}`,
  );
