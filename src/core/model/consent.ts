/** What the user is asked about before a third-party app gets access. */
export interface ConsentTerms {
  /** Scopes that the app cannot do without, besides `openid`. */
  readonly required: readonly string[];
  /** By claim: the scope that releases it, and so stands for it. A claim without one is never released. */
  readonly scopeOfClaim: Readonly<Record<string, string>>;
}
