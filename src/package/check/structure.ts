/** What the outline, the service document and the code lists must agree on, beyond what each file's schema can say. */
import { compilePayload, type Field, type Json } from '#flow';
import { placeholders } from '#i18n';
import { escapePointer } from '../json.ts';
import type { Assurance, Channel, ServiceDocument } from '../types.ts';
import type { CheckContext } from './context.ts';

export function checkStructure(context: CheckContext): void {
  checkOrder(context);
  checkFields(context);
  checkLists(context);
  checkService(context);
  checkParameters(context);
}

/** Behind the review comes nothing that asks; `done` is the last page. */
function checkOrder({ flow, place, report }: CheckContext): void {
  const pages = flow.sections.flatMap((section) => section.pages);
  const review = pages.findIndex((page) => page.kind === 'check');
  for (const [index, page] of pages.entries()) {
    if (index > review && page.kind !== 'done') {
      report(
        'page-order',
        'flow.json',
        place(page.config),
        `Page "${page.id}" stands behind the review: nobody would get there.`,
        'Move it before the page of kind "check".',
      );
    }
    if (page.kind === 'done' && index < pages.length - 1) {
      report(
        'page-order',
        'flow.json',
        place(page.config),
        `Page "${page.id}" of kind "done" is not the last page.`,
        'Move it to the end.',
      );
    }
  }
}

function checkFields({ flow, place, report, types }: CheckContext): void {
  for (const page of flow.pages.values()) {
    for (const field of page.fields) {
      const at = place(field.config);
      for (const { message, remedy } of types.get(field.config.type)?.checkConfig?.(field.config) ?? []) {
        report('field-config', 'flow.json', at, `${field.path}: ${message}`, remedy);
      }
      if (page.kind === 'upload' && !field.type.silent && !field.type.file) {
        report(
          'page-kind',
          'flow.json',
          at,
          `An upload page asks for files, "${field.path}" is of type "${field.type.name}".`,
          'Move the field to a question page.',
        );
      }
      const fine =
        field.type.silent || field.type.samples(field.config, sampleContext(field)).length > 0 || typeof field.config.list === 'string';
      if (!fine)
        report(
          'field-config',
          'flow.json',
          at,
          `No valid answer to "${field.path}" could be made.`,
          'Loosen its settings: as they are, perhaps nobody can answer.',
        );
    }
  }
}

function sampleContext(field: Field) {
  const options = field.config.options;
  return { today: '2026-06-15', ...(Array.isArray(options) && { options: new Set(options as string[]) }) };
}

function checkLists({ documents, flow, languages, place, report }: CheckContext): void {
  const used = new Set<string>();
  for (const field of flow.fields.values()) {
    const name = field.config.list;
    if (typeof name !== 'string') continue;
    used.add(name);
    if (!Object.hasOwn(documents.lists, name)) {
      report('list-missing', 'flow.json', `${place(field.config)}/list`, `There is no list "${name}".`, `Add lists/${name}.json.`);
    }
  }
  for (const [name, entries] of Object.entries(documents.lists)) {
    const file = `lists/${name}.json`;
    if (!used.has(name))
      report(
        'list-unused',
        file,
        '',
        `No field uses the list "${name}".`,
        'Remove the file, or name it at a field with "list".',
        'warning',
      );
    const codes = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      if (codes.has(entry.code))
        report('list-code', file, `/${index}/code`, `The code "${entry.code}" stands there twice.`, 'Keep one of them.');
      codes.add(entry.code);
      for (const lang of languages) {
        // A variant such as `de-simple` may use the labels of its language.
        if (!Object.hasOwn(entry, lang) && !Object.hasOwn(entry, lang.split('-')[0]!)) {
          report('text-missing', file, `/${index}/${lang}`, `The code "${entry.code}" has no label in "${lang}".`, `Add "${lang}".`);
        }
      }
    }
  }
}

function checkService({ documents, flow, report }: CheckContext): void {
  const { service } = documents;
  const inList = (path: string) => [...flow.pages.values()].some((page) => page.collection && path.startsWith(`${page.collection.path}.`));
  if (service.fee !== undefined) {
    const field = flow.fields.get(service.fee);
    const fine = field?.compute?.type === 'double' || field?.compute?.type === 'int';
    if (!fine || inList(service.fee)) {
      report(
        'service-fee',
        'service.json',
        '/fee',
        `"${service.fee}" is no computed amount.`,
        'Name the path of a "computed" field with "as": "money" outside of lists.',
      );
    }
  }
  for (const key of ['factor', 'applicant'] as const) {
    for (const [index, path] of (service[key] ?? []).entries()) {
      const field = flow.fields.get(path);
      if (!field || field.type.silent || inList(path)) {
        report(
          `service-${key}`,
          'service.json',
          `/${key}/${index}`,
          `"${path}" is no asked field.`,
          'Name the path of a field that is asked, outside of lists.',
        );
      }
    }
  }
  checkAssurance(service, report);
  if (service.processingDays && service.processingDays.min > service.processingDays.max) {
    report('service-days', 'service.json', '/processingDays', '"min" is above "max".', 'Correct the days.');
  }
  for (const [index, text] of (service.open ?? []).entries()) {
    report('open', 'service.json', `/open/${index}`, text, 'Find out and remove the entry.', 'info');
  }
}

/** What a check by staff can reach on a channel (`levelOf` in server/applications derives it): more can never be asked for there. */
const REACHABLE: Readonly<Partial<Record<Channel, Assurance>>> = { counter: 'substantial', phone: 'low', post: 'low', email: 'low' };
const LEVELS: readonly Assurance[] = ['none', 'low', 'substantial', 'high'];

function checkAssurance({ channels, assurance, assuranceRequired = [] }: ServiceDocument, report: CheckContext['report']): void {
  for (const [channel, level] of Object.entries(assurance) as [Channel, Assurance][]) {
    const at = `/assurance/${channel}`;
    if (!channels.includes(channel)) {
      report('service-assurance', 'service.json', at, `"${channel}" is no channel of the service.`, 'Add the channel or remove the level.');
    }
    const most = REACHABLE[channel];
    if (most && LEVELS.indexOf(level) > LEVELS.indexOf(most)) {
      report(
        'service-assurance',
        'service.json',
        at,
        `By "${channel}" no more than "${most}" can be reached.`,
        `Ask for "${most}" at most.`,
      );
    }
  }
  for (const [index, channel] of assuranceRequired.entries()) {
    if ((assurance[channel] ?? 'none') === 'none') {
      report(
        'service-assurance',
        'service.json',
        `/assuranceRequired/${index}`,
        `Nothing is asked for by "${channel}".`,
        'Name the level under "assurance", or remove the entry.',
      );
    }
  }
}

function checkParameters(context: CheckContext): void {
  const { documents, flow, report } = context;
  const { parameters = {} } = documents.service;
  const read = new Set(flow.expressions.flatMap(({ expression }) => expression.reads));
  for (const path of compilePayload(flow, documents.payload.document).sources) read.add(path);
  for (const text of allTexts(documents.texts)) for (const name of placeholders(text)) read.add(name);
  for (const [name, { type, default: value }] of Object.entries(parameters)) {
    const at = `/parameters/${escapePointer(name)}`;
    if (value !== undefined && !fits(type, value)) {
      report(
        'parameter-default',
        'service.json',
        `${at}/default`,
        `The default of "${name}" is no ${type}.`,
        'Give it a value of its type.',
      );
    }
    if (!read.has(`param.${name}`))
      report(
        'parameter-unused',
        'service.json',
        at,
        `Nothing reads the parameter "${name}".`,
        'Use it as param.<name>, or remove it.',
        'warning',
      );
  }
}

function fits(type: string, value: Json): boolean {
  return typeof value === ({ money: 'number', number: 'number', text: 'string', yesno: 'boolean' } as Record<string, string>)[type];
}

function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(allTexts) : [];
}
