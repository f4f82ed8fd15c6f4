/**
 * What is believed about the device of a request. This file promises: nothing counts that a stranger could have sent.
 * Headers of proxies count from their addresses only, certificates only from an authority of the operator, statements
 * of agents only with a signature. Each source meets an assurance by itself, so two devices never meet one together.
 */
import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { clockSkew } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { BelievedDevice } from '../../core/policy/theories/theory.ts';
import type { DeviceAssurance, DeviceSignalSettings } from '../model/device-signals.ts';
import { compileZones } from '../schema/settings/zones.ts';
import { certificateIn } from './forwarded-certificate.ts';

/** What the connection of a request brings. */
export interface Brought {
  /** Address of the peer, which is the proxy next to this node where there is one. */
  readonly peer: string;
  /** By name in lower case: those that may hold signals. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The statements of one source, by name. `true`: without a value. */
export type Signals = Readonly<Record<string, string | true>>;

/** `now`: epoch seconds. */
export type DeviceReader = (brought: Brought | undefined, now: Seconds) => BelievedDevice;

/** Made once for a revision. `issuer`: the audience of statements. */
export function compileDeviceSignals(
  settings: DeviceSignalSettings | undefined,
  issuer: string | undefined,
): DeviceReader {
  if (settings === undefined) return () => ({});
  const sources = [proxyReader(settings), certificateReader(settings), agentReader(settings, issuer)];
  const assurances = Object.entries(settings.assurances);
  return (brought, now) => {
    if (brought === undefined) return {};
    const said = sources.map((read) => read(brought, now)).filter((signals) => signals !== undefined);
    const isManaged = said.some(({ managed }) => managed === true);
    const isRegistered = isManaged || said.some(({ registered }) => registered === true);
    const met = assurances
      .filter(([, assurance]) => said.some((signals) => meets(assurance, signals)))
      .map(([name]) => name);
    return {
      ...(isRegistered && { registered: true }),
      ...(isManaged && { managed: true }),
      ...(met.length > 0 && { assurances: met }),
    };
  };
}

type SourceReader = (brought: Brought, now: Seconds) => Signals | undefined;

function fromProxies(proxies: readonly string[]): (peer: string) => boolean {
  const zonesOf = compileZones({ proxies: { cidrs: proxies } });
  return (peer) => zonesOf(peer).zones.length > 0;
}

function proxyReader({ proxy }: DeviceSignalSettings): SourceReader {
  if (proxy === undefined) return () => undefined;
  const isProxy = fromProxies(proxy.proxies);
  return ({ peer, headers }) => (isProxy(peer) ? parseSignals(headers[proxy.header]) : undefined);
}

/** `managed, os=ios, osVersion=17.4`. What is not of this form, or says a name twice, says nothing at all. */
function parseSignals(text: string | undefined): Signals | undefined {
  const parts = (text ?? '').split(',').map((part) => /^\s*([A-Za-z][\w-]{0,99})(?:=([\w.-]{1,100}))?\s*$/.exec(part));
  const names = new Set(parts.map((part) => part?.[1]));
  if (parts.includes(null) || names.size < parts.length) return undefined;
  return Object.fromEntries(parts.map((part) => [part?.[1] ?? '', part?.[2] ?? true]));
}

function certificateReader({ certificate: settings }: DeviceSignalSettings): SourceReader {
  if (settings === undefined) return () => undefined;
  const isProxy = fromProxies(settings.proxies);
  const authorities = settings.authorities.map((pem) => new X509Certificate(pem));
  const says = Object.fromEntries(settings.says.map((name) => [name, true] as const));
  return ({ peer, headers }, now) => {
    const header = headers[settings.header];
    const certificate = isProxy(peer) && header !== undefined ? certificateIn(header) : undefined;
    return certificate && isIssued(certificate, authorities, now) ? says : undefined;
  };
}

/** By one of the authorities itself: chains are not followed. An authority is no device, not even one of the list. */
function isIssued(certificate: X509Certificate, authorities: readonly X509Certificate[], now: Seconds): boolean {
  const isValid = now * 1000 >= certificate.validFromDate.getTime() && now * 1000 <= certificate.validToDate.getTime();
  return (
    isValid &&
    !certificate.ca &&
    authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey))
  );
}

/** The longest lifetime of a statement (seconds). A stolen one is valid until it ends. */
const longestLife: Seconds = 600;

function agentReader({ agent }: DeviceSignalSettings, issuer: string | undefined): SourceReader {
  if (agent === undefined) return () => undefined;
  const keys = new Map(agent.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })] as const));
  return ({ headers }, now) => {
    const payload = verified(headers[agent.header] ?? '', keys);
    if (payload === undefined || issuer === undefined || payload.aud !== issuer) return undefined;
    const { iat, exp, signals } = payload;
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp <= now || iat > now + clockSkew) return undefined;
    return exp - iat > longestLife ? undefined : signalsOf(signals);
  };
}

/** The payload of a JWS in compact form (RFC 7515) that one of these keys signed. */
function verified(jws: string, keys: ReadonlyMap<string, KeyObject>): StatementPart | undefined {
  const [head = '', body = '', signature = '', ...rest] = jws.split('.');
  try {
    const { alg, kid, crit } = parsePart(head);
    const key = keys.get(String(kid));
    const digest = key && digestOf(key, alg);
    if (key === undefined || digest === undefined || crit !== undefined || rest.length > 0) return undefined;
    const isSigned = verify(
      digest.hash,
      Buffer.from(`${head}.${body}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    return isSigned ? parsePart(body) : undefined;
  } catch {
    return undefined;
  }
}

type StatementPart = Readonly<Record<string, unknown>>;

function parsePart(encoded: string): StatementPart {
  return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as StatementPart;
}

/** The algorithm follows from the key, never from the header alone. */
function digestOf({ asymmetricKeyType: type }: KeyObject, alg: unknown): { readonly hash: string | null } | undefined {
  if (type === 'ec' && alg === 'ES256') return { hash: 'sha256' };
  if (type === 'rsa' && alg === 'RS256') return { hash: 'sha256' };
  return type === 'ed25519' && (alg === 'EdDSA' || alg === 'Ed25519') ? { hash: null } : undefined;
}

function signalsOf(value: unknown): Signals | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const said = Object.entries(value).filter(([, of]) => of === true || typeof of === 'string');
  return Object.fromEntries(said) as Signals;
}

/** Whether what one source says meets the assurance. A managed device is also registered. */
export function meets({ osVersion, signals = [] }: DeviceAssurance, said: Signals): boolean {
  const has = (name: string) => Object.hasOwn(said, name) && said[name] === true;
  const holds = (name: string) => has(name) || (name === 'registered' && has('managed'));
  return signals.every(holds) && (osVersion === undefined || isNewEnough(osVersion, said));
}

function isNewEnough(least: NonNullable<DeviceAssurance['osVersion']>, { os, osVersion }: Signals): boolean {
  const wanted = typeof os === 'string' && Object.hasOwn(least, os) ? least[os as keyof typeof least] : undefined;
  if (wanted === undefined || typeof osVersion !== 'string' || !/^\d+(\.\d+)*$/.test(osVersion)) return false;
  const [have, need] = [osVersion, wanted].map((version) => version.split('.').map(Number));
  const at = need?.findIndex((part, index) => part !== (have?.[index] ?? 0)) ?? -1;
  return at === -1 || (have?.[at] ?? 0) > (need?.[at] ?? 0);
}
