/**
 * What a User-Agent header says about browser and device. Any client can send any header: rules may use it to demand
 * more, and texts may mention it, but it proves nothing.
 */
import Bowser from 'bowser';
import type { OperatingSystem, Platform } from './core/model/facts.ts';

/** The device, in the values that policies use; `other`: unknown. */
export interface ClientDevice {
  readonly os: OperatingSystem;
  readonly platform: Platform;
}

/** The browser and its system, for texts. */
export interface BrowserText {
  /** `Firefox`; empty: unknown. */
  readonly browser: string;
  /** `Windows`; empty: unknown. */
  readonly system: string;
}

/**
 * The longest part of a User-Agent header that is read and kept (UTF-16 units): what browsers send has less than 256.
 */
export const maxUserAgentLength = 256;

/** How many headers are remembered: every request of one browser sends the same one. */
const maxRemembered = 500;

const devices: Readonly<Record<string, ClientDevice>> = {
  Windows: { os: 'windows', platform: 'desktop' },
  macOS: { os: 'macos', platform: 'desktop' },
  Linux: { os: 'linux', platform: 'desktop' },
  'Chrome OS': { os: 'chromeos', platform: 'desktop' },
  iOS: { os: 'ios', platform: 'mobile' },
  Android: { os: 'android', platform: 'mobile' },
  HarmonyOS: { os: 'other', platform: 'mobile' },
  'Windows Phone': { os: 'other', platform: 'mobile' },
  BlackBerry: { os: 'other', platform: 'mobile' },
};

const unknownDevice: ClientDevice = { os: 'other', platform: 'other' };

/** Names that read better than those of the library. */
const shortNames: Readonly<Record<string, string>> = {
  'Microsoft Edge': 'Edge',
  'Samsung Internet for Android': 'Samsung Internet',
  'Chrome OS': 'ChromeOS',
};

/**
 * The library passes a piece of an unknown header through as the name of the browser: only names that it lists are
 * used.
 */
const browserNames = new Set(Object.values(Bowser.BROWSER_MAP));

type ParsedUserAgent = ClientDevice & BrowserText;

/** Cached by the part of the header that is looked at; the most recently used one is the last. */
const remembered = new Map<string, ParsedUserAgent>();

/** Operating system and platform, for the facts that rules are evaluated on. */
export function deviceOf(userAgent: string): ClientDevice {
  const { os, platform } = parsed(userAgent);
  return { os, platform };
}

/** Browser and system in words. Only names out of fixed lists are returned, never a piece of the header. */
export function browserText(userAgent: string): BrowserText {
  const { browser, system } = parsed(userAgent);
  return { browser, system };
}

function parsed(userAgent: string): ParsedUserAgent {
  const text = userAgent.slice(0, maxUserAgentLength);
  const known = remembered.get(text) ?? parse(text);
  remembered.delete(text);
  remembered.set(text, known);
  const oldest = remembered.keys().next();
  if (remembered.size > maxRemembered && !oldest.done) remembered.delete(oldest.value);
  return known;
}

function parse(text: string): ParsedUserAgent {
  // The library refuses an empty header.
  if (text === '') return { ...unknownDevice, browser: '', system: '' };
  const { browser, os, platform } = Bowser.parse(text);
  const name = browser.name ?? '';
  const system = os.name ?? '';
  const isIpad = system === 'iOS' && platform.type === 'tablet';
  return {
    ...((Object.hasOwn(devices, system) ? devices[system] : undefined) ?? unknownDevice),
    browser: browserNames.has(name) ? (shortNames[name] ?? name) : '',
    system: system === 'iOS' ? (isIpad ? 'iPad' : 'iPhone') : (shortNames[system] ?? system),
  };
}
