import { answersSchema, mermaid, stateMachine } from '#package';
import { FINE, WrongUse, type Command } from './command.ts';
import { oneFolder, soundPackage } from './packages.ts';

const command: Command = {
  usage: 'DIR --xstate | --mermaid | --json-schema',
  help: [
    'Writes a service in another form:',
    '',
    '  --xstate        configuration of its state machine (XState 5), lists as machines of their own',
    '  --mermaid       a state diagram for documentation',
    '  --json-schema   JSON Schema of its answers, by path',
  ].join('\n'),
  options: { xstate: { type: 'boolean' }, mermaid: { type: 'boolean' }, 'json-schema': { type: 'boolean' } },
  run({ values, positionals, print }) {
    const dir = oneFolder(positionals);
    const wanted = ['xstate', 'mermaid', 'json-schema'].filter((name) => values[name] === true);
    if (wanted.length !== 1) throw new WrongUse('Choose one of --xstate, --mermaid and --json-schema.');
    const { flow, id } = soundPackage(dir);
    if (wanted[0] === 'mermaid') print(mermaid(flow));
    else print(JSON.stringify(wanted[0] === 'xstate' ? stateMachine(flow, id) : answersSchema(flow, id), null, 2));
    return FINE;
  },
};

export default command;
