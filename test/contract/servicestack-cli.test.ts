import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApp } from '../support/test-app.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The real command line tool of the original: it adds a typed reference, and brings it up to date. */
describe('@servicestack/cli', () => {
  const { app } = testApp();
  let folder: string;
  let url: string;

  const tool = (program: string, ...given: string[]) =>
    run(process.execPath, [require.resolve(`@servicestack/cli/bin/${program}.js`), ...given], {
      cwd: folder,
      env: { ...process.env, SERVICESTACK_TELEMETRY_OPTOUT: '1' },
      timeout: 30_000,
    });
  const written = (file: string) => readFile(join(folder, file), 'utf8');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringflow-reference-'));
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  it('adds TypeScript types', async () => {
    await tool('ts-ref', url, 'voice');
    const text = await written('voice.dtos.ts');
    expect(text).toContain(`BaseUrl: ${url}`);
    expect(text).toContain('export class NewOutgoingSession implements IPost');
  });

  it('updates them with the options that were switched on', async () => {
    const before = await written('voice.dtos.ts');
    expect(before).toContain('export class ListFlows');
    await writeFile(join(folder, 'voice.dtos.ts'), before.replace('//IncludeTypes: ', 'IncludeTypes: NewOutgoingSession.*'));
    await tool('ts-ref', 'voice.dtos.ts');
    const after = await written('voice.dtos.ts');
    expect(after).toContain('IncludeTypes: NewOutgoingSession.*');
    expect(after).toContain('export class NewOutgoingSession');
    expect(after).not.toContain('export class ListFlows');
  });

  it('adds C# types and ambient TypeScript ones', async () => {
    await tool('cs-ref', url, 'voice');
    expect(await written('voice.dtos.cs')).toContain('public partial class NewOutgoingSession');
    await tool('tsd-ref', url, 'voice');
    expect(await written('voice.dtos.d.ts')).toContain('interface NewOutgoingSession');
  });
});
