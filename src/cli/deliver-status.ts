import { readSettings } from '#server/config';
import { deliveryStatus } from '#server/delivery';
import { openStore } from '#server/store';
import { FINDINGS, FINE, type Command } from './command.ts';
import { quiet } from './quiet.ts';
import { table } from './table.ts';

const command: Command = {
  usage: '',
  help: 'The delivery equation: ordered = delivered + queued + sending + parked + unknown, per municipality and in all. Findings when it does not hold.',
  async run({ json, print }) {
    const settings = readSettings(process.env);
    const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: quiet, migrate: false });
    try {
      const { municipalities, total, balanced } = await deliveryStatus(store);
      const columns = ['submissions', 'ordered', 'delivered', 'queued', 'sending', 'parked', 'unknown'] as const;
      const line = (name: string, row: Record<(typeof columns)[number], number>) => [name, ...columns.map((column) => String(row[column]))];
      if (json) print(JSON.stringify({ municipalities, total, balanced }, null, 2));
      else {
        print(table([['municipality', ...columns], ...municipalities.map((row) => line(row.municipality, row)), line('all', total)]));
        print(balanced ? 'The equation holds: nothing is lost.' : 'THE EQUATION DOES NOT HOLD: orders and deliveries differ.');
      }
      return balanced ? FINE : FINDINGS;
    } finally {
      await store.close();
    }
  },
};

export default command;
