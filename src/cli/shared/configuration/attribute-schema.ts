/** The attribute schema of the active configuration. */
import type { AttributeSchema } from '../../../core/model/attribute.ts';
import { StepgateError } from '../../../errors.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { standardAttributes } from '../../../policy/model/standard-attributes.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';

/**
 * Without a readable configuration, any attribute is allowed, since users may be created first. Rejects with
 * `StoreUnavailable`.
 */
export async function activeAttributeSchema(
  store: Store,
  authenticators: readonly AuthenticatorKind[],
): Promise<AttributeSchema> {
  const unconfigured = { attributes: standardAttributes, closed: false };
  try {
    return (await new Revisions(store, { authenticators }).current())?.settings.attributes ?? unconfigured;
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return unconfigured;
    throw error;
  }
}
