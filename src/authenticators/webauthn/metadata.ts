/**
 * Authenticator models as described by the FIDO Metadata Service: the payload of its BLOB (FIDO Metadata Service 3.0
 * section 3.1.6) as a JSON file. The administrator downloads it and checks its signature.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { ModelFile } from '../../policy/model/authenticator-kind.ts';

export interface Model {
  /** The key never leaves hardware (`keyProtection`, FIDO Registry section 3.2). */
  readonly hardware: boolean;
  readonly roots: readonly X509Certificate[];
}

/** By AAGUID, in lower case. */
export type Models = ReadonlyMap<string, Model>;

const inHardware = ['hardware', 'secure_element'];
/** Statuses (section 3.1.4) after which a model is not trusted. */
const broken = [
  'ATTESTATION_KEY_COMPROMISE',
  'USER_KEY_REMOTE_COMPROMISE',
  'USER_KEY_PHYSICAL_COMPROMISE',
  'USER_VERIFICATION_BYPASS',
  'REVOKED',
];

/** Cached while the file does not change. No models: it is damaged. */
let last: { readonly file: string; readonly changed: number; readonly models?: Models } | undefined;

/** Reads the file again if it has changed. If it cannot be read, the result is empty and no model is trusted. */
export function modelsIn(file: string): Models {
  const read = readMetadata(file);
  return 'models' in read ? read.models : new Map();
}

/** The models that the file describes, or why it cannot be used. */
export function readMetadata(file: string): { readonly models: Models } | { readonly fault: MetadataFault } {
  try {
    const changed = statSync(file).mtimeMs;
    if (last?.file !== file || last.changed !== changed) last = { file, changed, ...modelsOf(file) };
    return last.models ? { models: last.models } : { fault: damaged(file) };
  } catch {
    return { fault: missing(file) };
  }
}

type MetadataFault = NonNullable<ModelFile['fault']>;

function missing(file: string): MetadataFault {
  return {
    kind: 'missing',
    message: `${file} is not there, or this process may not read it`,
    advice: 'put the payload of the FIDO Metadata Service there and let the server read it, or name another file',
  };
}

function damaged(file: string): MetadataFault {
  return {
    kind: 'damaged',
    message: `${file} is no complete payload of the FIDO Metadata Service`,
    advice: 'fetch the BLOB again, and put its payload there as JSON',
  };
}

/** Empty if the file is none of the FIDO Metadata Service. Throws if it cannot be read. */
function modelsOf(file: string): { readonly models?: Models } {
  const content = readFileSync(file, 'utf8');
  try {
    const { entries } = JSON.parse(content) as { readonly entries?: unknown };
    return Array.isArray(entries)
      ? { models: new Map(entries.flatMap((entry) => modelOf(entry as MetadataEntry))) }
      : {};
  } catch {
    return {};
  }
}

interface MetadataEntry {
  readonly aaguid?: unknown;
  readonly metadataStatement?: { readonly keyProtection?: unknown; readonly attestationRootCertificates?: unknown };
  readonly statusReports?: readonly { readonly status?: string }[];
}

function modelOf({ aaguid, metadataStatement = {}, statusReports = [] }: MetadataEntry): readonly [string, Model][] {
  const { keyProtection, attestationRootCertificates } = metadataStatement;
  if (typeof aaguid !== 'string' || statusReports.some(({ status = '' }) => broken.includes(status))) return [];
  const hardware = Array.isArray(keyProtection) && inHardware.some((word) => keyProtection.includes(word));
  const roots = Array.isArray(attestationRootCertificates)
    ? attestationRootCertificates.map((text) => new X509Certificate(Buffer.from(String(text), 'base64')))
    : [];
  return [[aaguid.toLowerCase(), { hardware, roots }]];
}

/** The longest accepted chain (certificates). */
const longestChain = 6;

/**
 * Whether this chain, leaf first, leads to one of the roots. Each certificate must be valid at `now` (epoch seconds)
 * and issued by the next one; the leaf itself may be the root. Makes no requests: the status reports list revoked
 * models.
 */
export function leadsTo(roots: readonly X509Certificate[], chain: readonly X509Certificate[], now: number): boolean {
  if (chain.length === 0 || chain.length > longestChain) return false;
  const isValid = ({ validFromDate, validToDate }: X509Certificate) =>
    validFromDate.getTime() <= now * 1000 && now * 1000 <= validToDate.getTime();
  if (!chain.every(isValid)) return false;
  const isLinked = chain.every((certificate, index) => {
    const issuer = chain[index + 1];
    return issuer === undefined || isIssuedBy(certificate, issuer);
  });
  const end = chain.at(-1) as X509Certificate;
  return isLinked && roots.some((root) => end.raw.equals(root.raw) || (isValid(root) && isIssuedBy(end, root)));
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
