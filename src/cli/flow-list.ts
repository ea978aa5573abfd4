import { join } from 'node:path';
import { fieldTypes } from '#fields/all';
import { packageFolders, readPackage } from '#package';
import { FINDINGS, FINE, WrongUse, type Command } from './command.ts';
import { existingFolder, flowsRoot } from './packages.ts';
import { table } from './table.ts';

const command: Command = {
  usage: '[ROOT]',
  help: 'Lists the services in a folder (default: flows). A service that cannot be read is named with the number of its findings.',
  run({ positionals, json, print }) {
    if (positionals.length > 1) throw new WrongUse('Name one folder.');
    const root = existingFolder(positionals[0] ?? flowsRoot());
    const services = packageFolders(root).map((id) => {
      const { package: found, findings } = readPackage(join(root, id), fieldTypes);
      if (!found) return { id, findings: findings.length };
      const { service, flow, languages, hash } = found;
      const title = (found.texts.de as { service?: { title?: string } } | undefined)?.service?.title ?? '';
      return {
        id,
        title,
        level: service.level,
        leika: service.leika,
        channels: service.channels,
        languages,
        pages: flow.pages.size,
        fields: flow.fields.size,
        hash,
      };
    });
    if (json) print(JSON.stringify(services, null, 2));
    else if (services.length === 0) print('No services.');
    else {
      const rows = services.map((service) =>
        'hash' in service
          ? [
              service.id,
              service.level!,
              service.leika!.join(' ') || '-',
              String(service.pages),
              service.languages!.join(' '),
              service.hash!.slice(0, 12),
              service.title!,
            ]
          : [service.id, '-', '-', '-', '-', '-', `cannot be read: ${service.findings} findings; see "flow check"`],
      );
      print(table([['service', 'level', 'LeiKa', 'pages', 'languages', 'version', 'title'], ...rows]));
    }
    return services.every((service) => 'hash' in service) ? FINE : FINDINGS;
  },
};

export default command;
