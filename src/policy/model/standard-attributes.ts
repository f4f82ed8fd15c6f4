/** The attributes that every profile may hold: the standard claims of OpenID Connect, by our names. */
import type { Attribute } from '../../core/model/attribute.ts';

function attribute(claim: string, scope: string, more: Partial<Attribute> = {}): Attribute {
  return { type: 'text', read: 'user', write: 'user', claim, scope, ...more };
}

function ofAddress(member: string, maxLength: number): Attribute {
  return attribute(`address.${member}`, 'address', { maxLength });
}

/**
 * OpenID Connect Core 1.0 sections 5.1 and 5.1.1. `emailVerified` and `phoneVerified` are true by proof, or by the word
 * of an administrator: no user writes them.
 */
export const standardAttributes: Readonly<Record<string, Attribute>> = {
  displayName: attribute('name', 'profile', { maxLength: 100 }),
  givenName: attribute('given_name', 'profile', { maxLength: 100 }),
  familyName: attribute('family_name', 'profile', { maxLength: 100 }),
  middleName: attribute('middle_name', 'profile', { maxLength: 100 }),
  nickname: attribute('nickname', 'profile', { maxLength: 100 }),
  profileUrl: attribute('profile', 'profile', { type: 'url' }),
  picture: attribute('picture', 'profile', { type: 'url', maxLength: 2048 }),
  website: attribute('website', 'profile', { type: 'url' }),
  gender: attribute('gender', 'profile', { maxLength: 50 }),
  birthdate: attribute('birthdate', 'profile', { type: 'date' }),
  zoneinfo: attribute('zoneinfo', 'profile', { type: 'time_zone' }),
  locale: attribute('locale', 'profile', { type: 'locale' }),
  email: attribute('email', 'email', { type: 'email', maxLength: 254, verifiedBy: 'emailVerified' }),
  emailVerified: attribute('email_verified', 'email', { type: 'boolean', write: 'admin' }),
  phone: attribute('phone_number', 'phone', { type: 'phone', verifiedBy: 'phoneVerified' }),
  phoneVerified: attribute('phone_number_verified', 'phone', { type: 'boolean', write: 'admin' }),
  streetAddress: ofAddress('street_address', 200),
  locality: ofAddress('locality', 100),
  region: ofAddress('region', 100),
  postalCode: ofAddress('postal_code', 20),
  country: ofAddress('country', 100),
};
