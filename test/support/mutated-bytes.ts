import type { Random } from '../../src/kernel/random.ts';

const MOST_BYTES = 70_000;

const encoder = new TextEncoder();

/** What readers of SIP and SDP have to be careful with, beside single bytes. */
const pieces = [
  ...['\r\n', '\r\n\r\n', '\r', '\n', '\0', ' ', '\t', ';', ',', ':', '@', '<', '>', '"', '\\', '%', '%00', '%zz', '=', '*', '?', '&'],
  ...['[', ']', '[::1]', '-1', '0', '00', '65536', '4294967296', '99999999999999999999', '1e9', '0x10', 'é', '\ufeff', '🎉'],
  ...['sip:', 'sips:', 'tel:', ';lr', ';tag=', ';branch=z9hG4bK', ';rport', ';maddr=', 'SIP/2.0', 'SIP/2.0/UDP', 'z9hG4bK'],
  ...[
    '\r\n ',
    '\r\n\t',
    'Via: ',
    'l: 0\r\n',
    'Content-Length: 999999999\r\n',
    'v: SIP/2.0/TCP a;branch=',
    'To: <sip:a@b>\r\n',
    'CSeq: 1 ACK\r\n',
  ],
  ...[
    'a=',
    'a=rtpmap:',
    'a=fmtp:',
    'a=crypto:1 ',
    'm=audio ',
    'm=video 0 RTP/AVP 31\r\n',
    'c=IN IP4 ',
    'c=IN IP6 ::\r\n',
    'inline:',
    'RTP/SAVP',
    '__proto__',
  ],
  ' '.repeat(300),
  '"'.repeat(300),
  '<'.repeat(300),
  'a, '.repeat(3000),
  ';a=b'.repeat(3000),
  'a=rtpmap:0 X/1\r\n'.repeat(600),
].map((text) => encoder.encode(text));

/** One of `seeds` after one to four changes: bytes flipped, cut, doubled, taken from another seed, or something nasty put in. */
export function mutatedBytes(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = oneOf(seeds, random);
  for (let changes = 1 + random.below(4); changes > 0; changes--) bytes = changed(bytes, seeds, random);
  return bytes.length > MOST_BYTES ? bytes.subarray(0, MOST_BYTES) : bytes;
}

function changed(bytes: Uint8Array, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = random.below(48);
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return bytes.subarray(at);
    case 2:
      return spliced(bytes, at, at + length, new Uint8Array(0));
    case 3:
      return spliced(bytes, at, at, bytes.subarray(at, at + length * 8));
    case 4: {
      const other = oneOf(seeds, random);
      const from = random.below(other.length + 1);
      return spliced(bytes, at, at + random.below(length + 1), other.subarray(from, from + length * 4));
    }
    case 5:
      return spliced(bytes, at, at + random.below(8), oneOf(pieces, random));
    default: {
      const copy = Uint8Array.from(bytes);
      for (let count = 1 + random.below(4); count > 0; count--) {
        const place = random.below(copy.length + 1);
        copy[place] = random.below(3) === 0 ? random.below(256) : (copy[place] ?? 0) ^ (1 << random.below(8));
      }
      return copy;
    }
  }
}

function spliced(bytes: Uint8Array, from: number, to: number, put: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
}

function oneOf(list: readonly Uint8Array[], random: Random): Uint8Array {
  return list[random.below(list.length)] ?? new Uint8Array(0);
}
