/** X.509 certificates (RFC 5280) as small as attestation needs them, made on the spot. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Issued {
  readonly name: string;
  readonly der: Buffer;
  readonly key: KeyObject;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const printable = (text: string) => der(0x13, Buffer.from(text));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

/** The subject that attestation asks for (Web Authentication Level 3 section 8.2.1). */
function subject(name: string): Buffer {
  const parts: readonly [string, string][] = [
    ['550406', 'SE'],
    ['55040a', 'Test'],
    ['55040b', 'Authenticator Attestation'],
    ['550403', name],
  ];
  return sequence(...parts.map(([type, text]) => der(0x31, sequence(oid(type), printable(text)))));
}

function time(seconds: number): Buffer {
  const text = new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

/** Signed by `issuer`, or by itself. Valid for ten years around `at` (epoch seconds) unless `until` says less. */
export function certificate(
  name: string,
  given: { readonly issuer?: Issued; readonly ca: boolean; readonly at: number; readonly until?: number },
): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const years = 5 * 31_536_000;
  const basicConstraints = sequence(...(given.ca ? [der(0x01, Buffer.from([0xff]))] : []));
  const extension = sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, basicConstraints));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    subject(given.issuer?.name ?? name),
    sequence(time(given.at - years), time(given.until ?? given.at + years)),
    subject(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', body, given.issuer?.key ?? privateKey);
  return {
    name,
    der: sequence(body, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature]))),
    key: privateKey,
  };
}
