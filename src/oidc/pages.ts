/**
 * What the provider needs of HTTP: the pages that oidc-provider shows itself (each sets the body of the answer), and
 * forms.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * The header of a page in a pop-up window that another origin opened and talks to. `same-origin-allow-popups` would
 * keep only the windows that the page itself opens.
 */
export const openerPolicy = ['Cross-Origin-Opener-Policy', 'unsafe-none'] as const;

/** An OAuth error that cannot go back to the client (RFC 6749 section 4.1.2.1). */
export interface PageError {
  readonly error: string;
  readonly error_description?: string | undefined;
}

/** The device that asked for the code, as it seemed to us then. */
export interface DeviceDetails {
  /** As it is displayed on the device. */
  readonly userCode: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

export interface ProviderPages {
  /** The languages that they can be in. */
  readonly locales: readonly string[];
  showError(ctx: KoaContextWithOIDC, error: PageError): Promise<void>;
  /** `error`: why the last code was refused. It may carry that code as `userCode`. */
  showDeviceInput(ctx: KoaContextWithOIDC, error: Error | undefined): Promise<void>;
  showDeviceConfirmation(ctx: KoaContextWithOIDC, device: DeviceDetails): Promise<void>;
  showDeviceSuccess(ctx: KoaContextWithOIDC): Promise<void>;
  showLogout(ctx: KoaContextWithOIDC): Promise<void>;
  showSignedOut(ctx: KoaContextWithOIDC): Promise<void>;
  /** The form on the page that was just shown ends at this address: its content security policy must let it. */
  allowFormTarget(ctx: KoaContextWithOIDC, uri: string): void;
  /** The fields of the form that was posted. Rejects with `StepgateError` when it is none that we take. */
  readForm(ctx: KoaContextWithOIDC): Promise<Readonly<Record<string, string>>>;
}

/** What oidc-provider keeps in a session for its own forms; its types leave it open. */
export interface SessionState {
  /** Must come back with the form. */
  readonly secret?: string;
  /** Where the browser goes after it has signed out. */
  readonly postLogoutRedirectUri?: string;
}

export function sessionState({ oidc }: KoaContextWithOIDC): SessionState {
  return (oidc.session?.state ?? {}) as SessionState;
}
