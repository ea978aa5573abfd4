import { chains, verifyChain, type ChainRule } from '#server/audit';
import { readSettings } from '#server/config';
import { openStore } from '#server/store';
import { FINDINGS, FINE, WrongUse, type Command } from './command.ts';
import { quiet } from './quiet.ts';
import { table } from './table.ts';

const WORDS: Readonly<Record<ChainRule, string>> = {
  missing: 'is missing',
  altered: 'says something else than when it was written',
  unlinked: 'does not follow the row before it',
  cut: 'should be the end of the log, or should be there: rows were cut off or added',
  rewritten: 'is not the row that was noted down: the log was written anew',
};

interface Noted {
  readonly municipality: string;
  readonly n: number;
  readonly hash: string;
}

function notedOf(given: unknown): Noted | undefined {
  if (given === undefined) return undefined;
  const [, municipality, n, hash] = /^([a-z0-9-]+):(\d+):([0-9a-f]{64})$/.exec(String(given)) ?? [];
  if (!municipality || !n || !hash) throw new WrongUse('--noted takes MUNICIPALITY:ROWS:HEAD, as an earlier proof printed them.');
  return { municipality, n: Number(n), hash };
}

const command: Command = {
  usage: '[--noted MUNICIPALITY:ROWS:HEAD]',
  help: `Walks the log of what staff read and did, row by row, and names the first one that was altered, taken out, put in or moved.
Who owns the database could write the whole chain anew: note rows and head down elsewhere, and give them back with --noted.`,
  options: { noted: { type: 'string' } },
  async run({ values, json, print }) {
    const noted = notedOf(values.noted);
    const settings = readSettings(process.env);
    const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: quiet, migrate: false });
    try {
      const heads = await chains(store);
      const proofs = [];
      for (const head of heads) proofs.push(await verifyChain(store, head, noted?.municipality === head.municipality ? noted : undefined));
      const unknown = noted && !heads.some(({ municipality }) => municipality === noted.municipality) ? noted.municipality : undefined;
      const fine = unknown === undefined && proofs.every(({ bad }) => !bad);
      if (json) print(JSON.stringify({ chains: proofs, fine }, null, 2));
      else {
        print(
          table([['municipality', 'rows', 'head'], ...proofs.map(({ municipality, rows, head }) => [municipality, String(rows), head])]),
        );
        for (const { municipality, bad } of proofs) if (bad) print(`${municipality}: row ${bad.n} ${WORDS[bad.rule]}.`);
        if (unknown !== undefined) print(`${unknown}: the whole log is missing.`);
        print(fine ? 'The log is as it was written.' : 'THE LOG WAS TAMPERED WITH.');
      }
      return fine ? FINE : FINDINGS;
    } finally {
      await store.close();
    }
  },
};

export default command;
