import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../../kernel/errors.ts';

/** The user that PostgreSQL runs as when we are root, which it refuses to be. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'ringflow';
const run = promisify(execFile);

/**
 * The user to start PostgreSQL as: undefined for an ordinary user (it runs as ourselves), a system user of its own when we are root.
 * The system user is made on the first start: no login, no home, no password.
 * @throws AppError BAD_SETTING when it neither exists nor can be made.
 */
export async function serverUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp();
  if (known) return known;
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  const failure = await run('useradd', [...options, NAME], { timeout: 10_000 }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  // Looked up even after a failure: two servers that start at once both try to make it.
  const made = await lookUp();
  if (made) return made;
  throw new AppError(
    'BAD_SETTING',
    {
      name: 'DATABASE_URL',
      reason: `is not set, and the embedded PostgreSQL does not run as root: a system user '${NAME}' could not be made. Make one (useradd --system ${NAME}), start Ringflow as an ordinary user, or set DATABASE_URL.`,
    },
    { cause: failure },
  );
}

async function lookUp(): Promise<SystemUser | undefined> {
  try {
    const [user, group] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])]);
    const uid = Number.parseInt(user.stdout, 10);
    const gid = Number.parseInt(group.stdout, 10);
    return uid > 0 && gid > 0 ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}
