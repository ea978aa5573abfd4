/**
 * Texts: which keys a package needs follows from its outline. Each language must have all of them and nothing else, with the same placeholders,
 * and a placeholder may name only what was walked before the text is shown.
 */
import type { Page, Rule } from '#flow';
import { placeholders } from '#i18n';
import { escapePointer } from '../json.ts';
import type { CheckContext } from './context.ts';
import { nowhere, resolvePlaceholder, visibility, type Visible } from './placeholders.ts';

interface Wanted {
  readonly keys: readonly string[];
  /** Must be there; an optional text must be in all languages or in none. */
  readonly required: boolean;
  readonly visible: Visible;
  /** What the text belongs to, for the message. */
  readonly of: string;
}

export function checkTexts(context: CheckContext): void {
  const { languages, documents, report } = context;
  for (const lang of ['de', 'en']) {
    if (!languages.includes(lang))
      report(
        'language-missing',
        `texts/${lang}.json`,
        '',
        `There are no texts in "${lang}".`,
        `Add texts/${lang}.json: German and English are the least.`,
      );
  }
  const wanted = new Map(wantedTexts(context).map((text) => [pointer(text.keys), text]));
  const found = new Map(languages.map((lang) => [lang, leaves(documents.texts[lang])]));
  for (const [lang, texts] of found) {
    const file = `texts/${lang}.json`;
    for (const at of texts.keys()) {
      if (!wanted.has(at)) report('text-unused', file, at, 'Nothing shows this text.', 'Remove it, or correct its key.', 'warning');
    }
    for (const [at, { required, of }] of wanted) {
      const elsewhere = languages.find((other) => filled(found.get(other)?.get(at)));
      if (filled(texts.get(at)) || (!required && elsewhere === undefined)) continue;
      report(
        'text-missing',
        file,
        at,
        `The text of ${of} is missing in "${lang}".`,
        elsewhere ? `Translate it from texts/${elsewhere}.json.` : 'Write it.',
      );
    }
  }
  for (const [at, text] of wanted) checkPlaceholders(context, at, text, found);
  for (const page of context.flow.pages.values()) {
    const notes = page.fields.filter((field) => field.type.name === 'note');
    for (const [lang, texts] of found) {
      for (const { path } of notes) {
        if (['label', 'hint'].some((key) => filled(texts.get(pointer(['field', path, key]))))) continue;
        report(
          'text-missing',
          `texts/${lang}.json`,
          pointer(['field', path]),
          `The note "${path}" has no text in "${lang}".`,
          'Write its "label" or "hint".',
        );
      }
    }
  }
}

function filled(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

function pointer(keys: readonly string[]): string {
  return keys.map((key) => `/${escapePointer(key)}`).join('');
}

function leaves(texts: unknown, at = '', into = new Map<string, string>()): Map<string, string> {
  if (texts === null || typeof texts !== 'object') return into;
  for (const [key, value] of Object.entries(texts)) {
    if (at === '' && key === '$schema') continue;
    if (typeof value === 'string') into.set(`${at}/${escapePointer(key)}`, value);
    else leaves(value, `${at}/${escapePointer(key)}`, into);
  }
  return into;
}

/** Every text that may be shown. */
function wantedTexts({ documents, flow }: CheckContext): Wanted[] {
  const seen = visibility(flow);
  const wanted: Wanted[] = [];
  const add = (keys: string[], of: string, visible: Visible, required = true) => void wanted.push({ keys, required, visible, of });
  for (const key of ['title', 'summary', 'intro', 'who', 'next', 'words']) add(['service', key], `the service (${key})`, nowhere);
  for (const key of ['cost', 'duration']) add(['service', key], `the service (${key})`, nowhere, false);
  for (const id of documents.service.documents ?? []) add(['service', 'documents', id], `the document "${id}"`, nowhere);
  const rules = (list: readonly Rule[], visible: Visible) => {
    for (const rule of list) add(['rule', rule.id], `the rule "${rule.id}"`, visible);
  };
  const visit = (page: Page): void => {
    const before = seen.before(page);
    const after = seen.behind(page);
    const asked = page.fields.filter((field) => !field.type.silent);
    const alone = asked.length === 1 && (page.kind === 'question' || page.kind === 'upload');
    add(['page', page.id, 'title'], `the page "${page.id}"`, before, !alone);
    const noted = page.fields.some((field) => field.type.name === 'note');
    const telling = page.kind === 'exit' || (page.kind === 'info' && !noted);
    add(['page', page.id, 'intro'], `the page "${page.id}" (intro)`, before, telling);
    add(['page', page.id, 'next'], `the page "${page.id}" (next)`, before, false);
    for (const field of page.fields) {
      rules(field.rules, after);
      if (field.type.name === 'hidden') continue;
      add(['field', field.path, 'label'], `the field "${field.path}"`, before, !field.type.silent);
      add(['field', field.path, 'hint'], `the field "${field.path}" (hint)`, before, false);
      const options = field.type.choice && Array.isArray(field.config.options) ? (field.config.options as string[]) : [];
      for (const option of options) add(['field', field.path, 'option', option], `the option "${option}" of "${field.path}"`, before);
    }
    rules(page.rules, after);
    if (!page.collection) return;
    const { path } = page.collection;
    const entry = seen.entry(page);
    add(['list', path, 'entry'], `the list "${path}" (entry)`, entry);
    add(['list', path, 'entryTitle'], `the list "${path}" (entryTitle)`, entry, false);
    add(['list', path, 'add'], `the list "${path}" (add)`, before);
    add(['list', path, 'empty'], `the list "${path}" (empty)`, before, false);
    page.collection.pages.forEach(visit);
  };
  for (const section of flow.sections) {
    add(['section', section.id, 'title'], `the section "${section.id}"`, nowhere);
    section.pages.forEach(visit);
    rules(section.rules, seen.everything);
  }
  rules(flow.rules, seen.everything);
  return wanted;
}

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['money', 'double'],
  ['date', 'Date'],
]);

function checkPlaceholders(
  { documents, flow, report }: CheckContext,
  at: string,
  { visible }: Wanted,
  found: ReadonlyMap<string, ReadonlyMap<string, string>>,
): void {
  const names = new Map<string, string>();
  for (const [lang, texts] of found) {
    const text = texts.get(at);
    if (!filled(text)) continue;
    const file = `texts/${lang}.json`;
    names.set(lang, [...new Set(placeholders(text!))].sort().join(', '));
    for (const [, name = '', , format] of text!.matchAll(/\{\{\s*([^,}]+?)\s*(,\s*([^}]*?)\s*)?\}\}/g)) {
      const target = resolvePlaceholder(name, visible, flow, documents.service);
      if (!target.type) {
        report(
          'placeholder-unknown',
          file,
          at,
          `"{{${name}}}": ${target.reason}`,
          'Name an answer that was walked before by its path, or param.<name>.',
        );
      } else if (format !== undefined && FORMATS.get(format) !== target.type) {
        report(
          'placeholder-format',
          file,
          at,
          `"{{${name}, ${format}}}": this cannot be written as "${format}".`,
          'Use money for amounts, date for dates, nothing for the rest.',
        );
      }
    }
  }
  const [first, ...others] = [...names];
  for (const [lang, list] of others) {
    if (list === first![1]) continue;
    report(
      'placeholder-mismatch',
      `texts/${lang}.json`,
      at,
      `The placeholders differ: "${lang}" has ${list || 'none'}, "${first![0]}" has ${first![1] || 'none'}.`,
      'Use the same placeholders in all languages.',
    );
  }
}
