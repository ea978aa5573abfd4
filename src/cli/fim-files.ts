/** What the `fim` commands share: reading schema, code lists and rules from files, and saying what became of them. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import {
  FimRefused,
  readCodeList,
  readTranslated,
  streamSchema,
  type CodeList,
  type FimReport,
  type FimSchema,
  type Translated,
} from '#fim';
import { parseJson } from '#package';
import { WrongUse } from './command.ts';
import { table } from './table.ts';

const MOST_RULES_BYTES = 16 * 1024 * 1024;

/** Reads a schema while it streams. @throws Error with the file's name and the reason */
export async function schemaFile(path: string): Promise<{ schema: FimSchema; sha256: string }> {
  const hash = createHash('sha256');
  async function* chunks() {
    for await (const chunk of createReadStream(existing(path)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    const schema = await streamSchema(chunks());
    return { schema, sha256: hash.digest('hex') };
  } catch (error) {
    throw named(path, error);
  }
}

/** Reads code lists. @throws Error */
export function codeListFiles(paths: readonly string[]): CodeList[] {
  return paths.map((path) => {
    try {
      return readCodeList([readFileSync(existing(path))]);
    } catch (error) {
      throw named(path, error);
    }
  });
}

/** Reads machine-readable rules of a schema. @throws Error */
export function rulesFile(path: string, schema: FimSchema): { rules: Translated[]; problems: string[] } {
  if (statSync(existing(path)).size > MOST_RULES_BYTES) throw new Error(`${basename(path)}: The file is larger than 16 MB.`);
  const { value, problem } = parseJson(readFileSync(path, 'utf8'));
  if (problem) throw new Error(`${basename(path)}: ${problem.message}`);
  const { rules, unread } = readTranslated(value, schema.id);
  return {
    rules: rules.filter((rule) => rule.schema === undefined || rule.schema === schema.id),
    problems: unread.filter((one) => one.schema === undefined || one.schema === schema.id).map(({ text, why }) => `${why}: "${text}"`),
  };
}

function existing(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new WrongUse(`There is no file "${path}".`);
  return path;
}

function named(path: string, error: unknown): Error {
  return error instanceof FimRefused ? new Error(`${basename(path)}: ${error.message}`) : (error as Error);
}

/** The report as text. */
export function reportText(report: FimReport, journeys: number): string {
  const { schema, fields, groups, rules, codeLists, open, warnings, differences } = report;
  const read = rules.translated + rules.text;
  const lines = [
    `${schema.id} ${schema.version ?? ''} "${schema.title}", XDatenfelder ${schema.standard}, status: ${schema.status}`,
    '',
    table([
      [
        '  fields',
        String(fields.all),
        `${fields.asked} asked, ${fields.notes} notes, ${fields.constants} fixed, ${fields.never} never asked, ${fields.open} open points`,
      ],
      [
        '  groups',
        String(groups.all),
        `${groups.lists} lists, ${groups.optional} optional, ${groups.choices} choices, ${groups.blocks} building blocks`,
      ],
      ['  pages', String(report.pages), `in ${report.sections} sections; ${journeys} journeys found`],
      ['  rules', `${read} of ${rules.all} read`, `${rules.translated} by their machine-readable form, ${rules.text} by their words`],
      ['  code lists', `${codeLists.missing} missing`, `${codeLists.supplied} supplied`],
    ]),
  ];
  if (open.length > 0)
    lines.push(
      '',
      `Open points (${open.length}), each keeps the flow from going live:`,
      ...open.map(
        ({ kind, path, rule, text, why }) =>
          `  ${kind}  ${[rule, path.join('.')].filter(Boolean).join(' ') || 'schema'}\n    ${why}\n    "${text.replaceAll(/\s+/g, ' ')}"`,
      ),
    );
  if (differences.length > 0)
    lines.push(
      '',
      'The words and the machine-readable rule differ; the machine-readable one was taken:',
      ...differences.map(
        ({ effect, target, answers, text, official }) =>
          `  ${effect} ${target}: with ${JSON.stringify(answers)} the words say ${text}, the other ${official}`,
      ),
    );
  if (warnings.length > 0) lines.push('', 'Warnings:', ...warnings.map((warning) => `  ${warning}`));
  return lines.join('\n');
}
