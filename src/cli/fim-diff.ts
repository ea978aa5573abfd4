import { fieldTypes } from '#fields/all';
import { compareSchemas } from '#fim';
import { readOrigin } from '#package';
import { FINDINGS, FINE, WrongUse, type Command } from './command.ts';
import { codeListFiles, schemaFile } from './fim-files.ts';
import { existingFolder, shown } from './packages.ts';
import { table } from './table.ts';

const command: Command = {
  usage: 'DIR SCHEMA.xml [CODELIST.xml…]',
  help: [
    'Compares an imported service with a newer version of its schema: groups, fields, code values and rules that were added, removed or',
    'changed, and whether that is a new major version of the service (its payload changes) or a minor one.',
  ].join('\n'),
  async run({ positionals, json, print }) {
    const [dir, file, ...lists] = positionals;
    if (dir === undefined || file === undefined) throw new WrongUse('Name the folder of a service and the file of the newer schema.');
    const folder = existingFolder(dir);
    const { fim, carried } = readOrigin(folder, fieldTypes);
    if (!fim) throw new Error(`${shown(folder)} has no fim.json: it was not imported from a schema.`);
    const { schema } = await schemaFile(file);
    const drift = compareSchemas(fim, carried, schema, codeListFiles(lists));
    if (json) print(JSON.stringify(drift, null, 2));
    else {
      const { from, to, changes, proposal, missing, own } = drift;
      const parts = [`${from.id} ${from.version ?? ''} -> ${to.id} ${to.version ?? ''} (${to.status})`];
      if (from.id !== to.id) parts.push('This is another schema than the one the service was made from.');
      parts.push(
        changes.length === 0
          ? 'Nothing changed that matters to the service.'
          : table(
              changes.map(({ what, kind, path, label, detail, breaking }) => [
                `  ${breaking ? '!' : ' '} ${kind} ${what}`,
                path || 'schema',
                label,
                detail,
              ]),
            ),
      );
      if (missing.length > 0) parts.push(`The service does not carry (yet):\n${missing.map((path) => `  ${path}`).join('\n')}`);
      if (own.length > 0) parts.push(`The service carries, the schema does not know:\n${own.map((path) => `  ${path}`).join('\n')}`);
      parts.push(
        `Proposal: ${{ none: 'keep the version', minor: 'a new minor version', major: 'a new major version (marked "!": the payload or a duty changes)' }[proposal]}.`,
      );
      print(parts.join('\n\n'));
    }
    return drift.proposal === 'none' ? FINE : FINDINGS;
  },
};

export default command;
