/** What the demo back office shows: a list of cases, and one case. Plain HTML. */
import type { ReceivedCase } from './server.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c2430;background:#f5f6f8}header{background:#2b3440;color:#fff;padding:1rem 1.5rem}
main{max-width:60rem;margin:1.5rem auto;padding:0 1.5rem}table{border-collapse:collapse;width:100%;background:#fff}th,td{text-align:left;padding:.5rem .75rem;border-bottom:1px solid #dde1e6;vertical-align:top}
h1{font-size:1.4rem;margin:0}pre{background:#fff;padding:1rem;overflow:auto}a{color:#0b4f8a}button{font:inherit;padding:.4rem .8rem}form{display:inline-block;margin-right:.5rem}p.none{background:#fff;padding:2rem}`;

function escape(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${STYLE}</style></head><body><header><h1>${escape(title)}</h1></header><main>${body}</main></body></html>`;
}

export function listPage(cases: ReceivedCase[]): string {
  const rows = cases
    .toReversed()
    .map(
      (one) =>
        `<tr><td><a href="/cases/${encodeURIComponent(one.key)}">${escape(one.reference)}</a></td><td>${escape(one.service)}</td><td>${escape(one.municipality)}</td><td>${escape(one.receivedAt)}</td><td>${escape(one.news.at(-1)?.status ?? '–')}</td></tr>`,
    )
    .join('');
  const table = `<table><thead><tr><th>Vorgang</th><th>Leistung</th><th>Kommune</th><th>Eingang</th><th>Stand</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page('Fachverfahren (Vorführung)', cases.length ? table : '<p class="none">Noch ist kein Antrag eingegangen.</p>');
}

export function casePage(one: ReceivedCase): string {
  const files = one.attachments.map((file) => `<li>${escape(file.name)} (${file.received} Bytes)</li>`).join('');
  const button = (status: string, label: string) =>
    `<form method="post" action="/cases/${encodeURIComponent(one.key)}/${status}"><button>${label}</button></form>`;
  return page(
    `Vorgang ${one.reference}`,
    `<p><a href="/">Alle Vorgänge</a></p><table><tr><th>Leistung</th><td>${escape(one.service)}</td></tr><tr><th>Abgesendet</th><td>${escape(one.submittedAt)}</td></tr><tr><th>Eingegangen</th><td>${escape(one.receivedAt)}, ${one.sends}-mal zugestellt</td></tr><tr><th>Prüfsumme</th><td>${escape(one.payloadSha256)}</td></tr></table>
<h2>Angaben</h2><pre>${escape(JSON.stringify(one.payload, null, 2))}</pre><h2>Anlagen</h2><ul>${files || '<li>keine</li>'}</ul>
<h2>Rückmeldung</h2>${button('information_requested', 'Unterlagen nachfordern')}${button('decided', 'Entschieden')}<ul>${one.news.map((n) => `<li>${escape(n.status)}, ${escape(n.at)}</li>`).join('')}</ul>`,
  );
}
