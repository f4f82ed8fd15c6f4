/** The answers that `config init` needs, from options or questions. */

import { mailAddress } from '../../core/model/mail-address.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { appSchema } from '../../policy/schema/apps/app.ts';
import { settingsSchemaFor } from '../../policy/schema/schemas.ts';
import { refusal } from '../shared/options/refusal.ts';

export interface InitOptions {
  readonly issuer?: string;
  readonly name?: string;
  readonly app?: string;
  readonly appName?: string;
  readonly redirectUri?: string;
  readonly public?: true;
  readonly mailFrom?: string;
  readonly mailHost?: string;
  readonly mailUser?: string;
  readonly admin?: string;
}

export interface InitAnswers {
  readonly issuer: string;
  /** The installation's name for users. */
  readonly name: string;
  readonly app: {
    readonly clientId: string;
    readonly name: string;
    readonly redirectUri: string;
    /** Whether the app runs where it can keep a secret. */
    readonly hasSecret: boolean;
  };
  readonly mail?: { readonly from: string; readonly host: string; readonly user?: string };
  /** The first administrator's identifier: a username or an address. */
  readonly admin: string;
}

/** Asks on the terminal. Rejects if there is no answer (Ctrl-C, end of input). */
export interface Questions {
  ask(question: string): Promise<string>;
  /** Prints whole lines. */
  say(text: string): void;
}

interface Question {
  readonly option: string;
  readonly given: string | undefined;
  readonly text: string;
  readonly usual?: string;
  /** Why the answer is refused. Undefined if it is accepted. */
  fault(answer: string): string | undefined;
}

/**
 * `questions`: absent without a terminal; then every answer must be an option or have a default. Rejects with
 * `bad_request` if one is missing or an option is refused.
 */
export async function initAnswers(
  options: InitOptions,
  authenticators: readonly AuthenticatorKind[],
  questions?: Questions,
): Promise<InitAnswers> {
  if (questions === undefined) refuseMissing(options);
  const of = (question: Question) => answered(question, questions);
  const settings = (content: object, key: string) =>
    issueAt(settingsSchemaFor(authenticators), { brand: { name: 'A' }, ...content }, key);
  const issuer = await of({
    option: '--issuer',
    given: options.issuer,
    text: 'Public URL of this installation',
    usual: 'http://localhost:3000',
    fault: (answer) => settings({ issuer: answer }, 'issuer'),
  });
  const name = await of({
    option: '--name',
    given: options.name,
    text: 'Name that users see',
    usual: new URL(issuer).hostname,
    fault: (answer) => settings({ brand: { name: answer } }, 'brand'),
  });
  const app = await appAnswers(options, of, questions);
  const mail = await mailAnswers(options, issuer, of);
  const admin = await of({
    option: '--admin',
    given: options.admin,
    text: 'User name or mail address of the first administrator',
    fault: (answer) => {
      const read = canonicalIdentifier(answer);
      return read.ok ? undefined : `cannot be an identifier: ${read.fault.replaceAll('_', ' ')}`;
    },
  });
  return { issuer: new URL(issuer).origin, name, app, ...omitUndefined({ mail }), admin };
}

type Asked = (question: Question) => Promise<string>;

async function appAnswers(
  options: InitOptions,
  of: Asked,
  questions: Questions | undefined,
): Promise<InitAnswers['app']> {
  const app = (content: object, key: string) => {
    const client = { redirect_uris: ['https://app.test/'] };
    return issueAt(appSchema, { clientId: 'a', name: 'A', signOnPolicy: 'a', client, ...content }, key);
  };
  const clientId = await of({
    option: '--app',
    given: options.app,
    text: 'Client id of the first app',
    usual: 'app',
    fault: (answer) => app({ clientId: answer }, 'clientId'),
  });
  const name = await of({
    option: '--app-name',
    given: options.appName,
    text: 'Its name, as users know it',
    usual: clientId,
    fault: (answer) => app({ name: answer }, 'name'),
  });
  const redirectUri = await of({
    option: '--redirect-uri',
    given: options.redirectUri,
    text: 'Where users return to (redirect URI)',
    usual: 'http://localhost:8080/callback',
    fault: (answer) => app({ client: { redirect_uris: [answer] } }, 'client'),
  });
  const keeps = await of({
    option: '--public',
    given: options.public || questions === undefined ? (options.public ? 'no' : 'yes') : undefined,
    text: 'Does it run on a server that can keep a secret (yes or no)',
    usual: 'yes',
    fault: (answer) => (/^(y|yes|n|no)$/i.test(answer) ? undefined : 'must be yes or no'),
  });
  return { clientId, name, redirectUri, hasSecret: /^y/i.test(keeps) };
}

async function mailAnswers(options: InitOptions, issuer: string, of: Asked): Promise<InitAnswers['mail'] | undefined> {
  const host = await of({
    option: '--mail-host',
    given: options.mailHost,
    text: 'Mail server (empty: no mail for now)',
    usual: '',
    fault: (answer) => (/^[A-Za-z0-9.:-]{0,253}$/.test(answer) ? undefined : 'must be a host name or an address'),
  });
  if (host === '') {
    if (options.mailFrom === undefined && options.mailUser === undefined) return undefined;
    throw refusal('--mail-from and --mail-user go with --mail-host: which server accepts the mail?');
  }
  const from = await of({
    option: '--mail-from',
    given: options.mailFrom,
    text: 'Address of the sender',
    usual: `no-reply@${new URL(issuer).hostname}`,
    fault: (answer) =>
      mailAddress(answer) === answer ? undefined : 'must be a mail address such as no-reply@example.org',
  });
  const user = await of({
    option: '--mail-user',
    given: options.mailUser,
    text: 'Name to sign in with at the mail server (empty: none)',
    usual: '',
    fault: () => undefined,
  });
  return { host, from, ...(user !== '' && { user }) };
}

/** Answers without a default that would be right everywhere. */
const needed = { issuer: '--issuer', app: '--app', redirectUri: '--redirect-uri', admin: '--admin' } as const;

function refuseMissing(options: InitOptions): void {
  const missing = Object.entries(needed).flatMap(([name, option]) =>
    options[name as keyof typeof needed] === undefined ? [option] : [],
  );
  if (missing.length === 0) return;
  throw refusal(`nobody can be asked here, as this is no terminal: give ${missing.join(', ')} (config init --help)`);
}

/** A refused option ends the command; after a refused answer the question is repeated. */
async function answered(question: Question, questions: Questions | undefined): Promise<string> {
  const { option, given, text, usual, fault } = question;
  const known = given ?? (questions === undefined ? usual : undefined);
  if (known !== undefined) {
    const refused = fault(known.trim());
    if (refused !== undefined) throw refusal(`${option} ${JSON.stringify(known)} ${refused}`);
    return known.trim();
  }
  for (;;) {
    const written = (await questions?.ask(`${text}${usual ? ` [${usual}]` : ''}: `))?.trim() || (usual ?? '');
    const refused = written === '' && usual !== '' ? 'must not be empty' : fault(written);
    if (refused === undefined) return written;
    questions?.say(`  ${written === '' ? 'the answer' : JSON.stringify(written)} ${refused}\n`);
  }
}

interface Parsing {
  safeParse(content: unknown): {
    readonly success: boolean;
    readonly error?: {
      readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
    };
  };
}

/** The schema's error for one key of this content. */
function issueAt(schema: Parsing, content: object, key: string): string | undefined {
  return schema.safeParse(content).error?.issues.find(({ path }) => path[0] === key)?.message;
}
