/**
 * Writes small MaxMind DB files for tests (MaxMind DB File Format Specification 2.0): a tree over IPv6, with IPv4 below
 * ::/96, its data, and the metadata.
 */
import { isIPv4 } from 'node:net';

/** A value of the data section. Numbers are unsigned 32-bit integers if they are whole, else doubles. */
export type MmdbValue = string | number | boolean | { readonly [name: string]: MmdbValue };

type TreeNode = [Branch, Branch];
/** Nothing, a deeper node, or where its data begin. */
type Branch = undefined | TreeNode | { readonly data: number };

const separator = Buffer.alloc(16);

/**
 * `type`: such as `GeoLite2-Country`. `entries`: by network in CIDR notation; networks do not overlap. `recordSize`:
 * bits of each branch of a node.
 */
export function mmdb(
  type: string,
  entries: Readonly<Record<string, MmdbValue>>,
  recordSize: 24 | 28 | 32 = 24,
): Buffer {
  const root: TreeNode = [undefined, undefined];
  const data: Buffer[] = [];
  let size = 0;
  for (const [network, value] of Object.entries(entries)) {
    insert(root, bitsOf(network), { data: size });
    data.push(encode(value));
    size += data.at(-1)?.length ?? 0;
  }
  const nodes = allNodes(root);
  const index = new Map(nodes.map((node, position) => [node, position]));
  const tree = nodes.map((node) => encodeNode(node, index, recordSize));
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: type,
    ip_version: 6,
    node_count: nodes.length,
    record_size: recordSize,
  });
  return Buffer.concat([...tree, separator, ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function bitsOf(network: string): readonly (0 | 1)[] {
  const [address = '', prefix = ''] = network.split('/');
  const groups = isIPv4(address) ? ipv4Groups(address) : ipv6Groups(address);
  const bits = groups.flatMap((group) =>
    Array.from({ length: 16 }, (_, bit): 0 | 1 => ((group >> (15 - bit)) & 1 ? 1 : 0)),
  );
  return bits.slice(0, Number(prefix) + (isIPv4(address) ? 96 : 0));
}

function ipv4Groups(address: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [0, 0, 0, 0, 0, 0, a * 256 + b, c * 256 + d];
}

function ipv6Groups(address: string): readonly number[] {
  const [before = '', after = ''] = address.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [read(before), read(after)];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

function insert(root: TreeNode, bits: readonly (0 | 1)[], leaf: Branch): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit];
    const deeper: TreeNode = Array.isArray(next) ? next : [undefined, undefined];
    node[bit] = deeper;
    node = deeper;
  }
  node[bits.at(-1) ?? 0] = leaf;
}

function allNodes(node: TreeNode): readonly TreeNode[] {
  return [node, ...node.flatMap((branch) => (Array.isArray(branch) ? allNodes(branch) : []))];
}

function encodeNode([left, right]: TreeNode, index: ReadonlyMap<TreeNode, number>, recordSize: number): Buffer {
  const count = index.size;
  const numberOf = (branch: Branch) =>
    BigInt((Array.isArray(branch) ? index.get(branch) : branch && count + 16 + branch.data) ?? count);
  const [first, second] = [numberOf(left), numberOf(right)];
  // With 28 bits, the byte in the middle has the highest four bits of the left branch, and then those of the right one.
  const whole =
    recordSize === 28
      ? ((first & 0xffffffn) << 32n) | ((first >> 24n) << 28n) | second
      : (first << BigInt(recordSize)) | second;
  return Buffer.from(whole.toString(16).padStart(recordSize / 2, '0'), 'hex');
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return control(14, value ? 1 : 0);
  if (typeof value === 'number') return encodeNumber(value);
  const pairs = Object.entries(value);
  return Buffer.concat([control(7, pairs.length), ...pairs.flatMap(([name, item]) => [encode(name), encode(item)])]);
}

function encodeNumber(value: number): Buffer {
  const isWhole = Number.isInteger(value) && value >= 0;
  const bytes = Buffer.alloc(isWhole ? 4 : 8);
  if (isWhole) bytes.writeUInt32BE(value);
  else bytes.writeDoubleBE(value);
  return Buffer.concat([control(isWhole ? 6 : 3, bytes.length), bytes]);
}

/** The type and the size in front of each value. Types from 8 on take a second byte, sizes from 29 on another one. */
function control(type: number, size: number): Buffer {
  const first = (type < 8 ? type << 5 : 0) | Math.min(size, 29);
  return Buffer.from([first, ...(type < 8 ? [] : [type - 7]), ...(size < 29 ? [] : [size - 29])]);
}
