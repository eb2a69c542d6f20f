import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChildProgram, firstLine, startChild } from './child-program.ts';
import { apiAddress } from './server-child.ts';

let directory: string;
let child: ChildProgram | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringflow-child-'));
});
afterEach(async () => {
  await child?.stop(0);
  rmSync(directory, { recursive: true });
});

function start(source: string, environment: Record<string, string> = {}): { program: ChildProgram; logFile: string } {
  const script = join(directory, 'program.mjs');
  const logFile = join(directory, 'program.log');
  writeFileSync(script, source);
  child = startChild({ script, arguments: ['one'], environment, logFile });
  return { program: child, logFile };
}

describe('a child program', () => {
  it('gets its arguments and only the settings given to it', async () => {
    process.env.RINGFLOW_SIP_PORT = '1';
    const { program, logFile } = start(
      'console.log(process.argv[2], process.env.RINGFLOW_SIP_PORT, process.env.LOG_LEVEL, process.env.PATH !== undefined)',
      { LOG_LEVEL: 'warn' },
    );
    delete process.env.RINGFLOW_SIP_PORT;
    expect(await firstLine(program, logFile, 10_000, (line) => line)).toBe('one undefined warn true');
    expect(await program.ended).toBe(0);
  });

  it('is asked to stop first', async () => {
    const { program, logFile } = start(
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(7); }); setInterval(() => {}, 1000); console.log('up')",
    );
    await firstLine(program, logFile, 10_000, (line) => line);
    await program.stop();
    await program.stop();
    expect(await program.ended).toBe(7);
  });

  it('is killed when it does not stop', async () => {
    const { program, logFile } = start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')");
    await firstLine(program, logFile, 10_000, (line) => line);
    await program.stop(50);
    expect(await program.ended).toBe('SIGKILL');
  });

  it('that ends before it is ready is an error with its log', async () => {
    const { program, logFile } = start("console.error('no such luck'); process.exit(3)");
    await expect(firstLine(program, logFile, 10_000, () => undefined)).rejects.toThrow(/ended with 3.*no such luck/s);
  });

  it('that is never ready is an error', async () => {
    const { program, logFile } = start('setInterval(() => {}, 1000)');
    await expect(firstLine(program, logFile, 30, () => undefined)).rejects.toThrow('did not get ready within 30 ms');
  });
});

it('reads the address from the ready line of the server', () => {
  expect(apiAddress('Ringflow is ready: API http://127.0.0.1:41, SIP 127.0.0.1:42')).toBe('http://127.0.0.1:41');
  expect(apiAddress('Ringflow is ready: API 127.0.0.1:41, SIP 127.0.0.1:42')).toBe('http://127.0.0.1:41');
  expect(apiAddress('something else')).toBeUndefined();
});
