import { existsSync, statSync } from 'node:fs';
import { fieldTypes } from '#fields/all';
import { openCatalog } from '#server/catalog';
import { readMunicipalities, readSecret, readSettings } from '#server/config';
import { destinationSettings } from '#server/delivery';
import { openStore } from '#server/store';
import { contrastFindings } from '#ui/brand.ts';
import { FINDINGS, FINE, type Command } from './command.ts';
import { quiet } from './quiet.ts';

interface Result {
  readonly what: string;
  readonly fine: boolean;
  readonly detail: string;
}

const command: Command = {
  usage: '',
  help: 'What is configured, what is missing, and what to do: settings, municipalities, flows, secrets, keys, database.',
  async run({ json, print }) {
    const results: Result[] = [];
    const note = (what: string, fine: boolean, detail: string) => void results.push({ what, fine, detail });
    const settings = readSettings(process.env);
    const { municipalities, findings } = readMunicipalities(settings.configDir);
    for (const one of municipalities) note(`municipality ${one.id}`, true, `${one.name}; hosts ${one.hosts.join(', ')}`);
    for (const one of findings) note(`configuration ${one.file} ${one.place}`, false, `${one.message}. ${one.remedy}`);
    for (const one of municipalities) {
      for (const problem of contrastFindings(one.colors)) note(`colours of ${one.id}`, false, `${problem.message} ${problem.remedy}`);
      for (const destination of one.destinations) {
        const { problems } = destinationSettings(destination, (reference, open) => readSecret(reference, process.env, open));
        for (const problem of problems) note(`secret of ${one.id}/${destination.id}`, false, problem);
        if (problems.length === 0) note(`secrets of ${one.id}/${destination.id}`, true, `${destination.adapter}: all there`);
      }
    }
    for (const { id, staff } of municipalities) {
      if (!staff) continue;
      try {
        readSecret(staff.clientSecret);
        note(
          `staff of ${id}`,
          true,
          `${staff.demo ? 'DEMONSTRATION, invented staff; ' : ''}log in at ${staff.issuer} as ${staff.clientId}`,
        );
      } catch (error) {
        note(`staff of ${id}`, false, (error as Error).message);
      }
    }
    for (const { id, mail } of municipalities) {
      if (!mail) continue;
      try {
        if (mail.user) readSecret(mail.user.password);
        note(`mail of ${id}`, true, `${mail.server} as ${mail.from}`);
      } catch (error) {
        note(`mail of ${id}`, false, (error as Error).message);
      }
    }
    const catalog = openCatalog(settings.flowsDir, municipalities, fieldTypes);
    for (const one of catalog.findings)
      if (one.severity === 'error') note(`flow ${one.file} ${one.place}`, false, `${one.message} ${one.remedy}`);
    for (const one of municipalities)
      note(
        `services of ${one.id}`,
        true,
        catalog
          .offerings(one.id)
          .map((offering) => offering.service)
          .join(', '),
      );
    if (existsSync(settings.keysDir)) {
      const open = (statSync(settings.keysDir).mode & 0o077) !== 0;
      note('keys', !open, open ? `${settings.keysDir} is open to others: chmod 700` : settings.keysDir);
    } else note('keys', true, `${settings.keysDir} will be made at the first start`);
    try {
      const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: quiet, migrate: false });
      const pending = await store.pending();
      note(
        'database',
        pending.length === 0,
        pending.length === 0
          ? settings.databaseUrl
            ? 'server, up to date'
            : 'embedded, up to date'
          : `migrations to apply: ${pending.join(', ')}; run "schalter migrate"`,
      );
      await store.close();
    } catch (error) {
      note('database', false, `not reachable (${(error as Error).message}); check DATABASE_URL or SCHALTER_DATA`);
    }
    const fine = results.every((one) => one.fine);
    if (json) print(JSON.stringify({ fine, results }, null, 2));
    else for (const one of results) print(`${one.fine ? 'fine   ' : 'MISSING'}  ${one.what}: ${one.detail}`);
    return fine ? FINE : FINDINGS;
  },
};

export default command;
