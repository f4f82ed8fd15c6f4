/**
 * Stands in for `@jest/globals` while mutants run: the tests register here and run many times in one process, which
 * Jest does not do. It has what the unit tests use: `describe`, `test`, `test.each`, hooks, `expect`, `jest.fn`.
 */
import { expect } from 'expect';
import { bind } from 'jest-each';
import { fn, spyOn } from 'jest-mock';

type Body = () => unknown;

interface Group {
  readonly parent?: Group;
  readonly beforeAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  started: boolean;
}

export interface RegisteredTest {
  readonly name: string;
  /** Rejects when the test fails. */
  run(): Promise<void>;
}

export const registered: RegisteredTest[] = [];

let current: Group = newGroup();
const path: string[] = [];

function newGroup(parent?: Group): Group {
  return { ...(parent && { parent }), beforeAll: [], beforeEach: [], afterEach: [], started: false };
}

function addTest(name: string, body: Body): void {
  const group = current;
  registered.push({ name: [...path, name].join(' > '), run: () => runIn(group, body) });
}

async function runIn(group: Group, body: Body): Promise<void> {
  const groups = ancestors(group);
  for (const one of groups) {
    if (one.started) continue;
    one.started = true;
    for (const hook of one.beforeAll) await hook();
  }
  for (const hook of groups.flatMap(({ beforeEach: hooks }) => hooks)) await hook();
  try {
    await body();
  } finally {
    for (const hook of groups.toReversed().flatMap(({ afterEach: hooks }) => hooks)) await hook();
  }
}

function ancestors(group: Group): readonly Group[] {
  return [...(group.parent ? ancestors(group.parent) : []), group];
}

function addGroup(name: string, body: Body): void {
  const outer = current;
  current = newGroup(outer);
  path.push(name);
  try {
    body();
  } finally {
    path.pop();
    current = outer;
  }
}

/** Each file begins with hooks of its own. */
export function beginFile(): void {
  current = newGroup();
}

const testGlobal = Object.assign(addTest, { each: bind(addTest as never, false) });
const describeGlobal = Object.assign(addGroup, { each: bind(addGroup as never, false) });

export { describeGlobal as describe, expect, testGlobal as it, testGlobal as test };
export const beforeAll = (hook: Body) => current.beforeAll.push(hook);
export const beforeEach = (hook: Body) => current.beforeEach.push(hook);
export const afterEach = (hook: Body) => current.afterEach.push(hook);
/** The process ends with the run, so nothing has to be undone at its end. */
export const afterAll = (_hook: Body) => 0;
export const jest = { fn, spyOn };
