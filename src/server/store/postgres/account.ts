/** PostgreSQL refuses to run as root. Here: as whom it runs instead, and where its files can lie so that this user reaches them. */
import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Account {
  uid: number;
  gid: number;
}

export interface Places {
  /** Folder of everything PostgreSQL: cluster, socket, log. */
  base: string;
  cluster: string;
  /** Folder of the unix socket. */
  socket: string;
  /** Set when the portal runs as root: PostgreSQL is started as this user. */
  account?: Account;
}

/** sockaddr_un holds 108 bytes with the closing zero. */
const longestSocketPath = 107;

/** Short name for a data directory: same directory, same name, in every process. */
export const shortName = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 12);

/** Decides where the files of `dataDir` lie and who owns them, and makes the folders. */
export async function preparePlaces(dataDir: string): Promise<Places> {
  const root = process.getuid?.() === 0;
  let base = join(dataDir, 'postgres');
  let account: Account | undefined;
  if (root) {
    // a strict umask must not shut the database's user out of a folder that was made for it
    const made = await mkdir(dataDir, { recursive: true });
    if (made) await chmod(dataDir, 0o755);
    account = (await ownerOf(base)) ?? (await serviceAccount());
    // Below a home directory like /root no other user gets through
    if (!(await canReach(dirname(base), account))) {
      base = join('/var/lib/schalter', shortName(dataDir));
      account = (await ownerOf(base)) ?? account;
    }
  }
  await ownFolder(base, account);
  let socket = join(base, 'run');
  if (Buffer.byteLength(join(socket, '.s.PGSQL.5432')) > longestSocketPath) socket = join(tmpdir(), `schalter-${shortName(base)}`);
  await ownFolder(socket, account);
  return { base, cluster: join(base, 'cluster'), socket, account };
}

/** A folder that only the account can enter. One that is there already must be a real folder of that account: /tmp is everybody's. */
async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (made && account) await chown(path, account.uid, account.gid);
  const found = await lstat(path);
  const owner = account?.uid ?? process.getuid?.() ?? found.uid;
  // Killed between mkdir and chown: still root's and empty-handed
  if (account && found.isDirectory() && found.uid === 0) await chown(path, account.uid, account.gid);
  else if (!found.isDirectory() || found.uid !== owner) {
    throw new Error(
      `${path} belongs to user ${found.uid}, not ${owner}. Start the portal as the user it ran as before, or choose another data directory.`,
    );
  }
}

/** The user that owns an existing folder, unless that is root. */
async function ownerOf(path: string): Promise<Account | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

async function serviceAccount(): Promise<Account> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  return { uid: Number(entry?.[2] ?? 65534), gid: Number(entry?.[3] ?? 65534) };
}

/** Whether the account may walk down to `path` (which need not exist yet). */
export async function canReach(path: string, { uid, gid }: Account): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found) {
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}
