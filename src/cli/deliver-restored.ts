import { userInfo } from 'node:os';
import { readSettings } from '#server/config';
import { holdRestored, openStore, sendRestored } from '#server/store';
import { FINE, WrongUse, type Command } from './command.ts';
import { quiet } from './quiet.ts';
import { table } from './table.ts';

const command: Command = {
  usage: '[--send MUNICIPALITY/DESTINATION]',
  help: `After a backup was restored, and before the portal is started again: holds every delivery that was not done when the backup was made. It may
have been sent since, and nobody here knows. Held deliveries are "unknown" on the deliveries desk. They are settled by the back office's own status
message, or one by one by a person; or with --send all of one destination are sent again with their old keys, for a back office that takes the same
key once (one that speaks our HTTP or SOAP contract, and not a mailbox).`,
  options: { send: { type: 'string' } },
  async run({ values, json, print }) {
    const target = values.send === undefined ? undefined : /^([a-z0-9-]+)\/([\w.-]+)$/.exec(String(values.send));
    if (target === null) throw new WrongUse('--send names one destination: --send musterstadt/demo');
    const { databaseUrl, dataDir } = readSettings(process.env);
    const actor = `operator:${userInfo().username}`;
    const store = await openStore({ databaseUrl, dataDir, logger: quiet });
    try {
      if (target) {
        const sent = await sendRestored(store, target[1]!, target[2]!, actor);
        print(json ? JSON.stringify({ sent }) : `${sent} held deliveries to ${target[0]} are queued again.`);
        return FINE;
      }
      const held = await holdRestored(store, actor);
      if (json) print(JSON.stringify({ held }, null, 2));
      else if (held.length === 0) print('Nothing was waiting to be sent: nothing to hold.');
      else {
        print(
          table([['municipality', 'destination', 'held'], ...held.map((one) => [one.municipality, one.destination, String(one.held)])]),
        );
        print('They are sent by nobody now. Start the portal; see "schalter deliver restored --help" for what comes next.');
      }
      return FINE;
    } finally {
      await store.close();
    }
  },
};

export default command;
