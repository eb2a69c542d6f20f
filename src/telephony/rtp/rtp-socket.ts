import type { DatagramSocket } from '../../wire/datagram-socket.ts';
import type { Endpoint } from '../../wire/wire.ts';

/** A datagram socket that may know a cheaper way to speak with one peer only. */
export interface RtpSocket extends DatagramSocket {
  /**
   * From now on everything goes to `peer` and nothing need be received from elsewhere; undefined: to and from everyone again.
   * What others sent before may still come.
   */
  only?(peer: Endpoint | undefined): void;
}
