/** The invented staff of the demonstration. What they may do is said in the words of an office; the portal's configuration maps them to its roles. */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Account {
  readonly id: string;
  readonly name: string;
  /** What the page says about them, in German and English. */
  readonly post: Readonly<Record<'de' | 'en', string>>;
  readonly roles: readonly string[];
}

export const ACCOUNTS: readonly Account[] = [
  { id: 'amsel', name: 'Anke Amsel', post: { de: 'Schalter', en: 'Counter' }, roles: ['buergerbuero'] },
  { id: 'buchfink', name: 'Bernd Buchfink', post: { de: 'Telefon', en: 'Telephone' }, roles: ['telefon'] },
  { id: 'drossel', name: 'Derya Drossel', post: { de: 'Posteingang', en: 'Post room' }, roles: ['posteingang'] },
  {
    id: 'eisvogel',
    name: 'Emil Eisvogel',
    post: { de: 'Teamleitung', en: 'Team lead' },
    roles: ['buergerbuero', 'telefon', 'posteingang', 'leitung'],
  },
  // two, because one alone may not send an application elsewhere
  { id: 'falke', name: 'Frieda Falke', post: { de: 'Zustellungen', en: 'Deliveries' }, roles: ['zustellungen'] },
  { id: 'gimpel', name: 'Gustav Gimpel', post: { de: 'Zustellungen', en: 'Deliveries' }, roles: ['zustellungen'] },
  { id: 'specht', name: 'Sabine Specht', post: { de: 'Leistungen', en: 'Services' }, roles: ['leistungen'] },
];

/** The same for all, and shown on the login page: there is nothing behind it to protect. */
export const PASSWORD = 'vogelhaus';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The account, if the password is right. */
export function accountOf(id: string, password: string): Account | undefined {
  const right = timingSafeEqual(digest(password), digest(PASSWORD));
  return right ? ACCOUNTS.find((one) => one.id === id.trim().toLowerCase()) : undefined;
}
