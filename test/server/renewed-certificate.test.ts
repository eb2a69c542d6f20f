import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { TestAuthority } from '../support/certificates.ts';
import { type RealServer, realServer } from '../support/real-server.ts';
import { testPort } from '../support/test-port.ts';

// A server whose certificate is renewed while it runs.

const authority = new TestAuthority();
const files = authority.issue('DNS:old.example');
let server: RealServer;
let port: number;

beforeAll(async () => {
  port = await testPort();
  server = await realServer({
    RINGFLOW_SIP_TLS_PORT: String(port),
    RINGFLOW_SIP_TLS_CERTIFICATE: files.certificateFile,
    RINGFLOW_SIP_TLS_KEY: files.keyFile,
  });
}, 60_000);
afterAll(async () => {
  await server.remove();
  authority.remove();
}, 60_000);

async function shown(): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise<void>((resolve) => systemClock.after(25, resolve));
}

it('shows the new certificate after SIGHUP, and goes on with the old one while the new is no good', async () => {
  expect(await shown()).toBe('DNS:old.example');
  const fresh = authority.issue('DNS:new.example');
  copyFileSync(fresh.certificateFile, files.certificateFile);
  process.kill(server.child.program.pid, 'SIGHUP');
  await until(async () =>
    (await readFile(join(server.directory, 'server.log'), 'utf8')).includes('The new PEM files of SIP over TLS are not used'),
  );
  expect(await shown()).toBe('DNS:old.example');
  copyFileSync(fresh.keyFile, files.keyFile);
  process.kill(server.child.program.pid, 'SIGHUP');
  await until(async () => (await shown()) === 'DNS:new.example');
  expect((await fetch(`${server.child.url}/health`)).status).toBe(200);
}, 30_000);
