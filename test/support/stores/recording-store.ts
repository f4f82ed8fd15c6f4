/**
 * Checks the suites against the table of keys: a store that notes every key of an unknown kind, every reference that
 * the row of the key does not allow, and every lifetime that is missing or unexpected. The test during which it happens
 * fails.
 */
import { afterAll, afterEach } from '@jest/globals';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { type CounterRow, counterTable } from '../../../src/stores/counter-table.ts';
import type { KeyRow } from '../../../src/stores/key-rows/key-row.ts';
import { keyRow } from '../../../src/stores/key-table.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import { noteAuditOps } from '../values/emitted-events.ts';

interface KeyParts {
  readonly kind: string;
  readonly tag: string;
  readonly rest: string | undefined;
}

/** What an operation works on. */
const holderOf: Readonly<Record<Op['op'], KeyRow['holds'] | 'any'>> = {
  create: 'entry',
  replace: 'entry',
  put: 'entry',
  update: 'entry',
  take: 'entry',
  consume: 'entry',
  check: 'entry',
  delete: 'any',
  join: 'set',
  leave: 'set',
  append: 'log',
  reset: 'counter',
};

const violations: string[] = [];

/** The violations since the last call. */
export function takeViolations(): readonly string[] {
  return violations.splice(0);
}

function failOnViolations(): void {
  const found = [...new Set(takeViolations())];
  if (found.length > 0) throw new Error(`the table of store keys does not allow:\n${found.join('\n')}`);
}

afterEach(failOnViolations);
afterAll(failOnViolations);

/** The same store; what it is asked to write or to count is checked against the table of keys. */
export function recordingStore<S extends Store>(store: S): S {
  return {
    ...store,
    load(keys, options) {
      violations.push(...keys.flatMap((key) => keyViolations(key)));
      if (options?.reserve) violations.push(...keyViolations(options.reserve.of));
      const loaded = store.load(keys, options);
      return loaded.then((answer) => {
        if (answer.counter !== undefined) violations.push(...counterViolations(answer.counter));
        return answer;
      });
    },
    commit(ops, state) {
      violations.push(...ops.flatMap(opViolations));
      noteAuditOps(ops);
      return store.commit(ops, state);
    },
    reserve(counter, limits) {
      violations.push(...counterViolations(counter));
      return store.reserve(counter, limits);
    },
  };
}

function partsOf(key: string): KeyParts | undefined {
  const [, kind = '', tag = '', rest] = /^([a-z-]+):\{([\w.-]+)\}(?::(.+))?$/s.exec(key) ?? [];
  return kind === '' ? undefined : { kind, tag, rest };
}

function hasTag({ tag }: KeyRow, text: string): boolean {
  switch (tag.rule) {
    case 'constant':
      return text === tag.tag;
    case 'hash':
      return /^[\w-]{43}$/.test(text);
    case 'digest':
      return /^[0-9a-f]{64}$/.test(text);
    case 'random':
      return true;
  }
}

/** `holds`: what the key is used as. */
function keyViolations(key: string, holds: KeyRow['holds'] | 'any' = 'any'): readonly string[] {
  const parts = partsOf(key);
  const row = parts && keyRow(parts.kind);
  if (!parts || !row) return [`key of an unknown kind: ${key}`];
  return [
    ...(hasTag(row, parts.tag) ? [] : [`tag by another rule: ${key}`]),
    ...((row.rest === undefined) === (parts.rest === undefined) ? [] : [`missing or unexpected rest: ${key}`]),
    ...(holds === 'any' || holds === row.holds ? [] : [`${row.holds} used as ${holds}: ${key}`]),
  ];
}

function counterViolations(counter: string): readonly string[] {
  const parts = partsOf(counter);
  const row = parts && keyRow(parts.kind);
  if (!parts || !row) return [`counter of an unknown kind: ${counter}`];
  if (row.holds === 'counter') return keyViolations(counter);
  const isKnown = counterTable.some(
    (counterRow) => counterRow.of.some((kind) => kind === parts.kind) && hasName(counterRow, parts.rest),
  );
  return isKnown ? [] : [`unknown counter: ${counter}`];
}

const authenticators = authenticatorKinds.map(({ key }) => key);

function hasName({ name }: CounterRow, text: string | undefined): boolean {
  return authenticators.some((key) => name.replace('<authenticator>', key) === text);
}

function opViolations(op: Op): readonly string[] {
  if (op.op === 'reset') return counterViolations(op.counter);
  const problems = keyViolations(op.key, holderOf[op.op]);
  const row = keyRow(partsOf(op.key)?.kind ?? '');
  if (!row) return problems;
  const refs = 'refs' in op ? (op.refs ?? []) : [];
  return [
    ...problems,
    ...refs.flatMap((ref) => referenceViolations(op.key, row, ref)),
    ...lifetimeViolations(op, row.lifetime),
  ];
}

function referenceViolations(key: string, row: KeyRow, ref: string): readonly string[] {
  const kind = partsOf(ref)?.kind;
  return row.references.some((allowed) => allowed === kind) ? [] : [`reference from ${key} to ${ref}`];
}

function lifetimeViolations(op: Op, lifetime: KeyRow['lifetime']): readonly string[] {
  const described = `${op.op} ${'key' in op ? op.key : ''}`;
  if (op.op === 'append') {
    const isRight = lifetime.kind === 'newest' && op.keep === lifetime.lines;
    return isRight ? [] : [`${described} keeps ${op.keep} lines`];
  }
  if (!('value' in op) && op.op !== 'join') return [];
  const isRight =
    (lifetime.kind === 'lasting' && op.ttl === undefined) ||
    (lifetime.kind === 'expiring' && op.ttl !== undefined) ||
    (lifetime.kind === 'fixed' && op.ttl === lifetime.seconds);
  return isRight ? [] : [`${described} with a ttl of ${op.ttl}`];
}
