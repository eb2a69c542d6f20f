import type { SipMessage } from '../../src/telephony/sip/message.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import type { Wire } from '../../src/wire/wire.ts';

/** A body of several parts, as a gateway to the telephone network writes it: the description, and beside it what only such gateways know. */
export function gatewayBody(sdp: string, boundary = 'gateway'): string {
  return [
    `--${boundary}\r\nContent-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\r\n\r\n--x`,
    `--${boundary}\r\nContent-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n${sdp}`,
    `--${boundary}--\r\n`,
  ].join('\r\n');
}

/** A wire of a gateway: whatever description is sent goes out as one part of several. `wrapped` gets the start of each such message. */
export function multipartWire(wire: Wire, wrapped: (message: SipMessage) => void): Wire {
  return {
    ...wire,
    send: (bytes, to, signal) => {
      const message = parseMessage(bytes);
      if (message.headers.first('Content-Type') !== 'application/sdp') return wire.send(bytes, to, signal);
      wrapped(message);
      message.headers.set('Content-Type', 'multipart/mixed; boundary="gateway"');
      message.headers.add('MIME-Version', '1.0');
      return wire.send(writeMessage({ ...message, body: Buffer.from(gatewayBody(Buffer.from(message.body).toString())) }), to, signal);
    },
  };
}
