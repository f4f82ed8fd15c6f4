/**
 * Preloaded (`--import`) by the server whose requests are measured without hashing: the `argon2` package is replaced in
 * that process.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'argon2'
      ? { url: new URL('./free-argon2.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
