import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, expect, test } from 'vitest';
import { TestAuthority } from '../../test/support/certificates.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { openTls, type TlsWire } from '../wire/tls.ts';
import { readTlsFiles } from './tls-files.ts';
import { TlsRenewal } from './tls-renewal.ts';

const authority = new TestAuthority();
const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A wire over real sockets with files of its own, and what was logged of them. */
async function scene() {
  const files = authority.issue('DNS:old.example');
  const paths = { certificate: files.certificateFile, key: files.keyFile, ca: authority.caFile };
  const clock = new VirtualClock();
  const logged: string[] = [];
  const log = {
    ...silentLogger,
    info: (_fields: object, message: string) => logged.push(message),
    error: ({ err }: Readonly<Record<string, unknown>>) => logged.push(String(err)),
  };
  const material = await readTlsFiles(paths);
  const wire = await openTls({ local: { address: '127.0.0.1', port: 0 }, clock, log, ...material });
  opened.push(() => wire.close());
  const renewal = new TlsRenewal({ files: paths, material, wires: [wire], clock, log });
  opened.push(() => renewal.close());
  const put = (certificateFile: string, keyFile: string): void => {
    copyFileSync(certificateFile, paths.certificate);
    copyFileSync(keyFile, paths.key);
  };
  return { wire, clock, renewal, logged, put };
}

async function connected(wire: TlsWire): Promise<TLSSocket> {
  const socket = connect({ ...wire.local, host: wire.local.address, rejectUnauthorized: false });
  socket.on('error', () => {});
  opened.push(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

/** The names in the certificate that a new connection sees. */
async function shown(wire: TlsWire): Promise<string | undefined> {
  const socket = await connected(wire);
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

test('a renewed certificate is shown within a minute, and connections that are up go on', async () => {
  const { wire, clock, logged, put } = await scene();
  const received: string[] = [];
  wire.onReceive((bytes) => received.push(Buffer.from(bytes).toString()));
  const old = await connected(wire);
  const fresh = authority.issue('DNS:new.example');
  put(fresh.certificateFile, fresh.keyFile);
  expect(await shown(wire)).toBe('DNS:old.example');
  await clock.advance(60_000);
  await until(() => logged.length > 0);
  expect(logged).toEqual(['SIP over TLS uses the new PEM files']);
  expect(await shown(wire)).toBe('DNS:new.example');
  old.write('OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n');
  await until(() => received.length > 0);
  expect(old.destroyed).toBe(false);
});

test('the new certificate is shown to peers that we connect to, too', async () => {
  const { wire, renewal, put } = await scene();
  const names: unknown[] = [];
  const peer = await openTls({
    ...{ local: { address: '127.0.0.1', port: 0 }, clock: new VirtualClock(), log: silentLogger, ca: authority.ca },
    ...{ identity: authority.issue('IP:127.0.0.1'), requireClientCertificate: true },
  });
  opened.push(() => peer.close());
  peer.onReceive((_bytes, from) => names.push(['old.example', 'new.example'].filter((name) => peer.isConnected(from, name))));
  const message = Buffer.from('OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n');
  await wire.send(message, peer.local);
  await until(() => names.length === 1);
  const fresh = authority.issue('DNS:new.example');
  put(fresh.certificateFile, fresh.keyFile);
  await renewal.renew();
  await wire.send(message, { ...peer.local, serverName: '127.0.0.1' });
  await until(() => names.length === 2);
  expect(names).toEqual([['old.example'], ['new.example']]);
});

test('a pair that does not fit changes nothing, is logged once, and is used when it was mended', async () => {
  const { wire, clock, renewal, logged, put } = await scene();
  const [one, other] = [authority.issue('DNS:new.example'), authority.issue('DNS:other.example')];
  put(one.certificateFile, other.keyFile);
  for (let minute = 0; minute < 3; minute++) {
    await clock.advance(60_000);
    await until(() => clock.pendingTimers > 0);
  }
  expect(logged).toEqual([expect.stringContaining('RINGFLOW_SIP_TLS_KEY is not the key of the certificate.')]);
  expect(await shown(wire)).toBe('DNS:old.example');
  await renewal.renew();
  expect(logged).toHaveLength(2);
  put(one.certificateFile, one.keyFile);
  await clock.advance(60_000);
  await until(() => logged.length === 3);
  expect(await shown(wire)).toBe('DNS:new.example');
});

test('files that were not changed are left alone, and nothing is left when it is closed', async () => {
  const { wire, clock, renewal, logged } = await scene();
  await clock.advance(60_000);
  await until(() => clock.pendingTimers > 0);
  await renewal.renew();
  expect([logged, await shown(wire)]).toEqual([[], 'DNS:old.example']);
  await Promise.all([renewal.close(), renewal.close()]);
  await until(() => wire.connections === 0);
  expect(clock.pendingTimers).toBe(0);
  await renewal.renew();
  expect(logged).toEqual([]);
});
