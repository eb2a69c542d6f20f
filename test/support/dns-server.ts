import { createSocket } from 'node:dgram';
import { once } from 'node:events';

interface DnsRecord {
  readonly ttl: number;
  readonly data: Buffer;
}

/** What a name has, by type and name, as `A a.example`; a number is an error code (3: no such name). What is not there is never answered. */
export type DnsServerZone = Readonly<Record<string, readonly DnsRecord[] | number>>;

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV', 35: 'NAPTR' };

/** A name server on loopback, over UDP (RFC 1035 section 4). `asked` keeps every question. */
export async function dnsServer(zone: DnsServerZone) {
  const asked: string[] = [];
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, from) => {
    const { name, end } = nameIn(query);
    const question = `${TYPES[query.readUInt16BE(end)] ?? '?'} ${name}`;
    asked.push(question);
    const known = zone[question];
    if (known === undefined) return;
    const records = typeof known === 'number' ? [] : known;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (typeof known === 'number' ? known : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const answers = records.map(({ ttl, data }) => {
      const fixed = Buffer.alloc(12);
      // A pointer to the name of the question.
      fixed.writeUInt16BE(0xc00c, 0);
      query.copy(fixed, 2, end, end + 4);
      fixed.writeUInt32BE(ttl, 6);
      fixed.writeUInt16BE(data.length, 10);
      return Buffer.concat([fixed, data]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), from.port, from.address);
  });
  return {
    asked,
    address: `127.0.0.1:${socket.address().port}`,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

/** The bytes of a domain name; '' is the root. */
function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  return Buffer.concat([...labels.map(textBytes), Buffer.from([0])]);
}

function textBytes(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

/** The data of records, each with its time to live in seconds. */
export const record = {
  a: (address: string, ttl: number) => ({ ttl, data: Buffer.from(address.split('.').map(Number)) }),
  aaaa: (groups: readonly number[], ttl: number) => ({ ttl, data: numbers(...groups) }),
  srv: (priority: number, weight: number, port: number, target: string) => ({
    ttl: 60,
    data: Buffer.concat([numbers(priority, weight, port), nameBytes(target)]),
  }),
  naptr: (order: number, preference: number, flags: string, service: string, replacement: string) => ({
    ttl: 60,
    data: Buffer.concat([numbers(order, preference), ...[flags, service, ''].map(textBytes), nameBytes(replacement)]),
  }),
};
