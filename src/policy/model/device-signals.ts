/** Who may say what of a device, and what its assurances take. */
import type { OperatingSystem } from '../../core/model/facts.ts';

/** A header, and the networks of the peers that may set it, in CIDR notation. */
interface ProxyHeader {
  /** In lower case. */
  readonly header: string;
  readonly proxies: readonly string[];
}

/** What a device must show to meet an assurance. */
export interface DeviceAssurance {
  /** By operating system: its least version. */
  readonly osVersion?: Readonly<Partial<Record<OperatingSystem, string>>>;
  /** Names of signals. */
  readonly signals?: readonly string[];
}

export interface DeviceSignalSettings {
  readonly proxy?: ProxyHeader;
  readonly certificate?: ProxyHeader & {
    /** Certificates as PEM. */
    readonly authorities: readonly string[];
    /** Signals that a certificate stands for. */
    readonly says: readonly string[];
  };
  readonly agent?: {
    /** In lower case. */
    readonly header: string;
    /** Public keys as JWK. */
    readonly keys: readonly Readonly<Record<string, unknown> & { readonly kid: string }>[];
  };
  readonly assurances: Readonly<Record<string, DeviceAssurance>>;
}

/** The headers that may hold signals. */
export function signalHeaders(settings: DeviceSignalSettings | undefined): readonly string[] {
  return [settings?.proxy, settings?.certificate, settings?.agent].flatMap((source) => source?.header ?? []);
}
