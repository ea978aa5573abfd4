/** A mail server for tests: says what a test tells it to say, and keeps what it was sent. SMTP as far as a client that is well behaved needs it. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { afterAll } from 'vitest';

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly text: string;
}

/** What it says at a step: a reply, or what is done with the connection. `taken` keeps the letter and breaks off. */
export type Says = `${number} ${string}` | 'break' | 'silent' | 'taken';

export interface PostOffice {
  readonly port: number;
  readonly letters: Letter[];
  readonly connections: () => number;
  /** What happens at `greeting`, `EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA` and `end` (of the contents), until told otherwise. */
  react(says: Readonly<Record<string, Says>>): void;
}

/** Closed at the end of the test file. `tls`: its certificate; `implicit`: TLS from the first byte, else STARTTLS is offered. */
export async function openPostOffice({
  tls,
  implicit = false,
}: { tls?: SecureContextOptions & TlsOptions; implicit?: boolean } = {}): Promise<PostOffice> {
  const letters: Letter[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let says: Readonly<Record<string, Says>> = {};

  function talk(socket: Socket, secure: boolean): void {
    let buffer = '';
    let reading = false;
    let letter = { from: '', to: [] as string[], secure, user: undefined as string | undefined };
    socket.on('error', () => undefined);
    const reply = (step: string, usual: string) => {
      const said = says[step] ?? usual;
      if (said === 'break' || said === 'taken') socket.destroy();
      else if (said !== 'silent') socket.write(`${said}\r\n`);
    };
    function line(text: string): void {
      const [verb = ''] = text.toUpperCase().split(' ');
      if (verb === 'EHLO')
        reply('EHLO', ['250-post.example', ...(tls && !secure ? ['250-STARTTLS'] : []), '250-AUTH PLAIN', '250 8BITMIME'].join('\r\n'));
      else if (verb === 'STARTTLS' && !tls) reply('STARTTLS', '502 no');
      else if (verb === 'STARTTLS') {
        socket.write('220 go on\r\n');
        socket.removeAllListeners('data');
        const safe = new TLSSocket(socket, { ...tls, isServer: true, secureContext: createSecureContext(tls) });
        safe.on('error', () => undefined);
        talk(safe, true);
      } else if (verb === 'AUTH') {
        letter.user = Buffer.from(text.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')[1];
        reply('AUTH', '235 welcome');
      } else if (verb === 'MAIL') {
        letter = { ...letter, from: /<(.*?)>/.exec(text)?.[1] ?? '', to: [] };
        reply('MAIL', '250 ok');
      } else if (verb === 'RCPT') {
        letter.to.push(/<(.*?)>/.exec(text)?.[1] ?? '');
        reply('RCPT', '250 ok');
      } else if (verb === 'DATA') {
        reading = (says.DATA ?? '354 go on').startsWith('3');
        reply('DATA', '354 go on');
      } else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else reply(verb, '250 ok');
    }
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1');
      for (;;) {
        const end = buffer.indexOf(reading ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const text = buffer.slice(0, end);
        buffer = buffer.slice(end + (reading ? 5 : 2));
        if (!reading) line(text);
        else {
          reading = false;
          const said = says.end ?? '250 kept';
          if (said.startsWith('2') || said === 'taken') letters.push({ ...letter, text: text.replace(/\r\n\./g, '\r\n') });
          reply('end', '250 kept');
        }
      }
    });
    if (!secure || implicit) reply('greeting', '220 post.example');
  }

  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (!implicit) return talk(socket, false);
    const safe = new TLSSocket(socket, { ...tls, isServer: true, secureContext: createSecureContext(tls) });
    safe.on('error', () => undefined);
    safe.once('secure', () => talk(safe, true));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    connections: () => connections,
    react: (next) => void (says = next),
  };
}
