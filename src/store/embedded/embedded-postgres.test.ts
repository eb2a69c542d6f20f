import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, temporaryDirectory } from '../../../test/support/database.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import { connect } from '../clients.ts';
import type { DatabaseTarget } from '../database-target.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded-postgres.ts';
import { isRunning, processesIn } from './process-table.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const run of cleanUp.splice(0).reverse()) await run();
});

async function newDataDir(name = 'data'): Promise<string> {
  const directory = await temporaryDirectory();
  cleanUp.push(directory.remove);
  return path.join(directory.path, name);
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir, clock: systemClock, random: systemRandom, log: silentLogger });
  cleanUp.push(() => server.close());
  return server;
}

async function query<T extends object>(target: DatabaseTarget, text: string): Promise<T[]> {
  const sql = connect(target, { max: 1 });
  try {
    return [...(await sql.unsafe<T[]>(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Another Ringflow process with a database in `dataDir`. */
async function startElsewhere(dataDir: string): Promise<{ parent: ChildProcess; postmaster: number }> {
  const script = fileURLToPath(new URL('../../../test/support/hold-database.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--import', 'tsx', script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp.push(async () => void parent.kill('SIGKILL'));
  const [line] = await once(parent.stdout, 'data');
  return { parent, postmaster: JSON.parse(String(line)).pid };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a first start', () => {
  it('makes a cluster that is durable, reachable only with the password, and has few processes', async () => {
    const dataDir = await newDataDir();
    const { target } = await start(dataDir);

    expect(target.kind).toBe('socket');
    const [row] = await query(target, "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit");
    expect(row).toEqual({ fsync: 'on', commit: 'on' });
    expect((await stat(path.join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    await expect(query({ ...target, password: 'guess' } as DatabaseTarget, 'select 1')).rejects.toThrow(/password/);
    const processes = (await processesIn(path.join(dataDir, 'postgres'))) ?? [];
    expect(processes.length).toBeLessThanOrEqual(6);
  });

  it('falls back to a port of the loopback address when the path is too long for a socket', async () => {
    const { target } = await start(await newDataDir('x'.repeat(120)));
    expect(target).toMatchObject({ kind: 'tcp', host: '127.0.0.1' });
    expect(await query(target, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('repeats a first start that was interrupted', async () => {
    const dataDir = await newDataDir();
    await mkdir(path.join(dataDir, 'postgres.unfinished'), { recursive: true });
    await writeFile(path.join(dataDir, 'postgres.unfinished', 'PG_VERSION'), 'half');
    const { target } = await start(dataDir);
    expect(await query(target, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a later start', () => {
  it('finds the data, and close leaves no process and can be called twice', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    await query(first.target, 'create table kept (n int); insert into kept values (7)');
    const pid = first.pid ?? 0;
    await first.close();
    await first.close();
    expect(await isRunning(pid)).toBe(false);

    const began = performance.now();
    const second = await start(dataDir);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await query(second.target, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('is refused while another server uses the directory, and says which', async () => {
    const dataDir = await newDataDir();
    await start(dataDir);
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'BAD_SETTING',
      message: expect.stringMatching(new RegExp(`^RINGFLOW_DATA_DIR is in use: .*process ${process.pid}`)),
    });
  });

  it('is refused while a server of another process uses the directory', async () => {
    const dataDir = await newDataDir();
    const { parent } = await startElsewhere(dataDir);
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'BAD_SETTING', message: expect.stringContaining(`process ${parent.pid}`) });
    await killed(parent);
    await start(dataDir);
  });
});

describe('after a crash', () => {
  it('stops the PostgreSQL that outlived a killed server, and loses nothing that was committed', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    await query(first.target, 'create table kept (n int)');
    await first.close();
    const { parent, postmaster } = await startElsewhere(dataDir);
    await query(first.target, 'insert into kept values (1)');
    await killed(parent);
    expect(await isRunning(postmaster)).toBe(true);

    const second = await start(dataDir);
    expect(second.pid).not.toBe(postmaster);
    expect(await isRunning(postmaster)).toBe(false);
    expect(await query(second.target, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  it('recovers when PostgreSQL was killed as well', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    await query(first.target, 'create table kept (n int)');
    await first.close();
    const { parent, postmaster } = await startElsewhere(dataDir);
    await query(first.target, 'insert into kept values (2)');
    await killed(parent);
    process.kill(postmaster, 'SIGKILL');

    const second = await start(dataDir);
    expect(await query(second.target, 'select n from kept')).toEqual([{ n: 2 }]);
  });

  it('is not confused by a postmaster.pid and a lock whose process ids belong to somebody else by now', async () => {
    const dataDir = await newDataDir();
    await (await start(dataDir)).close();
    const stale = `${process.pid}\n/nowhere\n1\n5432\n.\n\n0 0\nready\n`;
    await writeFile(path.join(dataDir, 'postgres', 'postmaster.pid'), stale);
    await writeFile(path.join(dataDir, 'ringflow.lock'), JSON.stringify({ pid: process.pid, started: 'another boot:1', host: 'h' }));

    const server = await start(dataDir);
    expect(await query(server.target, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('starts a PostgreSQL again that ended by itself', async () => {
    const server = await start(await newDataDir());
    await query(server.target, 'create table kept (n int); insert into kept values (3)');
    const pid = server.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually(() => server.pid !== undefined && server.pid !== pid);
    expect(await query(server.target, 'select n from kept')).toEqual([{ n: 3 }]);
  });
});

it('keeps the words of the server in a small file', async () => {
  const dataDir = await newDataDir();
  await (await start(dataDir)).close();
  const file = path.join(dataDir, 'postgres.log');
  expect(await readFile(file, 'utf8')).toContain('ready to accept connections');
  await writeFile(file, 'x'.repeat(1_100_000));
  await start(dataDir);
  expect((await stat(file)).size).toBeLessThan(10_000);
});
