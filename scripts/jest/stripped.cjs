const { createHash, randomUUID } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { stripTypeScriptTypes } = require('node:module');
const { join } = require('node:path');

/** Beside what Node compiled (scripts/jest.mjs). Without it nothing is kept. */
const compiled = process.env.NODE_COMPILE_CACHE;
const folder = compiled && join(compiled, 'stripped');

/**
 * Source without its types. It is kept by what it was made from, because taking types away costs ten times as much as
 * reading a file, and each run does it to more than a thousand.
 */
module.exports = (source) => {
  if (!folder) return stripTypeScriptTypes(source);
  const file = join(folder, createHash('sha256').update(process.version).update(source).digest('hex'));
  return present(file) ?? kept(file, stripTypeScriptTypes(source));
};

function present(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Another worker may read it at any time, so it appears as a whole. */
function kept(file, code) {
  const unfinished = `${file}.${randomUUID()}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(unfinished, code);
  renameSync(unfinished, file);
  return code;
}
