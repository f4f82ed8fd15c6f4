const { stripTypeScriptTypes } = require('node:module');
const { createHash } = require('node:crypto');

/** Jest transform: Node's own type stripper keeps every position, so stack traces and coverage are right. */
module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, file) => createHash('sha256').update(process.version).update(file).update(source).digest('hex'),
};
