/** The options of `explain` that set facts. */

/** As commander hands them over. */
export interface FactOptions {
  readonly groups?: readonly string[];
  readonly userType?: string;
  readonly attribute?: readonly string[];
  readonly enrolled?: readonly string[];
  readonly ip?: string;
  readonly zone?: readonly string[];
  readonly scope?: string;
  readonly acrValues?: string;
  readonly essentialAcr?: true;
  readonly maxAge?: string;
  readonly promptLogin?: true;
  readonly device?: string;
  readonly platform?: string;
  readonly os?: string;
  readonly lastUsed?: readonly string[];
  readonly at?: string;
  readonly evidence?: readonly string[];
  readonly remembered?: readonly string[];
  readonly keepSignedIn?: true;
}
