import type { RtpSocket } from './rtp-socket.ts';

/** One socket made of two, bound to the same port of an IPv4 and an IPv6 address: what is sent leaves from that of its family. */
export function twoFamilySocket(one: RtpSocket, other: RtpSocket): RtpSocket {
  const six = one.local.address.includes(':') ? one : other;
  const four = six === one ? other : one;
  const socketFor = (address: string): RtpSocket => (address.includes(':') ? six : four);
  /** The one that is not listened to, as everything is to come by the other. */
  let deaf: RtpSocket | undefined;
  return {
    local: one.local,
    send: (bytes, to) => socketFor(to.address).send(bytes, to),
    onReceive: (handler) => {
      for (const socket of [four, six]) {
        socket.onReceive((bytes, from) => {
          if (socket !== deaf) handler(bytes, from);
        });
      }
    },
    only: (peer) => {
      deaf = peer && (socketFor(peer.address) === six ? four : six);
      for (const socket of [four, six]) socket.only?.(socket === deaf ? undefined : peer);
    },
    close: () => {
      four.close();
      six.close();
    },
  };
}
