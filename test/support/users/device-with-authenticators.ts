/** A user's device: a browser with virtual authenticators that are plugged in and out. */
import { expect } from '@jest/globals';
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';

export interface Device {
  readonly page: Page;
  readonly cdp: CDPSession;
  /** While this runs, no passkey is picked from what the browser would fill in by itself. */
  withoutPicking(act: () => Promise<void>): Promise<void>;
  /** Adds an authenticator; gives its id. */
  plugIn(more?: object): Promise<string>;
  unplug(id: string): Promise<void>;
  /** What an authenticator holds. */
  keysOn(id: string): Promise<readonly VirtualKey[]>;
  putKey(id: string, key: VirtualKey): Promise<void>;
}

/** As the DevTools protocol has it: `WebAuthn.Credential`. */
interface VirtualKey {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly rpId?: string;
  readonly privateKey: string;
  readonly userHandle?: string;
  readonly signCount: number;
}

const passkeys = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
  defaultBackupEligibility: true,
  defaultBackupState: true,
} as const;

/** A key to touch, without a PIN. */
export const securityKey = {
  transport: 'usb',
  hasResidentKey: false,
  hasUserVerification: false,
  isUserVerified: false,
  defaultBackupEligibility: false,
  defaultBackupState: false,
} as const;

/** A key with a PIN. */
export const keyWithPin = { ...securityKey, hasResidentKey: true, hasUserVerification: true, isUserVerified: true };

/** A fresh browser. A script or style that is blocked, or an error of a script, fails the test. */
export async function onDevice(
  browser: Browser,
  use: (device: Device) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const plugged = new Set<string>();
    const simulatePresence = async (enabled: boolean): Promise<void> => {
      for (const authenticatorId of plugged)
        await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    };
    await use({
      page,
      cdp,
      async withoutPicking(act) {
        await simulatePresence(false);
        await act();
        await simulatePresence(true);
      },
      async plugIn(more = {}) {
        const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
          options: { ...passkeys, ...more },
        });
        plugged.add(authenticatorId);
        return authenticatorId;
      },
      async keysOn(authenticatorId) {
        return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
      },
      async putKey(authenticatorId, credential) {
        await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
      },
      unplug: async (authenticatorId) => {
        plugged.delete(authenticatorId);
        await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
      },
    });
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}
