/** What the demo back office shows: the list of cases with the switch for faults, and one case. Plain HTML, German, no script. */
import { FAULTS, type Fault } from './faults.ts';
import type { ReceivedCase } from './inbox.ts';
import { ASKING, STATUSES, type Status } from './report.ts';

const escape = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const TIME = new Intl.DateTimeFormat('de-DE', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Europe/Berlin' });
const time = (iso: string): string => `<time datetime="${escape(iso)}">${escape(TIME.format(new Date(iso)))}</time>`;
const label = (status: string | undefined): string => STATUSES[status as Status] ?? 'Neu';
const badge = (status: string | undefined): string => `<span class="badge ${escape(status ?? '')}">${label(status)}</span>`;
const SIZE = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 1 });

function page(title: string, above: string, body: string): string {
  return `<!doctype html><html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(title)} – Fachverfahren (Vorführung)</title><link rel="stylesheet" href="/style.css"></head>
<body><header><div><p>${above}</p><h1>${escape(title)}</h1></div></header><main>${body}</main></body></html>`;
}

/** The list, newest first. */
export function listPage(cases: ReceivedCase[], fault: { kind: Fault; left: number }): string {
  const rows = cases
    .toReversed()
    .map(
      (one) => `<tr><th scope="row"><a href="/cases/${encodeURIComponent(one.key)}">${escape(one.reference)}</a></th>
<td data-name="Leistung">${escape(one.service)}</td><td data-name="Kommune">${escape(one.municipality)}</td>
<td data-name="Eingang">${time(one.receivedAt)}</td><td data-name="Stand">${badge(one.news.at(-1)?.status)}</td></tr>`,
    )
    .join('');
  const table = `<table><thead><tr><th scope="col">Vorgang</th><th scope="col">Leistung</th><th scope="col">Kommune</th><th scope="col">Eingang</th><th scope="col">Stand</th></tr></thead><tbody>${rows}</tbody></table>`;
  return page(
    'Eingegangene Vorgänge',
    'Fachverfahren (Vorführung): ein eigenes Programm, das vom Portal nur die veröffentlichten Verträge kennt',
    `<section class="card">${cases.length ? table : '<p class="empty">Noch ist kein Antrag eingegangen.</p>'}</section>${faultCard(fault)}`,
  );
}

function faultCard({ kind, left }: { kind: Fault; left: number }): string {
  const options = Object.entries(FAULTS).map(
    ([name, words]) => `<option value="${name}"${name === kind ? ' selected' : ''}>${escape(words)}</option>`,
  );
  const often = left === Infinity ? 'bis zum Ausschalten' : `noch ${left}-mal`;
  const state = kind === 'none' ? 'Zurzeit geht alles gut.' : `Zurzeit: ${escape(FAULTS[kind])}, ${often}.`;
  return `<section class="card fault${kind === 'none' ? '' : ' on'}"><h2>Störung auslösen</h2><p>${state}</p>
<form method="post" action="/faults" class="row"><div><label for="kind">Was geschieht</label><select id="kind" name="kind">${options.join('')}</select></div>
<div><label for="times">Wie oft (0: immer)</label><input id="times" name="times" type="number" min="0" max="1000" value="1"></div><button>Einstellen</button></form></section>`;
}

/** One case. */
export function casePage(one: ReceivedCase): string {
  const path = `/cases/${encodeURIComponent(one.key)}`;
  const list = (attachments: ReceivedCase['attachments']) =>
    attachments
      .map(
        (file) =>
          `<li><a href="${path}/files/${encodeURIComponent(file.id)}">${escape(file.name)}</a> <span class="soft">${escape(file.mime)}, ${SIZE.format(file.size / 1024)} KB</span></li>`,
      )
      .join('');
  const files = list(one.attachments);
  const answers = one.answers
    .map(
      (
        answer,
      ) => `<li>${time(answer.submittedAt)} <span class="soft">${answer.by === 'citizen' ? 'von der antragstellenden Person' : `aufgenommen von ${escape(answer.by)}`}</span>
${answer.asked.map((text) => `<p class="soft">Gefragt: ${escape(text)}</p>`).join('')}<p class="text">${escape(answer.text)}</p>${answer.attachments.length ? `<ul>${list(answer.attachments)}</ul>` : ''}</li>`,
    )
    .join('');
  const news = one.news
    .map((item) => `<li>${badge(item.status)} ${time(item.at)}${item.text ? `<p class="text">${escape(item.text)}</p>` : ''}</li>`)
    .join('');
  const choices = Object.entries(STATUSES)
    .filter(([name]) => name !== ASKING)
    .map(([name, words]) => `<option value="${name}">${words}</option>`);
  return page(
    `Vorgang ${one.reference}`,
    '<a href="/">Alle Vorgänge</a>',
    `<section class="card"><h2>Eingang</h2><dl><dt>Leistung</dt><dd>${escape(one.service)}</dd><dt>Kommune</dt><dd>${escape(one.municipality)}</dd>
<dt>Abgesendet</dt><dd>${time(one.submittedAt)}</dd><dt>Eingegangen</dt><dd>${time(one.receivedAt)}</dd>
${one.via ? `<dt>Weg</dt><dd>${escape(one.via)}</dd>` : ''}<dt>Zugestellt</dt><dd>${one.sends}-mal, einmal angenommen</dd><dt>Stand</dt><dd>${badge(one.news.at(-1)?.status)}</dd></dl></section>
<section class="card"><h2>Angaben</h2>${readable(one.payload)}</section>
${one.handling ? `<section class="card"><h2>Wie der Antrag hereinkam</h2>${readable(one.handling)}</section>` : ''}
<section class="card"><h2>Anlagen</h2>${files ? `<ul>${files}</ul>` : '<p class="soft">Keine.</p>'}</section>
${answers ? `<section class="card"><h2>Antworten auf Rückfragen</h2><ol class="news">${answers}</ol></section>\n` : ''}${
      one.callback === ''
        ? '<section class="card"><h2>Rückmeldung</h2><p class="soft">Die Übernahme steht im Ereignisprotokoll von FIT-Connect.</p></section>'
        : `<section class="card"><h2>Rückmeldung</h2>${news ? `<ol class="news">${news}</ol>` : '<p class="soft">Das Portal weiß noch nichts.</p>'}
<form method="post" action="${path}/news"><p><label for="status">Neuer Stand</label><select id="status" name="status">${choices.join('')}</select></p>
<p><label for="text">Mitteilung an die antragstellende Person (freiwillig)</label><textarea id="text" name="text" maxlength="2000"></textarea></p><button>Zurückmelden</button></form></section>
<section class="card"><h2>Nachfordern</h2><form method="post" action="${path}/news"><input type="hidden" name="status" value="${ASKING}">
<p><label for="question">Was fehlt?</label><textarea id="question" name="text" maxlength="2000" required></textarea></p><button>Nachfordern</button></form></section>`
    }
<section class="card"><details><summary>Technische Angaben</summary><dl><dt>Idempotency-Key</dt><dd>${escape(one.key)}</dd><dt>Prüfsumme</dt><dd>${escape(one.payloadSha256)}</dd><dt>Rückruf</dt><dd>${escape(one.callback)}</dd></dl>
<pre tabindex="0">${escape(JSON.stringify(one.payload, null, 2))}</pre></details></section>`,
  );
}

/** A document as people read it: names and values, lists numbered. */
function readable(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '–';
    return `<ol class="entries">${value.map((entry) => `<li>${readable(entry)}</li>`).join('')}</ol>`;
  }
  if (value !== null && typeof value === 'object') {
    return `<dl>${Object.entries(value)
      .map(([name, inner]) => `<dt>${escape(name)}</dt><dd>${readable(inner)}</dd>`)
      .join('')}</dl>`;
  }
  if (value === true) return 'ja';
  if (value === false) return 'nein';
  return value === null || value === '' ? '–' : escape(value);
}
