/** What the provider needs from HTTP: oidc-provider's own pages (each sets the body of the response), and forms. */
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * The header for a page in a pop-up window that another origin opened and communicates with. `same-origin-allow-popups`
 * would only protect windows that the page itself opens.
 */
export const openerPolicy = ['Cross-Origin-Opener-Policy', 'unsafe-none'] as const;

/** An OAuth error that cannot be returned to the client (RFC 6749 section 4.1.2.1). */
export interface PageError {
  readonly error: string;
  readonly error_description?: string | undefined;
}

/** The device that requested the code, as seen at that time. */
export interface DeviceDetails {
  /** As the device displays it. */
  readonly userCode: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

export interface ProviderPages {
  /** The languages of the pages. */
  readonly locales: readonly string[];
  showError(ctx: KoaContextWithOIDC, error: PageError): Promise<void>;
  /** `error`: why the last code was refused. It may contain that code as `userCode`. */
  showDeviceInput(ctx: KoaContextWithOIDC, error: Error | undefined): Promise<void>;
  showDeviceConfirmation(ctx: KoaContextWithOIDC, device: DeviceDetails): Promise<void>;
  showDeviceSuccess(ctx: KoaContextWithOIDC): Promise<void>;
  showLogout(ctx: KoaContextWithOIDC): Promise<void>;
  showSignedOut(ctx: KoaContextWithOIDC): Promise<void>;
  /** The form on the current page leads to this address, so its content security policy must allow it. */
  allowFormTarget(ctx: KoaContextWithOIDC, uri: string): void;
  /** The fields of the posted form. Rejects with `StepgateError` if it is not acceptable. */
  readForm(ctx: KoaContextWithOIDC): Promise<Readonly<Record<string, string>>>;
}

/** What oidc-provider stores in a session for its own forms. Its types do not say. */
export interface SessionState {
  /** Must be sent back with the form. */
  readonly secret?: string;
  /** Where the browser goes after signing out. */
  readonly postLogoutRedirectUri?: string;
}

export function sessionState({ oidc }: KoaContextWithOIDC): SessionState {
  return (oidc.session?.state ?? {}) as SessionState;
}
