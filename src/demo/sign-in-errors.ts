/** What the demo's relying parties tell users when a sign-in fails. */
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';

/** Something that failed, explained for the user, with details for experts. */
export interface SignInError {
  readonly title: string;
  readonly words: string;
  /** The OAuth error code and the provider's description. */
  readonly code?: string;
  readonly detail?: string;
}

/** The provider did not answer the discovery request. */
export class ProviderUnreachable extends Error {
  readonly issuer: string;

  constructor(issuer: string, cause: unknown) {
    super(`no answer from ${issuer}`, { cause });
    this.issuer = issuer;
  }
}

/** RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6, RFC 9470 and its OpenID companion. */
const problems: ReadonlyMap<string, readonly [title: string, words: string]> = new Map(
  Object.entries({
    access_denied: [
      'You were not let in',
      'The sign-in was cancelled, or the policy of this application does not allow it.',
    ],
    account_selection_required: [
      'A choice is needed',
      'You would have to choose an account, and this request forbade asking.',
    ],
    consent_required: ['A consent is needed', 'You would have to agree to something, and this request forbade asking.'],
    insufficient_user_authentication: ['A stronger sign-in is needed', 'Sign in again with another kind of proof.'],
    interaction_required: [
      'You would have to do something',
      'What you proved so far is not enough, and this request forbade asking for more.',
    ],
    invalid_client: [
      'This demo is not registered',
      'The provider does not know this application. Is the demo’s configuration loaded?',
    ],
    invalid_grant: [
      'The permission is used up',
      'It has ended, was withdrawn, or no longer meets the policy. Sign in again.',
    ],
    invalid_request: [
      'The request was refused',
      'The provider did not understand it. That is a fault of this demo or of its configuration.',
    ],
    invalid_scope: ['The request was refused', 'This demo asked for something that it may not have.'],
    login_required: [
      'You would have to sign in',
      'There is no session that suffices, and this request forbade asking.',
    ],
    server_error: ['The provider failed', 'Something broke on its side. Try again in a moment.'],
    temporarily_unavailable: ['The provider is busy', 'Try again in a moment.'],
    unauthorized_client: ['This demo is not allowed to do that', 'The provider refuses this kind of request from it.'],
    unmet_authentication_requirements: [
      'The level cannot be reached',
      'Nothing that you have set up proves as much as was asked.',
    ],
  } satisfies Record<string, [title: string, words: string]>),
);

/** For an answer that this demo did not request, or whose request it has dropped. */
export const unexpectedAnswer: SignInError = {
  title: 'This sign-in was not started here',
  words: 'It was started in another browser, is already finished, or began too long ago. Start again.',
};

/** Explains an error. Rethrows errors that neither the provider nor the network caused. */
export function describeSignInError(error: unknown): SignInError {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return describeCode(error.error, error.error_description);
  }
  if (error instanceof ProviderUnreachable) {
    return {
      title: 'The provider does not answer',
      words: `Nobody answers at ${error.issuer}. It may still be starting: try again in a moment.`,
    };
  }
  if (error instanceof ClientError || isFailedFetch(error)) {
    return {
      title: 'The provider’s answer was not accepted',
      words: 'It did not come, or a check of it failed, so nobody was signed in.',
      detail: error.message,
    };
  }
  throw error;
}

function describeCode(code: string, detail: string | undefined): SignInError {
  const [title, text] = problems.get(code) ?? [
    'It did not work',
    'The provider gave a reason that this demo does not know.',
  ];
  return { title, words: text, code, ...(detail === undefined ? {} : { detail }) };
}

/** `fetch` reports every network failure as a TypeError with a cause. */
const isFailedFetch = (error: unknown): error is TypeError => error instanceof TypeError && error.cause !== undefined;
