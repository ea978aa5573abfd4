/** What the demo provider shows: login, logout, error. Plain HTML in German or English, no script, nothing from elsewhere. */
import { ACCOUNTS, PASSWORD } from './accounts.ts';

export type Language = 'de' | 'en';

const WORDS = {
  de: {
    house: 'Anmeldedienst (Vorführung): ein eigenes Programm, in der echten Welt der Anmeldedienst der Kommune',
    login: 'Anmelden',
    error: 'Fehler: ',
    wrong: 'Benutzername oder Kennwort stimmt nicht.',
    user: 'Benutzername',
    password: 'Kennwort',
    cancel: 'Abbrechen',
    staff: 'Erfundene Beschäftigte',
    hint: `Alle haben das Kennwort „${PASSWORD}“.`,
    short: 'Benutzer',
    name: 'Name',
    post: 'Aufgabe',
    logout: 'Abmelden',
    logoutAsk: 'Im Portal sind Sie schon abgemeldet. Möchten Sie sich auch hier abmelden?',
    stay: 'Hier angemeldet bleiben',
    left: 'Sie sind abgemeldet',
    leftText: 'Sie können dieses Fenster schließen.',
    failed: 'Das hat nicht geklappt',
    failedText: 'Die Anfrage ist unvollständig oder zu alt. Gehen Sie zurück zum Portal und melden Sie sich noch einmal an.',
  },
  en: {
    house: 'Login service (demonstration): a program of its own, in the real world the login service of the municipality',
    login: 'Log in',
    error: 'Error: ',
    wrong: 'The user name or the password is wrong.',
    user: 'User name',
    password: 'Password',
    cancel: 'Cancel',
    staff: 'Invented staff',
    hint: `All of them have the password “${PASSWORD}”.`,
    short: 'User',
    name: 'Name',
    post: 'Task',
    logout: 'Log out',
    logoutAsk: 'You are already logged out of the portal. Do you want to log out here, too?',
    stay: 'Stay logged in here',
    left: 'You are logged out',
    leftText: 'You can close this window.',
    failed: 'That did not work',
    failedText: 'The request is incomplete or too old. Go back to the portal and log in again.',
  },
} as const;

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The first language of a list like "en de" that there is; German otherwise. */
export function languageOf(wanted: unknown): Language {
  const first = String(wanted ?? '')
    .split(/[\s,;]+/)
    .map((one) => one.slice(0, 2))
    .find((one) => one === 'de' || one === 'en');
  return first ?? 'de';
}

function page(lang: Language, title: string, body: string, faulty = false): string {
  const t = WORDS[lang];
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${faulty ? t.error : ''}${title}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><p>${t.house}</p></header><main><h1>${title}</h1>${body}</main></body></html>`;
}

/** `user`: what was typed before, when it did not fit. */
export function loginPage(lang: Language, uid: string, user?: string): string {
  const t = WORDS[lang];
  const wrong = user !== undefined;
  const rows = ACCOUNTS.map(
    (one) => `<tr><th scope="row"><code>${one.id}</code></th><td>${escape(one.name)}</td><td>${one.post[lang]}</td></tr>`,
  ).join('');
  const described = wrong ? ' aria-invalid="true" aria-describedby="wrong"' : '';
  return page(
    lang,
    t.login,
    `<form method="post" action="/interaction/${encodeURIComponent(uid)}">
${wrong ? `<p class="wrong" id="wrong" role="alert">${t.wrong}</p>` : ''}
<label for="user">${t.user}</label><input id="user" name="user" value="${escape(user ?? '')}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus${described}>
<label for="password">${t.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required${described}>
<div class="row"><button>${t.login}</button><button class="second" name="cancel" value="yes" formnovalidate>${t.cancel}</button></div></form>
<section><h2>${t.staff}</h2><p>${t.hint}</p><table><thead><tr><th scope="col">${t.short}</th><th scope="col">${t.name}</th><th scope="col">${t.post}</th></tr></thead><tbody>${rows}</tbody></table></section>`,
    wrong,
  );
}

/** `form`: the provider's own form, which the buttons belong to. */
export function logoutPage(lang: Language, form: string): string {
  const t = WORDS[lang];
  return page(
    lang,
    t.logout,
    `<p>${t.logoutAsk}</p>${form}<div class="row"><button form="op.logoutForm" name="logout" value="yes" autofocus>${t.logout}</button>
<button class="second" form="op.logoutForm">${t.stay}</button></div>`,
  );
}

export function leftPage(lang: Language): string {
  return page(lang, WORDS[lang].left, `<p>${WORDS[lang].leftText}</p>`);
}

export function failedPage(lang: Language): string {
  return page(lang, WORDS[lang].failed, `<p>${WORDS[lang].failedText}</p>`);
}

/** On purpose another look than the portal's: it is another house. */
export const STYLE = `
:root { --ink: #1b2a2f; --soft: #52646b; --line: #d3dee2; --ground: #eef4f5; --accent: #0b6470; --bar: #123a41; --bad: #a3171e; color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { background: var(--bar); color: #fff; padding: .75rem 1.25rem; }
header p { margin: 0 auto; max-width: 34rem; font-size: .9rem; }
main { max-width: 36.5rem; margin: 1.5rem auto; padding: 1.5rem 1.25rem; background: #fff; border: 1px solid var(--line); border-radius: .5rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; line-height: 1.25; }
h2 { font-size: 1.05rem; margin: 0; }
section { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
section p { margin: .25rem 0 .5rem; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input { width: 100%; max-width: 22rem; font: inherit; color: inherit; border: 1px solid #63757c; border-radius: .35rem; padding: .55rem .65rem; background: #fff; }
input[aria-invalid] { border: 2px solid var(--bad); }
.row { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.1rem; border: 1px solid var(--accent); border-radius: .35rem; background: var(--accent); color: #fff; cursor: pointer; }
button.second { background: #fff; color: var(--accent); }
button:hover { filter: brightness(1.12); }
button.second:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.wrong { margin: 0 0 .5rem; padding: .5rem .75rem; border-left: .3rem solid var(--bad); background: #fdf0f0; color: var(--bad); font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
thead th { color: var(--soft); font-size: .85rem; }
code { font-size: 1em; }
@media (max-width: 40rem) { main { margin: 0; border: 0; border-radius: 0; } }
`;
