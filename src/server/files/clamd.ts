/**
 * Virus scanning by clamd over its socket (`INSTREAM`), while the file streams past. Fail closed: without a clear "OK" the file is not taken.
 * clamd's own limit `StreamMaxLength` must be at least the largest upload, else large files are refused as `unscanned`.
 */
import { connect, type Socket } from 'node:net';
import { UploadError } from './errors.ts';

const answerLimit = 60_000;

/** One scan of one file. */
export interface VirusScan {
  push(block: Buffer): Promise<void>;
  /** @throws UploadError `infected` or `unscanned` */
  end(): Promise<void>;
  cancel(): void;
}

/** Begins scans; undefined where no scanner is configured. */
export type Scanner = () => VirusScan;

/** The scanner at `address`: a socket's path, or `host:port` (setting `SCHALTER_CLAMD`). */
export function clamd(address: string | undefined): Scanner | undefined {
  if (!address) return undefined;
  const port = /^(.+):(\d+)$/.exec(address);
  return () => new Instream(port ? connect(Number(port[2]), port[1]) : connect(address));
}

class Instream implements VirusScan {
  readonly #socket: Socket;
  readonly #answer: Promise<string>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setTimeout(answerLimit, () => socket.destroy());
    const parts: Buffer[] = [];
    this.#answer = new Promise((resolve) => {
      socket.on('data', (part: Buffer) => parts.push(part));
      // an error closes the socket too, and then there is no "OK" in what came
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    });
    socket.write('zINSTREAM\0');
  }

  async push(block: Buffer): Promise<void> {
    // clamd closes early when it has found something or had enough: the answer tells
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    this.#socket.write(length);
    // until the system has it: the block's memory is used again
    await Promise.race([new Promise((sent) => this.#socket.write(block, sent)), this.#answer]);
  }

  async end(): Promise<void> {
    this.#socket.write(Buffer.alloc(4));
    const answer = await this.#answer;
    if (/ FOUND\0?$/.test(answer)) throw new UploadError('infected');
    if (!/^stream: OK\0?$/.test(answer)) throw new UploadError('unscanned');
  }

  cancel(): void {
    this.#socket.destroy();
  }
}
