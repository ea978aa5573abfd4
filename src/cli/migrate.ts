import { readSettings } from '#server/config';
import { openStore } from '#server/store';
import { FINE, type Command } from './command.ts';
import { quiet } from './quiet.ts';

const command: Command = {
  usage: '',
  help: 'Brings the database to this version: all migrations or none, under a lock. The portal does the same when it starts.',
  async run({ json, print }) {
    const settings = readSettings(process.env);
    const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: quiet, migrate: false });
    try {
      const applied = await store.migrate();
      print(json ? JSON.stringify({ applied }) : applied.length > 0 ? `applied: ${applied.join(', ')}` : 'nothing to do');
      return FINE;
    } finally {
      await store.close();
    }
  },
};

export default command;
