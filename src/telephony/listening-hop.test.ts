import { expect, it } from 'vitest';
import { listeningHop } from './listening-hop.ts';
import type { Hop } from './sip/transport.ts';

const tcp: Hop = { address: '10.0.0.2', port: 40_001, transport: 'tcp' };
const tls: Hop = { ...tcp, transport: 'tls' };
const six: Hop = { ...tcp, address: '2001:db8::2' };

it.each<[string, Hop, string, readonly string[], string | undefined]>([
  ['where its Contact says', tcp, 'sip:ada@10.0.0.2:5062;transport=tcp', [], 'tcp 10.0.0.2 5062'],
  ['by the transport of its registration, when it names none', tcp, 'sip:ada@10.0.0.2', [], 'tcp 10.0.0.2 5060'],
  ['over UDP, when it says so', tcp, 'sip:ada@10.0.0.2:40001;transport=UDP', [], 'udp 10.0.0.2 40001'],
  ['over IPv6', six, 'sip:ada@[2001:DB8:0::2]:5062', [], 'tcp 2001:db8::2 5062'],
  ['over TLS as before', tls, 'sip:ada@10.0.0.2', [], 'tls 10.0.0.2 5061'],
  ['over TLS for a SIPS address', tcp, 'sips:ada@10.0.0.2', [], 'tls 10.0.0.2 5061'],
  [
    'at the proxy that it came through',
    tcp,
    'sip:ada@192.168.1.2',
    ['<sip:10.0.0.2:5070;lr>', '<sip:core.example;lr>'],
    'tcp 10.0.0.2 5070',
  ],
  ['not in clear after TLS', tls, 'sip:ada@10.0.0.2;transport=tcp', [], undefined],
  ['not behind NAT', tcp, 'sip:ada@192.168.1.2:5062', [], undefined],
  ['not at an address that is not its own', tcp, 'sip:ada@10.0.0.3:5062', [], undefined],
  ['not by maddr either', tcp, 'sip:ada@10.0.0.2;maddr=10.0.0.3', [], undefined],
  ['not at a name', tcp, 'sip:ada@phone.example', [], undefined],
  ['not at a proxy that is elsewhere', tcp, 'sip:ada@10.0.0.2', ['<sip:edge.example;lr>'], undefined],
  ['not at the port from which it had connected', tcp, 'sip:ada@10.0.0.2:40001', [], undefined],
  ['not over what we do not have', tcp, 'sip:ada@10.0.0.2;transport=sctp', [], undefined],
  ['not where no URI can be read', tcp, 'sip:ada@10.0.0.2', ['nonsense'], undefined],
])('a phone is connected to %s', (_where, source, contact, path, hop) => {
  const found = listeningHop({ contact, path, source });
  expect(found && `${found.transport} ${found.address} ${found.port}`).toBe(hop);
});
