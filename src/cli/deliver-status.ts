import { readMunicipalities, readSettings } from '#server/config';
import { COUNTS, equation, type Counts, type EquationFinding } from '#server/delivery';
import { openStore } from '#server/store';
import { FINDINGS, FINE, type Command } from './command.ts';
import { quiet } from './quiet.ts';
import { table } from './table.ts';

const HEADS: Readonly<Record<(typeof COUNTS)[number], string>> = {
  submitted: 'submitted',
  delivered: 'delivered',
  queued: 'queued',
  sending: 'in flight',
  parked: 'parked',
  unknown: 'unknown',
  waiting: 'waiting',
};

function inWords({ rule, submission, ...about }: EquationFinding): string {
  const where = `${about.municipality}/${about.destination}`;
  switch (rule) {
    case 'unbalanced':
      return `${where}: the sum differs from what was submitted.`;
    case 'missing':
      return `${where}: submission ${submission} ordered a delivery that does not exist.`;
    case 'stray':
      return `${where}: submission ${submission} has a delivery that it did not order.`;
    case 'unconfigured':
      return `${where}: something waits for this destination, and no municipality document knows it. Add it again, or decide about each delivery.`;
  }
}

const command: Command = {
  usage: '',
  help: `The delivery equation, for every destination and in all: submitted = delivered + queued + in flight + parked + unknown + waiting.
Submitted are applications, and answers to what a back office asked. Waiting: sent, and its receiver has not taken it yet.
Findings: sums that differ, submissions without a delivery they ordered, and destinations that no document knows.`,
  async run({ json, print }) {
    const settings = readSettings(process.env);
    const { municipalities } = readMunicipalities(settings.configDir);
    const configured = new Set(municipalities.flatMap((one) => one.destinations.map(({ id }) => `${one.id}/${id}`)));
    const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: quiet, migrate: false });
    try {
      const { destinations, total, balanced, findings } = await equation(store, (municipality, id) =>
        configured.has(`${municipality}/${id}`),
      );
      if (json) print(JSON.stringify({ destinations, total, balanced, findings }, null, 2));
      else {
        const line = (about: readonly string[], counts: Counts) => [...about, ...COUNTS.map((name) => String(counts[name]))];
        const rows = destinations.map((row) => line([row.municipality, row.destination], row));
        print(table([['municipality', 'destination', ...COUNTS.map((name) => HEADS[name])], ...rows, line(['all', ''], total)]));
        if (total.answers > 0)
          print(
            `Of what was submitted, ${total.answers} ${total.answers === 1 ? 'is an answer' : 'are answers'} to what a back office asked.`,
          );
        for (const finding of findings) print(inWords(finding));
        print(balanced ? 'The equation holds: nothing is lost.' : 'THE EQUATION DOES NOT HOLD: orders and deliveries differ.');
      }
      return findings.length === 0 ? FINE : FINDINGS;
    } finally {
      await store.close();
    }
  },
};

export default command;
