import { join } from 'node:path';
import { fieldTypes } from '#fields/all';
import { checkPackage, packageFolders } from '#package';
import { FINDINGS, FINE, type Command } from './command.ts';
import { findingsText, flowsRoot, shown } from './packages.ts';

const command: Command = {
  usage: '[DIR...]',
  help: [
    'Checks services (default: all in flows): files, outline, expressions, texts, payload, journeys, and by exploring every path.',
    'Each finding names rule, file, place, message and remedy. Information (what the author left open) is no finding.',
  ].join('\n'),
  run({ positionals, json, print }) {
    const root = flowsRoot();
    const folders = positionals.length > 0 ? positionals : packageFolders(root).map((id) => join(root, id));
    const results = folders.map((dir) => ({ dir, findings: checkPackage(dir, fieldTypes) }));
    const count = results.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== 'info').length;
    if (json)
      print(
        JSON.stringify(
          results.map(({ dir, findings }) => ({ dir: shown(dir), findings })),
          null,
          2,
        ),
      );
    else {
      for (const { dir, findings } of results) {
        const real = findings.filter(({ severity }) => severity !== 'info').length;
        print(`${shown(dir)}: ${real === 0 ? 'fine' : `${real} finding${real === 1 ? '' : 's'}`}`);
        if (findings.length > 0) print(`\n${findingsText(dir, findings)}\n`);
      }
    }
    return count === 0 ? FINE : FINDINGS;
  },
};

export default command;
