/** What an ID token says about a member of staff. */
import type { StaffIdentity } from '#server/store';
import { LoginRefused, ROLES, type Role, type StaffDocument } from './types.ts';

/** Longest name and subject that are kept. OpenID Connect Core 2: a subject has at most 255 characters. */
const LONGEST = 255;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** `realm_access.roles` of the claims. A claim whose own name has dots (an address, as some providers use) is found first. */
function claimAt(claims: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (isRecord(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), claims);
}

/** Roles in the order of `ROLES`. What the provider calls otherwise, or what is not mapped, gives nothing. */
export function rolesOf(claims: Record<string, unknown>, { claim = 'roles', roles }: Pick<StaffDocument, 'claim' | 'roles'>): Role[] {
  const value = claimAt(claims, claim);
  const names = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  const found = new Set(names.flatMap((name) => (Object.hasOwn(roles, name) ? [roles[name]!] : [])));
  return ROLES.filter((role) => found.has(role));
}

/** @throws LoginRefused when the token names nobody */
export function identityOf(claims: Record<string, unknown>, staff: StaffDocument): StaffIdentity {
  const text = (name: string) => {
    const value = claims[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const subject = text('sub');
  if (!subject || subject.length > LONGEST) throw new LoginRefused('no-subject');
  const name = (text('name') ?? text('preferred_username') ?? subject).slice(0, LONGEST);
  return { subject, name, roles: rolesOf(claims, staff) };
}
