import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fieldTypes } from '#fields/all';
import { filesOf, importSchema, journeysThrough } from '#fim';
import { FINE, WrongUse, type Command } from './command.ts';
import { codeListFiles, reportText, rulesFile, schemaFile } from './fim-files.ts';
import { dayOption, shown } from './packages.ts';

const command: Command = {
  usage: 'SCHEMA.xml [CODELIST.xml…] [--rules rules.json] --out flows/<id>',
  help: [
    'Makes a flow of a FIM schema (XDatenfelder 2.0 or 3.0.0). What cannot be carried over safely is an open point in fim.json and keeps',
    'the flow from going live.',
    '',
    '  --out DIR      the folder of the new service; it must not exist yet',
    '  --rules FILE   machine-readable rules, as the FIM portal offers them',
    '  --today DATE   the day of the journeys that are found (default 2026-03-02)',
  ].join('\n'),
  options: { out: { type: 'string' }, rules: { type: 'string' }, today: { type: 'string' } },
  async run({ values, positionals, json, print }) {
    const [file, ...lists] = positionals;
    if (file === undefined) throw new WrongUse('Name the file of a schema.');
    const out = target(values.out as string | undefined);
    const today = dayOption((values.today as string | undefined) ?? '2026-03-02');
    const { schema, sha256 } = await schemaFile(file);
    const rules = values.rules === undefined ? { rules: [], problems: [] } : rulesFile(values.rules as string, schema);
    const imported = importSchema({ schema, sha256, lists: codeListFiles(lists), translated: rules.rules });
    const found = journeysThrough(imported, fieldTypes, today);
    for (const [name, content] of filesOf(imported, found.journeys)) {
      mkdirSync(dirname(join(out, name)), { recursive: true });
      writeFileSync(join(out, name), content);
    }
    const report = {
      ...imported.report,
      warnings: [...imported.report.warnings, ...rules.problems, ...found.problems.map(({ place, message }) => `${place}: ${message}`)],
    };
    if (json) print(JSON.stringify({ ...report, journeys: found.journeys.length }, null, 2));
    else print(`${reportText(report, found.journeys.length)}\n\nWritten to ${shown(out)}. Next: schalter flow check ${shown(out)}`);
    return FINE;
  },
};

function target(out: string | undefined): string {
  if (out === undefined) throw new WrongUse('Say with --out where the service is to be written, e.g. --out flows/day-care.');
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(basename(out)))
    throw new WrongUse(`"${basename(out)}" is not a usable name: use lower-case letters, digits and hyphens.`);
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new WrongUse(`"${out}" exists already. An import never overwrites: "schalter fim diff" compares.`);
  return resolve(out);
}

export default command;
